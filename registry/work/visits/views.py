"""走访: the list, noting one, its page, the end of what was asked; who visits what, and what has been visited."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib import charts, clock
from jygroups.lib.forms import key
from jygroups.lib.half_years import HalfYear
from jygroups.lib.shortcuts import get_permitted
from registry.models import ResidentsGroup, Visit
from registry.people.bodies.group_views import GroupRecordPage, NewGroupRecordPage
from registry.records.list_pages import ListPage
from registry.records.pages import DetailPage, FormPage, Link
from registry.work.visits import coverage, forms, services
from registry.work.visits.filters import VisitFilters
from registry.work.visits.tables import VisitTable

CHANGE = "registry.change_visit"
FULL = Visit.objects.select_related("group__committee__community__subdistrict", "building", "visitor")


class Visits(ListPage):
    permission_required = "registry.view_visit"
    model = Visit
    title = gettext_lazy("Visits")
    empty = gettext_lazy("No visit is noted yet.")
    links = (
        Link("visit-coverage", gettext_lazy("Figures"), "registry.count_visit", is_main=False),
        Link("visit-add", gettext_lazy("Note a visit"), "registry.add_visit"),
    )
    table_class = VisitTable
    filterset_class = VisitFilters
    chosen = ("day", "kind", "community", "group", "visitor", "said", "asked", "state")
    first_filters = ("q", "subdistrict", "community", "group", "asked")

    def get_queryset(self):
        related = ("group__committee__community", "building", "visitor")
        return super().get_queryset().select_related(*related).defer("visitor__id_number", "visitor__phone")


class EditVisit(GroupRecordPage):
    permission_required = "registry.add_visit"
    records = FULL
    form_class = forms.VisitForm
    template_name = "registry/work/visit_edit.html"
    title = gettext_lazy("Edit the visit")

    def get_record(self):
        return get_permitted(self.request, FULL, CHANGE, **self.kwargs)  # also where the record's own rule gives it

    def changes(self, form):
        return super().changes(form) or bool(form.cleaned_data["photos"])

    def act(self, form):
        visit = form.instance
        services.note(visit, photos=form.cleaned_data["photos"], actor=self.actor)
        words = _("The visit is noted. What was asked is to be answered by %(day)s.")
        if not visit.is_waiting or visit.due_on is None:
            words = _("The visit is noted.")
        messages.success(self.request, words % {"day": visit.due_on})
        return visit

    def show(self, form, status=200):
        self.states = [form[each] for each in forms.STATES]
        return super().show(form, status)

    def get_context(self):
        filled = any(field.value() or field.errors for field in self.states)
        return super().get_context() | {"states": self.states, "states_filled": filled}


class AddVisit(EditVisit, NewGroupRecordPage):
    title = gettext_lazy("Note a visit")
    model = Visit

    def get_record(self):
        return NewGroupRecordPage.get_record(self)

    def get_form_kwargs(self):
        building = key(self.request.GET.get("building", ""))
        initial = {"building": building or _next_building(self.actor, self.record.group)}
        return super().get_form_kwargs() | {"initial": initial}

    def back_url(self):
        return _list_of(self.record.group) if self.record else reverse("visits")


def _next_building(user, group: ResidentsGroup) -> int | None:
    """The first of the user's buildings that is not covered in the half-year under way."""
    own = group.buildings.filter(assignment__member=user.member_id) if user.member_id else group.buildings.none()
    left = own.exclude(pk__in=coverage.covered(HalfYear.of(clock.today())))
    return left.order_by("pk").values_list("pk", flat=True).first()


class VisitPage(DetailPage):
    permission_required = "registry.view_visit"
    records = FULL
    template_name = "registry/work/visit.html"
    name = "visit"

    def get_context(self):
        visit = self.record
        return {
            "trail": visit.group.trail,
            "states": [(Visit._meta.get_field(each).verbose_name, getattr(visit, each)) for each in forms.STATES],  # type: ignore[union-attr]
            "attachments": visit.attachments.all(),
            "overdue": visit.is_overdue(clock.today()),
        }


class SettleVisit(FormPage):
    """What residents asked has come to its end."""

    permission_required = "registry.add_visit"
    form_class = forms.SettleForm
    title = gettext_lazy("Enter the outcome")
    sentence = "%(asked)s"
    done = gettext_lazy("What was asked is settled.")

    def get_record(self):
        return get_permitted(self.request, FULL, CHANGE, **self.kwargs)

    def refusal(self):
        return "" if self.record.is_waiting else _("Nothing waits for an answer here.")

    def words(self):
        return {"asked": self.record.asked}

    def trail(self):
        return [*self.record.group.trail, self.record]

    def get_form_kwargs(self):
        return {"visit": self.record}

    def act(self, form):
        services.settle(self.record, **form.cleaned_data, actor=self.actor)


