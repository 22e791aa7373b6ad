"""培训: what subdistricts and committees hold, who should come, who came, and who has missed all 〔五(一)〕."""

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib import clock
from jygroups.lib.shortcuts import get_permitted, get_visible
from registry.models import (
    COMMITTEE_FIRST,
    Activity,
    ActivityKind,
    Appointment,
    Attendance,
    Community,
    Member,
    Term,
    User,
)
from registry.records.filters import AreaFilters, Choice, OrganisedFilters
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, EditPage, FormPage, Link
from registry.work.trainings import queries, services
from registry.work.trainings.forms import NewTrainingForm, SignInForm, TrainingForm, invitable
from registry.work.trainings.tables import STATES, ParticipantTable, TrainingTable

ORGANISERS = ("subdistrict", "committee__community")
TRAININGS = Activity.objects.filter(kind=ActivityKind.TRAINING).select_related(*ORGANISERS, "term")
HOLD = "registry.hold_training"


def people_of(user: User, training: Activity):
    """The list of a training as far as the user sees it: committee before groups; encrypted numbers stay closed."""
    rows = Attendance.objects.visible_to(user).filter(activity=training)
    rows = rows.select_related("member", "committee__community", "group")
    rows = rows.defer("member__id_number", "member__phone", "member__account")
    return rows.order_by("committee__community__code", COMMITTEE_FIRST, "member__pinyin", "pk")


class TrainingFilters(OrganisedFilters):
    term = django_filters.ModelChoiceFilter(
        queryset=lambda request: Term.objects.all(), empty_label=gettext_lazy("all"), label=gettext_lazy("Term")
    )

    class Meta:
        model = Activity
        fields: list[str] = []

    def narrowed(self, queryset):
        return queryset.filter(term=self.asked["term"]) if "term" in self.asked else queryset


class Trainings(ListPage):
    """All trainings, and above them how far each subdistrict is with those of the term."""

    permission_required = "registry.view_attendance"
    model = Activity
    table_class = TrainingTable
    filterset_class = TrainingFilters
    template_name = "registry/work/trainings.html"
    links = (
        Link("training-people", gettext_lazy("Who took part"), is_main=False),
        Link("training-add", gettext_lazy("Enter a training"), "registry.hold_training"),
    )
    title = gettext_lazy("Trainings")
    empty = gettext_lazy("No training was entered yet.")
    first_filters = ("subdistrict", "community", "term")

    def get_queryset(self):
        visible = Q(attendances__in=Attendance.objects.visible_to(self.request.user))
        return (
            queries.trainings(self.request.user)
            .select_related(*ORGANISERS)
            .annotate(
                invited=Count("attendances", filter=visible),
                came=Count("attendances", filter=visible & Q(attendances__came=True)),
            )
            .order_by("-day", "-pk")
        )

    def get_context_data(self, **kwargs):
        today = clock.today()
        term = Term.objects.of(today)
        progress = queries.progress(self.request.user, term, today) if term else []
        needed = queries.needed(term) if term else 0
        context = {"term": term, "needed": needed, "progress": progress, "today": today}
        return super().get_context_data(**kwargs) | context


class ParticipantFilters(AreaFilters):
    area_path = "community"
    state = Choice(choices=STATES, label=gettext_lazy("State"))

    class Meta:
        model = Member
        fields: list[str] = []

    def __init__(self, *args, term: Term | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.term = term

    def narrowed(self, queryset):
        if self.term and "state" in self.asked:
            return queryset.filter(queries.condition(self.asked["state"], self.term))
        return queryset


class Participants(ListPage):
    """Everybody in office with the trainings of the term: who has missed all, who came to enough."""

    permission_required = "registry.view_attendance"
    model = Member
    table_class = ParticipantTable
    filterset_class = ParticipantFilters
    template_name = "registry/work/training_people.html"
    title = gettext_lazy("Who took part in trainings")
    empty = gettext_lazy("No term runs today.")

    @cached_property
    def today(self):
        return clock.today()

    @cached_property
    def term(self) -> Term | None:
        return Term.objects.of(self.today)

    def get_filterset_kwargs(self, filterset_class):
        return super().get_filterset_kwargs(filterset_class) | {"term": self.term}

    def get_queryset(self):
        if self.term is None:
            return Member.objects.none()
        offices = Appointment.objects.visible_to(self.request.user).in_office(self.today).select_related("group")
        return (
            queries.took_part(self.request.user, self.term, self.today)
            .select_related("community")
            .defer("id_number", "phone", "account")
            .prefetch_related(Prefetch("appointments", offices.order_by(COMMITTEE_FIRST, "pk"), to_attr="offices"))
            .order_by("community__code", "pinyin", "pk")
        )

    def get_table_kwargs(self):
        return super().get_table_kwargs() | {"wanted": queries.needed(self.term) if self.term else 0}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"term": self.term}


