"""Meetings 〔四(一)(三)〕: their minutes written, read, printed, and what an election of a leader leads to."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib.forms import ReasonForm
from jygroups.lib.half_years import HalfYear
from jygroups.lib.shortcuts import get_permitted
from registry.models import (
    GROUP_KINDS,
    Activity,
    ActivityKind,
    Position,
    ResidentsCommittee,
    ResidentsGroup,
    User,
)
from registry.records import files
from registry.records.pages import ListPage
from registry.work.meetings import filters, services, tables
from registry.work.meetings.forms import MeetingForm, StartForm, usual_half_year

MEETINGS = Activity.objects.meetings().select_related(
    "committee__community__subdistrict", "group__committee", "term", "elected"
)


class Meetings(ListPage):
    """All minutes in sight, the newest first."""

    model = Activity
    permission_required = "registry.view_activity"
    template_name = "registry/meetings.html"
    title = gettext_lazy("Meetings")
    empty = gettext_lazy("No minutes are kept yet.")
    table_class = tables.MeetingTable
    filterset_class = filters.MeetingFilters
    chosen = ("name", "kind", "community", "group", "came", "residents_came", "resolutions")
    first_filters = ("q", "subdistrict", "community", "group", "kind")

    def get_queryset(self):
        came = Count("attendances", Q(attendances__came=True), distinct=True)
        return (
            super()
            .get_queryset()
            .meetings()
            .select_related("committee__community", "group")
            .defer("record", "agenda")
            .annotate(
                expected=Count("attendances", distinct=True),
                came=came,
                resolution_count=Count("resolutions", distinct=True),
            )
            .order_by("-day", "-pk")
        )

    def get_table_kwargs(self):
        return without_areas(super().get_table_kwargs(), self.request.user)


def without_areas(kwargs: dict, user: User) -> dict:
    """A group's own people see one group alone, and open no community's page."""
    more = [] if user.has_perm("registry.view_community") else ["community", "group"]
    return kwargs | {"exclude": [*kwargs["exclude"], *more]}


def trail(activity: Activity) -> list:
    """The way to a page about the meeting."""
    community = activity.committee.community  # type: ignore[union-attr]
    return [community.subdistrict, community, *([activity.group] if activity.group else [])]


@require_safe
@permission_required("registry.add_activity", raise_exception=True)
def start(request):
    """Which meeting was held, and by whom: a group's own people choose its kind alone."""
    form = StartForm(request.GET or None, user=request.user)
    groups = form.fields["group"].queryset
    group = form.cleaned_data["group"] if form.is_valid() else groups.first() if len(groups[:2]) == 1 else None
    return render(
        request,
        "registry/meeting_start.html",
        {
            "form": form,
            "group": group,
            "kinds": [(kind, HINTS[kind]) for kind in GROUP_KINDS],
            "committees": [] if group else list(form.committees(request.user)),
        },
    )


HINTS = {
    ActivityKind.MEETING: gettext_lazy("Matters of the group, whenever there is need"),
    ActivityKind.JOINT: gettext_lazy("With the party branch, the owners' committee, the grid meeting"),
    ActivityKind.STUDY: gettext_lazy("Policies and current affairs"),
    ActivityKind.CIVIC: gettext_lazy("Together for the neighbourhood: clean-ups, help, the residents' pact"),
    ActivityKind.REVIEW: gettext_lazy("Once every half-year: work done, what falls short"),
    ActivityKind.ELECTION: gettext_lazy("Leads on to the change of leader"),
    ActivityKind.RECOMMENDATION: gettext_lazy("Who represents the group's residents"),
}


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_activity", raise_exception=True)
def add_of_group(request, kind, pk):
    visible = ResidentsGroup.objects.visible_to(request.user).select_related("committee__community__subdistrict")
    group = get_object_or_404(visible, pk=pk)
    if kind not in GROUP_KINDS:
        raise Http404
    return _add(request, Activity(kind=kind, committee=group.committee, group=group))


@require_http_methods(["GET", "POST"])
@permission_required(["registry.add_activity", "registry.view_residentscommittee"], raise_exception=True)
def add_of_committee(request, code):
    visible = ResidentsCommittee.objects.visible_to(request.user).select_related("community__subdistrict")
    committee = get_object_or_404(visible, community__code=code)
    return _add(request, Activity(kind=ActivityKind.COMMITTEE, committee=committee))


def _add(request, activity: Activity):
    if not request.user.has_perm("registry.add_activity", activity.body):
        raise PermissionDenied
    form = MeetingForm(*_given(request), instance=activity, initial=_usual(activity, request.user))
    if form.is_valid() and _saved(request, form):
        return _onward(request, form.instance)
    title = _("%(kind)s of %(body)s") % {"kind": ActivityKind(activity.kind).label, "body": activity.body}
    return _answer(request, form, title=title, here=ActivityKind(activity.kind).label, back=reverse("meetings"))


