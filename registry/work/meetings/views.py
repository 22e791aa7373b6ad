"""Meetings 〔四(一)(三)〕: their minutes written, read, printed, and what an election of a leader leads to."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.forms import ReasonForm
from jygroups.lib.half_years import HalfYear
from jygroups.lib.shortcuts import get_visible
from registry.models import GROUP_KINDS, Activity, ActivityKind, Position, ResidentsCommittee, ResidentsGroup, User
from registry.records import files
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, EditPage
from registry.work.meetings import filters, services, tables
from registry.work.meetings.forms import MeetingForm, StartForm, reviewable, usual_half_year

MEETINGS = Activity.objects.meetings().select_related(
    "committee__community__subdistrict", "group__committee", "term", "elected"
)


class Meetings(ListPage):
    """All minutes in sight, the newest first."""

    model = Activity
    permission_required = "registry.view_activity"
    template_name = "registry/work/meetings.html"
    title = gettext_lazy("Meetings")
    empty = gettext_lazy("There are no minutes yet.")
    table_class = tables.MeetingTable
    filterset_class = filters.MeetingFilters
    chosen = ("day", "kind", "community", "group", "came", "residents_came", "resolutions")
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


@require_safe
@permission_required("registry.add_activity", raise_exception=True)
def start(request):
    """Which meeting was held, and by whom: a group's own people choose its kind alone."""
    form = StartForm(request.GET or None, user=request.user)
    groups = form.fields["group"].queryset
    group = form.cleaned_data["group"] if form.is_valid() else groups.first() if len(groups[:2]) == 1 else None
    return render(
        request,
        "registry/work/meeting_start.html",
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


class MeetingFormPage(EditPage):
    """The minutes of a meeting, with who came, what was decided and whom the meeting named."""

    form_class = MeetingForm
    template_name = "registry/work/meeting_edit.html"
    done = gettext_lazy("The minutes of %(name)s, %(day)s, are saved.")

    def words(self):
        activity = self.record
        kind = ActivityKind(activity.kind).label
        return {"name": activity.name, "day": activity.day, "kind": kind, "body": activity.body}

    def trail(self):
        return self.record.body.trail

    def get_form(self):
        form: Any = super().get_form()
        self.own_people = not self.actor.has_perm("registry.view_community")
        if not self.own_people:  # who find the day at the end of the page, and filled in
            form.fields["day"].widget.attrs["data-first"] = True
        return form

    def get_context(self):
        return {"own_people": self.own_people}

    def act(self, form):
        activity = form.instance
        services.save(activity, presences=form.presences, decisions=form.decisions, people=form.named, actor=self.actor)
        files.attach(activity, files=form.cleaned_data["photos"], actor=self.actor)


class EditMeeting(MeetingFormPage):
    permission_required = "registry.change_activity"
    records = MEETINGS
    title = gettext_lazy("Edit the minutes of %(name)s")
    here = gettext_lazy("Edit")


class AddMeeting(MeetingFormPage):
    """Of a group; an election leads a user who edits the roster straight to the change of leader."""

    permission_required: Any = "registry.add_activity"
    title = gettext_lazy("%(kind)s of %(body)s")
    here = "%(kind)s"
    back = "meetings"

    def get_activity(self) -> Activity:
        groups = ResidentsGroup.objects.select_related("committee__community__subdistrict")
        group = get_visible(self.request, groups, pk=self.kwargs["pk"], lock=False)
        if self.kwargs["kind"] not in GROUP_KINDS:
            raise Http404
        return Activity(kind=self.kwargs["kind"], committee=group.committee, group=group)

    def get_record(self):
        activity = self.get_activity()
        if not self.actor.has_perm("registry.add_activity", activity.body):
            raise PermissionDenied
        return activity

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"initial": _usual(self.record, self.actor, self.request.GET)}

    def act(self, form):
        super().act(form)
        state = services.election_state(form.instance, clock.today())
        return (state and change_of_leader(self.actor, form.instance, state)) or form.instance


class AddCommitteeMeeting(AddMeeting):
    permission_required = ("registry.add_activity", "registry.view_residentscommittee")

    def get_activity(self):
        committees = ResidentsCommittee.objects.select_related("community__subdistrict")
        committee = get_visible(self.request, committees, community__code=self.kwargs["code"], lock=False)
        return Activity(kind=ActivityKind.COMMITTEE, committee=committee)


def _usual(activity: Activity, user: User, asked: Mapping[str, str]) -> dict:
    """What is most likely: today, where the body met last, its head in the chair, the user's pen.

    `asked` may have the half-year that a review is to be of, by its first day.
    """
    today = clock.today()
    of_body = {"group": activity.group} if activity.group else {"committee": activity.committee, "group": None}
    last = Activity.objects.filter(**of_body).exclude(place="").only("place").first()
    heads = [Position.GROUP_LEADER, Position.DIRECTOR]
    offices = services.expected(activity.body, today)
    head = next((office.member.name for office in offices if office.position in heads), "")
    values = {"day": today, "place": last.place if last else "", "chair": head, "recorder": user.name}
    if activity.kind == ActivityKind.REVIEW:
        open_to_review = {each.first_day.isoformat(): each for each in reviewable(today)}
        values["half_year"] = open_to_review.get(asked.get("half_year", ""), usual_half_year(today)).first_day
    return values


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


class MinutesPage(DetailPage):
    """The minutes in the usual form, to be printed and signed."""

    permission_required = "registry.view_activity"
    records = MEETINGS
    template_name = "registry/work/minutes.html"
    name = "activity"

    def get_context(self):
        activity = self.record
        rows = list(activity.attendances.select_related("member"))
        return {
            "trail": activity.body.trail,
            "present": [row for row in rows if row.came],
            "absent": [row for row in rows if not row.came],
            "expected": rows,
            "resolutions": activity.resolutions.all(),
            "representatives": activity.representatives.all(),
            "attachments": activity.attachments.all(),
            "half_year": HalfYear.of(activity.half_year) if activity.half_year else None,
        }


class MeetingPage(MinutesPage):
    template_name = "registry/work/meeting.html"

    def get_context(self):
        activity, user = self.record, self.actor
        state = services.election_state(activity, clock.today())
        acts = {"edit": "change_activity", "remove": "delete_activity"}
        return super().get_context() | {
            "state": state,
            "change": change_of_leader(user, activity, state) if state else "",
            "may": {act: user.has_perm(f"registry.{permission}", activity) for act, permission in acts.items()},
        }


class RemoveMeeting(ConfirmPage):
    permission_required = "registry.delete_activity"
    records = MEETINGS
    form_class = ReasonForm
    title = gettext_lazy("Delete minutes")
    submit = gettext_lazy("Delete")
    done = gettext_lazy("The minutes of %(name)s, %(day)s, are deleted.")
    to = "meetings"

    def words(self):
        return {"name": self.record.name, "day": self.record.day, "body": self.record.body}

    def trail(self):
        return self.record.body.trail

    def consequences(self):
        return [
            _("The minutes of %(name)s of %(body)s on %(day)s go, with who came and what was decided.") % self.words(),
            _("That they were there, and your reason, stay in the history."),
        ]

    def act(self, form):
        services.remove(self.record, actor=self.actor, reason=form.cleaned_data["reason"])
