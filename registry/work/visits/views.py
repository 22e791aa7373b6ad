"""走访: the list, noting one, its page, the end of what was asked; who visits what, and what has been visited."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import charts
from jygroups.lib.forms import key
from jygroups.lib.half_years import HalfYear
from jygroups.lib.shortcuts import get_permitted
from registry.models import ResidentsGroup, Visit
from registry.records.pages import ListPage, answer
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
    template_name = "registry/visits.html"
    table_class = VisitTable
    filterset_class = VisitFilters
    chosen = ("day", "kind", "community", "group", "visitor", "said", "asked", "state")
    first_filters = ("q", "subdistrict", "community", "group", "asked")

    def get_queryset(self):
        related = ("group__committee__community", "building", "visitor")
        return super().get_queryset().select_related(*related).defer("visitor__id_number", "visitor__phone")


def trail(group: ResidentsGroup) -> list:
    community = group.committee.community
    return [community.subdistrict, community, group]


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_visit", raise_exception=True)
@transaction.atomic
def add(request):
    """A visit of a group: the one asked for, or the only one the user has."""
    found = forms.groups(request.user)
    group = found.filter(pk=key(request.GET.get("group", ""))).first()
    if group is None:
        several = list(found[:2])
        if len(several) != 1:
            form = forms.WhoseVisitForm(user=request.user)
            context = {"form": form, "title": _("Note a visit"), "back": reverse("visits")}
            return render(request, "registry/choose_group.html", context)
        group = several[0]
    building = key(request.GET.get("building", ""))
    initial = {"building": building or _next_building(request.user, group)}
    return _edited(request, Visit(group=group), title=_("Note a visit"), back=_list_of(group), initial=initial)


def _next_building(user, group: ResidentsGroup) -> int | None:
    """The first of the user's buildings that is not covered in the half-year under way."""
    own = group.buildings.filter(assignment__member=user.member_id) if user.member_id else group.buildings.none()
    left = own.exclude(pk__in=coverage.covered(HalfYear.of(timezone.localdate())))
    return left.order_by("pk").values_list("pk", flat=True).first()


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_visit", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    visit = get_permitted(request, FULL, CHANGE, pk=pk)
    return _edited(request, visit, title=_("Edit the visit"), back=visit.get_absolute_url())


def _edited(request, visit: Visit, *, title: str, back: str, **kwargs):
    group = visit.group
    form = forms.VisitForm(request.POST or None, request.FILES or None, user=request.user, instance=visit, **kwargs)
    if form.is_valid():
        if form.edited or form.cleaned_data["photos"] or not visit.pk:
            services.note(form.instance, photos=form.cleaned_data["photos"], actor=request.user)
            words = _("The visit is noted. What was asked is to be answered by %(day)s.")
            if not form.instance.is_waiting or form.instance.due_on is None:
                words = _("The visit is noted.")
            messages.success(request, words % {"day": form.instance.due_on})
        return redirect(form.instance)
    states = [form[each] for each in forms.STATES]
    context = {
        "group": group,
        "title": title,
        "trail": trail(group),
        "back": back,
        "states": states,
        "states_filled": any(field.value() or field.errors for field in states),
    }
    return answer(request, form, template="registry/visit_edit.html", **context)


@require_safe
@permission_required("registry.view_visit", raise_exception=True)
def visit(request, pk):
    visit = get_object_or_404(FULL.visible_to(request.user), pk=pk)
    context = {
        "visit": visit,
        "trail": trail(visit.group),
        "states": [(Visit._meta.get_field(each).verbose_name, getattr(visit, each)) for each in forms.STATES],  # type: ignore[union-attr]
        "attachments": visit.attachments.all(),
        "overdue": visit.is_overdue(timezone.localdate()),
    }
    return render(request, "registry/visit.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_visit", raise_exception=True)
@transaction.atomic
def settle(request, pk):
    """What residents asked has come to its end."""
    visit = get_permitted(request, FULL, CHANGE, pk=pk)
    if not visit.is_waiting:
        messages.info(request, _("Nothing waits for an answer here."))
        return redirect(visit)
    form = forms.SettleForm(request.POST or None, visit=visit)
    if form.is_valid():
        services.settle(visit, **form.cleaned_data, actor=request.user)
        messages.success(request, _("What was asked is settled."))
        return redirect(visit)
    context = {"title": _("Say what came of it"), "sentence": visit.asked, "back": visit.get_absolute_url()}
    return answer(request, form, trail=[*trail(visit.group), visit], **context)


# Who visits what -----------------------------------------------------------------------------------------------

SHOWN = 4  # half-years


def _list_of(group: ResidentsGroup) -> str:
    return reverse("visiting-list", args=[group.pk])


def _group(request, pk: int, among=None) -> ResidentsGroup:
    rows = ResidentsGroup.objects.visible_to(request.user).select_related("committee__community__subdistrict")
    return get_object_or_404(rows if among is None else rows.filter(pk__in=among), pk=pk)


@require_safe
@permission_required("registry.view_visit", raise_exception=True)
def visiting_list(request, pk):
    """分片包块: of each building of a group who visits it, and whether it has been visited."""
    # Not whatever group is in sight: of the city's posts none opens this.
    group, today = (
        _group(request, pk, ResidentsGroup.objects.visible_to(request.user, "registry.view_visit")),
        timezone.localdate(),
    )
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
        "trail": trail(group),
        "rows": rows,
        "earlier": halves[-2::-1],
        "half": halves[-1],
        "left": [row["building"] for row in rows if not row["now"].full],
        "covered": sum(bool(row["now"].full) for row in rows),
        "overdue": waiting.filter(due_on__lt=today).count(),
        "waiting": len(open_at),
    }
    return render(request, "registry/visiting_list.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_assignment", raise_exception=True)
@transaction.atomic
def assign(request, pk):
    group = _group(request, pk)
    if not request.user.has_perm("registry.change_assignment", group):
        raise PermissionDenied
    form = forms.AssignForm(request.POST or None, group=group)
    if form.is_valid():
        if services.assign(form.wanted, actor=request.user):
            messages.success(request, _("Who visits which building is saved."))
        return redirect(_list_of(group))
    context = {"title": _("Who visits which building"), "back": _list_of(group)}
    return answer(request, form, trail=trail(group), **context)


# What has been visited -----------------------------------------------------------------------------------------


@require_safe
@permission_required("registry.count_visit", raise_exception=True)
def covered(request):
    """Coverage by area in one half-year: counts, for users who see the area."""
    today = timezone.localdate()
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
        "registry/visit_coverage.html",
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