# Who visits what -----------------------------------------------------------------------------------------------

SHOWN = 4  # half-years


def _list_of(group: ResidentsGroup) -> str:
    return reverse("visiting-list", args=[group.pk])


GROUPS = ResidentsGroup.objects.select_related("committee__community__subdistrict")


@require_safe
@permission_required("registry.view_visit", raise_exception=True)
def visiting_list(request, pk):
    """分片包块: of each building of a group who visits it, and whether it has been visited."""
    # Not every group in sight: of the city's posts none opens this.
    group = get_object_or_404(GROUPS.visible_to(request.user, "registry.view_visit"), pk=pk)
    today = clock.today()
    halves = coverage.half_years(today, SHOWN)
    buildings = list(group.buildings.select_related("assignment__member").order_by("pk"))
    people = {each.pk for each in forms.people_of(group, today)}
    counts = coverage.of_buildings([each.pk for each in buildings], halves)
    waiting = Visit.objects.visible_to(request.user).filter(group=group).waiting()
    open_at = list(waiting.values_list("building", flat=True))
    rows: list[dict[str, Any]] = []
    for building in buildings:
        assigned = getattr(building, "assignment", None)
        now = counts[building.pk].get(halves[-1], coverage.Visited())
        rows.append(
            {
                "building": building,
                "member": assigned.member if assigned and assigned.member_id in people else None,
                "is_mine": assigned is not None and assigned.member_id == request.user.member_id,
                "now": now,
                "earlier": [counts[building.pk].get(half, coverage.Visited()) for half in halves[-2::-1]],
                "waiting": open_at.count(building.pk),
            }
        )
    context = {
        "group": group,
        "community": group.committee.community,
        "trail": group.trail,
        "rows": rows,
        "earlier": halves[-2::-1],
        "half": halves[-1],
        "left": [row["building"] for row in rows if not row["now"].full],
        "covered": sum(bool(row["now"].full) for row in rows),
        "overdue": waiting.filter(due_on__lt=today).count(),
        "waiting": len(open_at),
    }
    return render(request, "registry/work/visiting_list.html", context)


class Assign(FormPage):
    permission_required = "registry.change_assignment"
    records = GROUPS
    locks = False
    form_class = forms.AssignForm
    title = gettext_lazy("Who visits which building")

    def trail(self):
        return self.record.trail

    def back_url(self):
        return _list_of(self.record)

    def get_form_kwargs(self):
        return {"group": self.record}

    def act(self, form):
        if services.assign(form.wanted, actor=self.actor):
            messages.success(self.request, _("Who visits which building is saved."))


# What has been visited -----------------------------------------------------------------------------------------


@require_safe
@permission_required("registry.count_visit", raise_exception=True)
def covered(request):
    """Coverage by area in one half-year: counts, for users who see the area."""
    today = clock.today()
    halves = coverage.half_years(today, SHOWN)
    asked = request.GET.get("half", "")
    half = next((each for each in halves if f"{each.year}-{each.half}" == asked), halves[-1])
    groups = list(coverage.groups(request.user, half).order_by("committee__community__code", "ordinal"))
    found = {group.committee.community.code: group.committee.community for group in groups}
    community = found.get(request.GET.get("community", "")) or (next(iter(found.values())) if len(found) == 1 else None)
    if community:
        groups = [group for group in groups if group.committee.community_id == community.pk]
    return render(
        request,
        "registry/work/visit_coverage.html",
        {
            "community": community,
            "trail": [community.subdistrict, community] if community else [],
            "half": half,
            "tabs": [(_asking(each, community), each, each == half) for each in reversed(halves)],
            "bars": charts.bars(_bars(request.user, groups, half, community)),
            "part": sum(group.part for group in groups),
            "whole": sum(group.whole for group in groups),
            "behind": sum(group.part < group.whole for group in groups),
            "groups": len(groups),
            "figures": coverage.figures(groups, half, today),
        },
    )


def _asking(half: HalfYear, community) -> str:
    return f"?half={half.year}-{half.half}" + (f"&community={community.code}" if community else "")


def _bars(user, groups: list[Any], half: HalfYear, community) -> Iterator[tuple[str, str, int, int]]:
    """Of one community its groups, else the communities."""
    if community:
        open_to = user.has_perm("registry.view_visit")
        for group in groups:
            yield group.name, _list_of(group) if open_to else group.get_absolute_url(), group.part, group.whole
        return
    of: dict = {}
    for group in groups:
        of.setdefault(group.committee.community, []).append(group)
    for each, its in of.items():
        yield each.name, _asking(half, each), sum(group.part for group in its), sum(group.whole for group in its)