class AddTraining(FormPage):
    permission_required = HOLD
    form_class = NewTrainingForm
    template_name = "registry/work/training_edit.html"
    title = gettext_lazy("Enter a training")
    done = gettext_lazy("%(record)s is entered.")
    back = "trainings"

    def get_form_kwargs(self):
        return {"user": self.actor}

    def act(self, form):
        training = form.save(commit=False)
        everybody = list(invitable(training))
        services.save(training=training, committees=everybody, groups=everybody, actor=self.actor)
        return training


class EditTraining(EditPage):
    permission_required = HOLD
    records = TRAININGS
    form_class = TrainingForm
    template_name = "registry/work/training_edit.html"
    title = gettext_lazy("Change the training")
    done = gettext_lazy("%(record)s is changed.")

    def act(self, form):
        invited = {name: form.cleaned_data[name] for name in ("committees", "groups")}
        services.save(training=form.save(commit=False), actor=self.actor, **invited)


class TrainingPage(DetailPage):
    """A training, and by community who should come and who came."""

    permission_required = "registry.view_attendance"
    records = TRAININGS
    template_name = "registry/work/training.html"
    name = "training"

    def get_context(self):
        found, user = self.record, self.actor
        rows: dict[int, dict] = {}
        for row in people_of(user, found):
            of_community = {"community": row.committee.community, "invited": 0, "came": 0, "excused": 0}
            each = rows.setdefault(row.committee_id, of_community)
            each["invited"] += 1
            each["came"] += row.came
            each["excused"] += bool(row.excuse)
        may_edit = user.has_perm(HOLD, found)
        return {
            "may_edit": may_edit,
            "rows": list(rows.values()),
            "total": {name: sum(each[name] for each in rows.values()) for name in ("invited", "came", "excused")},
            "signs_in": user.community_keys(HOLD),
            "missing": len(services.missing_of(found)) if may_edit else 0,
        }


@require_POST
@permission_required(HOLD, raise_exception=True)
@transaction.atomic
def invite(request, pk):
    """Bring the list up to who is in office on the day."""
    found = get_permitted(request, TRAININGS, HOLD, pk=pk)
    count = services.invite(training=found, actor=request.user)
    words = ngettext("%(count)s person put on the list.", "%(count)s people put on the list.", count)
    messages.success(request, words % {"count": count})
    return redirect(found)


@require_http_methods(["GET", "POST"])
@permission_required(HOLD, raise_exception=True)
@transaction.atomic
def sign_in(request, pk, code):
    """One community's people: tick who came."""
    found = get_visible(request, TRAININGS, pk=pk)
    community = get_object_or_404(Community.objects.visible_to(request.user), code=code)
    if not request.user.has_perm(HOLD, community):
        raise PermissionDenied
    rows = list(people_of(request.user, found).filter(committee__community=community))
    if not rows:
        raise Http404
    forms = [SignInForm(request.POST or None, instance=row) for row in rows]
    wrong = [form for form in forms if form.errors]
    if request.method == "POST" and not wrong:
        changed = [form.instance for form in forms if form.edited]
        services.sign_in(rows=changed, actor=request.user)
        came = sum(row.came for row in rows)
        words = _("%(community)s: %(came)s of %(count)s came.")
        messages.success(request, words % {"community": community, "came": came, "count": len(rows)})
        return redirect(found)
    status = 409 if any(form.is_conflict for form in wrong) else 422 if wrong else 200
    context = {"training": found, "community": community, "forms": forms, "wrong": wrong}
    return render(request, "registry/work/training_sign_in.html", context, status=status)


class SignInSheet(DetailPage):
    """The list to be signed on paper, each community on pages of its own."""

    permission_required = "registry.view_attendance"
    records = TRAININGS
    template_name = "registry/work/training_sheet.html"
    name = "training"

    def get_context(self):
        rows = people_of(self.actor, self.record)
        if code := self.request.GET.get("community"):
            rows = rows.filter(committee__community__code=code)
        offices: dict[tuple, list[str]] = {}
        for office in Appointment.objects.visible_to(self.actor).in_office(self.record.day):
            key = office.member_id, office.committee_id, office.group_id
            offices.setdefault(key, []).append(office.get_position_display())
        pages: dict[str, list] = {}
        for row in rows:
            position = "、".join(offices.get((row.member_id, row.committee_id, row.group_id), []))
            pages.setdefault(row.committee.community.name, []).append((row, position))
        return {"pages": pages}


class RemoveTraining(ConfirmPage):
    permission_required = HOLD
    records = TRAININGS
    title = gettext_lazy("Delete the training: %(record)s")
    submit = gettext_lazy("Delete the training")
    done = gettext_lazy("%(record)s is deleted.")
    to = "trainings"

    def consequences(self):
        counts = self.record.attendances.aggregate(people=Count("pk"), came=Count("pk", filter=Q(came=True)))
        return [
            _("The training goes, with its list of %(people)s people, of whom %(came)s are ticked as having come.")
            % counts,
            _("It no longer counts for the term. What was done to it stays in the history of the records."),
        ]

    def act(self, form):
        services.remove(training=self.record, actor=self.actor)