def _given(request) -> tuple:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _usual(activity: Activity, user: User) -> dict:
    """What is most likely: today, where the body met last, its head in the chair, the user's pen."""
    today = timezone.localdate()
    of_body = {"group": activity.group} if activity.group else {"committee": activity.committee, "group": None}
    last = Activity.objects.filter(**of_body).exclude(place="").only("place").first()
    heads = [Position.GROUP_LEADER, Position.DIRECTOR]
    offices = services.expected(activity.body, today)
    head = next((office.member.name for office in offices if office.position in heads), "")
    values = {"day": today, "place": last.place if last else "", "chair": head, "recorder": user.name}
    if activity.kind == ActivityKind.REVIEW:
        values["half_year"] = usual_half_year(today).first_day
    return values


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_activity", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    activity = get_permitted(request, MEETINGS, "registry.change_activity", pk=pk)
    name = activity.name
    form = MeetingForm(*_given(request), instance=activity)
    if form.is_valid() and (not form.edited or _saved(request, form)):
        return redirect(activity)
    title = _("Edit the minutes of %(name)s") % {"name": name}
    return _answer(request, form, title=title, here=_("Edit"), back=activity.get_absolute_url())


def _saved(request, form: MeetingForm) -> bool:
    """Save what is filled in; problems are shown on the form."""
    try:
        with transaction.atomic():
            services.save(
                form.instance,
                presences=form.presences,
                decisions=form.decisions,
                people=form.named,
                actor=request.user,
            )
            files.attach(form.instance, files=form.cleaned_data["photos"], actor=request.user)
    except ValidationError as error:
        for field, problems in error.update_error_dict({}).items():
            form.add_error(field if field in form.fields else None, problems)
        return False
    words = {"name": form.instance.name, "day": form.instance.day}
    messages.success(request, _("The minutes of %(name)s, %(day)s, are saved.") % words)
    return True


def _onward(request, activity: Activity):
    """An election leads a user who edits the roster straight to the change of leader."""
    state = services.election_state(activity, timezone.localdate())
    if state and state.office and (url := change_of_leader(request.user, activity, state)):
        return redirect(url)
    return redirect(activity)


def change_of_leader(user: User, activity: Activity, state: services.ElectionState) -> str:
    """The page of the change of leader, filled in from the minutes; empty for who may not carry it out."""
    if not state.office or not user.has_perm("registry.change_appointment", activity):
        return ""
    filled = {
        "successor": str(state.office.pk),
        "first_day": max(activity.day, state.office.first_day).isoformat(),
        "basis": services.basis(activity),
    }
    return f"{reverse('leader-change', args=[activity.group_id])}?{urlencode(filled)}"


def _answer(request, form: MeetingForm, **context):
    activity: Activity = form.instance
    status = 200 if form.is_valid() or not form.is_bound else 409 if form.is_conflict else 422
    own_people = not request.user.has_perm("registry.view_community")
    if not own_people:  # who find the day at the end of the page, and filled in
        form.fields["day"].widget.attrs["data-first"] = True
    context |= {"form": form, "trail": trail(activity), "activity": activity, "own_people": own_people}
    return render(request, "registry/meeting_edit.html", context, status=status)


@require_safe
@permission_required("registry.view_activity", raise_exception=True)
def meeting(request, pk):
    activity = get_object_or_404(MEETINGS.visible_to(request.user), pk=pk)
    state = services.election_state(activity, timezone.localdate())
    return render(
        request,
        "registry/meeting.html",
        _minutes(activity)
        | {
            "state": state,
            "change": change_of_leader(request.user, activity, state) if state else "",
            "may": {
                "edit": request.user.has_perm("registry.change_activity", activity),
                "remove": request.user.has_perm("registry.delete_activity", activity),
            },
        },
    )


@require_safe
@permission_required("registry.view_activity", raise_exception=True)
def minutes(request, pk):
    """The minutes in the usual form, to be printed and signed."""
    return render(
        request, "registry/minutes.html", _minutes(get_object_or_404(MEETINGS.visible_to(request.user), pk=pk))
    )


def _minutes(activity: Activity) -> dict:
    rows = list(activity.attendances.select_related("member"))
    return {
        "activity": activity,
        "trail": trail(activity),
        "present": [row for row in rows if row.came],
        "absent": [row for row in rows if not row.came],
        "expected": rows,
        "resolutions": activity.resolutions.all(),
        "representatives": activity.representatives.all(),
        "attachments": activity.attachments.all(),
        "half_year": _half_year(activity.half_year),
    }


def _half_year(first_day: date | None):
    return HalfYear.of(first_day) if first_day else None


@require_http_methods(["GET", "POST"])
@permission_required("registry.delete_activity", raise_exception=True)
@transaction.atomic
def remove(request, pk):
    activity = get_permitted(request, MEETINGS, "registry.delete_activity", pk=pk)
    form = ReasonForm(request.POST or None)
    words = {"name": activity.name, "day": activity.day, "body": activity.body}
    if form.is_valid():
        services.remove(activity, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The minutes of %(name)s, %(day)s, are deleted.") % words)
        return redirect("meetings")
    context = {
        "form": form,
        "title": _("Delete minutes"),
        "consequences": [
            _("The minutes of %(name)s of %(body)s on %(day)s go, with who came and what was decided.") % words,
            _("That they were there, and your reason, stay in the history."),
        ],
        "submit": _("Delete"),
        "trail": trail(activity),
        "back": activity.get_absolute_url(),
    }
    return render(request, "components/confirm.html", context, status=422 if form.errors else 200)
