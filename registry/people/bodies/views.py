"""The rosters of a group and of a committee: who holds office, edited in place by users with the permission."""

from datetime import date

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.forms import key
from registry.models import (
    Appointment,
    Building,
    Community,
    PastedRows,
    Position,
    ResidentsCommittee,
    ResidentsGroup,
    User,
)
from registry.people.areas import figures
from registry.people.offices.queries import over
from registry.people.registers.tables import BuildingTable
from registry.records.findings import findings


@require_safe
@permission_required("registry.view_residentsgroup", raise_exception=True)
def group(request, pk):
    visible = ResidentsGroup.objects.visible_to(request.user).select_related(
        "committee__community__subdistrict", "approved_by"
    )
    group = get_object_or_404(visible, pk=pk)
    if request.htmx:
        return answer(request, group, focus=_asked_focus(request))
    return render(
        request,
        "registry/people/group.html",
        context_of(request, group)
        | {
            "group": group,
            "trail": group.committee.community.trail,
            "buildings": BuildingTable(
                Building.objects.visible_to(request.user).filter(group=group).order_by("id"),
                exclude=("community", "group", "act"),
            ),
        },
    )


@require_safe
@permission_required("registry.view_residentscommittee", raise_exception=True)
def committee(request, code):
    visible = ResidentsCommittee.objects.visible_to(request.user).select_related("community__subdistrict")
    committee = get_object_or_404(visible, community__code=code)
    if request.htmx:
        return answer(request, committee, focus=_asked_focus(request))
    trail = committee.community.trail
    return render(request, "registry/people/committee.html", context_of(request, committee) | {"trail": trail})


def _asked_focus(request) -> int | None:
    """The row that has the cursor when an edit is left."""
    return key(request.GET.get("focus", ""))


def answer(request, body, *, focus: int | None = None):
    """The roster alone, with the messages, for a page that stays."""
    response = render(request, "registry/people/roster/answer.html", context_of(request, body) | {"focus": focus})
    response["HX-Retarget"], response["HX-Reswap"] = "#roster", "outerHTML"
    return response


def page_of(body) -> str:
    """The address of a body's roster."""
    if isinstance(body, ResidentsGroup):
        return body.get_absolute_url()
    return reverse("committee", args=[body.community.code])


def community_of(body) -> Community:
    return body.committee.community if isinstance(body, ResidentsGroup) else body.community


def context_of(request, body) -> dict:
    """What the roster of a body shows the user."""
    user, today = request.user, clock.today()
    offices = _offices(body, user)
    roster = roster_of(body, user, today)
    past = set(offices.in_office(today).filter(over(today)).values_list("pk", flat=True))
    coming = list(offices.filter(first_day__gt=today).select_related("member", "group").order_by("first_day", "pk"))
    editable = user.community_keys("registry.change_member")
    for office in [*roster, *coming]:
        office.is_over = office.pk in past
        office.may_edit = office.member.community_id in editable
    present = {office.member_id for office in [*roster, *coming]}
    former = offices.filter(last_day__lt=today).exclude(member__in=present).select_related("member")
    community, is_group = community_of(body), isinstance(body, ResidentsGroup)
    of_body = (community.pk, body.pk if is_group else None)
    return {
        "body": body,
        "findings": [each for each in findings(user, today) if (each.community, each.group) == of_body],
        "community": community,
        "today": today,
        "page": page_of(body),
        "is_group": is_group,
        "roster": roster,
        "coming": coming,
        # Who was elected again has not left.
        "former": former.order_by("-last_day", "pk"),
        "unsaved": PastedRows.objects.unsaved(user).filter(**{"group" if is_group else "committee": body}).first(),
        "may_keep": user.has_perm("registry.change_appointment", body),
        "has_leader": any(office.position == Position.GROUP_LEADER for office in roster),
    }


def _offices(body, user: User):
    visible = Appointment.objects.visible_to(user)
    if isinstance(body, ResidentsGroup):
        return visible.filter(group=body)
    return visible.filter(committee=body, group=None)


def roster_of(body, user: User, today: date) -> list[Appointment]:
    """Who holds office in the body today, by rank, each with whether employed elsewhere."""
    offices = list(_offices(body, user).in_office(today).select_related("member", "group"))
    employed = set(
        figures.employed_on(today)
        .filter(member__in=[office.member_id for office in offices])
        .values_list("member", flat=True)
    )
    for office in offices:
        office.employed = office.member_id in employed
    return sorted(offices, key=lambda office: (Position(office.position).rank, office.member.pinyin, office.pk))
