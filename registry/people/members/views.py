"""A member's page: who it is, what offices were held and when, what was changed."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jygroups.lib import clock, shown
from registry.models import Appointment, Community, EmploymentSpell, Member, MemberFile, Position, Transfer
from registry.people.duplicates import likeness
from registry.people.duplicates import services as duplicates
from registry.people.duplicates.views import rights
from registry.people.members.tables import EmploymentTable, OfficesTable
from registry.records import history, timeline

NEWEST = 8  # changes shown on the page itself
# What may be done from the page, and the permission a post of the record's community has to give.
ACTS = {
    "edit": "change_member",
    "hand_over": "hand_over_member",
    "transfer": "send_transfer",
    "reveal": "reveal_member",
    "employ": "change_employmentspell",
    "add_file": "add_memberfile",
    "remove_file": "delete_memberfile",
    "decide": "tell_apart",
}


@require_safe
@permission_required("registry.view_member", raise_exception=True)
def member(request, pk):
    user, today = request.user, clock.today()
    visible = Member.objects.visible_to(user).select_related("community__subdistrict")
    if survivor := visible.filter(merged__id=pk).first():
        messages.info(request, _("That record was merged into this one."))
        return redirect(survivor)
    member = get_object_or_404(visible, pk=pk)
    offices = list(_offices(user, member))
    spells = list(EmploymentSpell.objects.visible_to(user).filter(member=member).order_by("first_day", "pk"))
    if not user.has_perm("registry.view_employmentspell"):
        spells = []
    versions = history.of_member(member, viewer=user) if user.has_perm("registry.view_history") else []
    days = [timeline.Span(office.first_day, office.last_day) for office in offices]
    may = {act: user.has_perm(f"registry.{permission}", member) for act, permission in ACTS.items()}
    return render(
        request,
        "registry/people/member.html",
        {
            "member": member,
            "facts": [shown.fact(member, name) for name in Member.facts()],
            "trail": _trail(user, member, offices),
            "age": clock.full_years(member.birth_date, today) if member.birth_date else None,
            "today": today,
            "offices": OfficesTable(offices),
            "in_office": [office for office in offices if office.covers(today)],
            "spells": EmploymentTable(spells, may_employ=may["employ"]),
            "employed": next((spell for spell in spells if spell.covers(today)), None),
            "timeline": timeline.Timeline(_lanes(offices, spells), today=today) if offices else None,
            "gaps": timeline.gaps(days, until=today),
            "files": MemberFile.objects.visible_to(user).filter(member=member).select_related("added_by"),
            **(_alike(user, member) if user.has_perm("registry.view_community") else {}),
            "transfer": Transfer.objects.visible_to(user).waiting().filter(member=member).first(),
            "versions": versions[:NEWEST],
            "more_versions": max(0, len(versions) - NEWEST),
            "may": may,
        },
    )


def _alike(user, member) -> dict:
    """Who may be the same person, and who was found not to be."""
    rows = rights(user, duplicates.pairs(user, member))
    for row in rows:
        row["other"] = row["pair"].second if row["pair"].first == member else row["pair"].first
    is_in_doubt = not rows and bool(likeness.in_doubt(Member.objects.filter(pk=member.pk)))
    return {"alike": rows, "alike_elsewhere": is_in_doubt, "decisions": duplicates.decisions(user, member)}


def _trail(user, member, offices) -> list:
    """The areas on the way to the person: of the record where the user sees it, else of the newest office."""
    keeper = Community.objects.visible_to(user).filter(pk=member.community_id).exists()
    community = member.community if keeper or not offices else offices[0].committee.community
    return community.trail


def _offices(user, member):
    """All offices the user sees of the person, the newest first."""
    rows = Appointment.objects.visible_to(user).filter(member=member)
    return rows.select_related("committee__community__subdistrict", "group", "term").order_by("-first_day", "-pk")


def _lanes(offices, spells) -> list[timeline.Lane]:
    """A lane for each office in a body, in the order they began, then one for employment."""
    lanes: dict[tuple, timeline.Lane] = {}
    for office in reversed(offices):
        key = (office.committee_id, office.group_id, office.position)
        lane = lanes.setdefault(key, timeline.Lane(_office_words(office), []))
        lane.bars.append(timeline.Bar(timeline.Span(office.first_day, office.last_day)))
    if spells:
        bars = [timeline.Bar(timeline.Span(each.first_day, each.last_day), timeline.EMPLOYMENT) for each in spells]
        return [*lanes.values(), timeline.Lane(_("employed elsewhere"), bars)]
    return [*lanes.values()]


def _office_words(office) -> str:
    place = office.committee.community.name + (office.group.name if office.group else "")
    return f"{place} {Position(office.position).label}"
