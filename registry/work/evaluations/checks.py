"""Groups are evaluated each year 〔五(二)〕."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import Community, Evaluation, ResidentsGroup, RoundState, Term, User
from registry.models.evaluations import trainings_or_evaluations_recorded
from registry.records.duties import GROUPS, MeasureContext, Measured, Period, duty
from registry.records.findings import Finding, Kind, check

NOT_EVALUATED = Kind(
    "not-evaluated",
    160,
    word=gettext_lazy("Not evaluated"),
    several=ngettext_lazy(
        "%(count)s community whose groups were not evaluated for a year",
        "%(count)s communities whose groups were not evaluated for a year",
        "count",
    ),
    act=gettext_lazy("Open a round"),
)
# The document has no number for evaluations 〔五(二) 加强…评议监督〕; a year without one is a finding.
EVALUATED_WITHIN = timedelta(days=365)


@check(NOT_EVALUATED, needs=["registry.view_attendance"])
def not_evaluated(user: User, day: date) -> Iterator[Finding]:
    """Communities whose groups were in no closed round for a year 〔五(二)〕; a new term has its first year."""
    if not trainings_or_evaluations_recorded():
        return
    term = Term.objects.of(day)
    closed = Evaluation.objects.visible_to(user).filter(
        round__state=RoundState.CLOSED, group__isnull=False, member=None
    )
    last = dict(
        closed.filter(left_out=False).order_by().values_list("committee__community").annotate(Max("round__last_day"))
    )
    groups = ResidentsGroup.objects.visible_to(user).standing_on(day).order_by()
    counts = dict(groups.values_list("committee__community").annotate(Count("pk")))
    for community in Community.objects.visible_to(user).filter(pk__in=counts):
        evaluated = last.get(community.pk)
        since = evaluated or (term.first_day if term else day)
        if since + EVALUATED_WITHIN < day:
            text = (
                _("has %(count)s groups last evaluated for the time to %(day)s")
                if evaluated
                else _("has %(count)s groups that were not evaluated yet")
            )
            words = {"count": counts[community.pk], "day": evaluated}
            yield Finding(NOT_EVALUATED, community.name, text % words, reverse("evaluations"), community.pk)


@duty(
    "evaluation",
    "五(二)",
    gettext_lazy("Evaluation"),
    gettext_lazy("The group's work is evaluated each year"),
    GROUPS,
    Period.ALWAYS,
    "evaluations",
)
def evaluated(context: MeasureContext) -> Iterator[Measured]:
    """Groups evaluated in a round that was closed and whose period ends within a year before the day."""
    year_ago = context.day.replace(year=context.day.year - 1, day=min(context.day.day, 28))
    rows = Evaluation.objects.filter(
        round__state=RoundState.CLOSED, round__last_day__range=(year_ago, context.day), total__isnull=False,
        member=None, group__in=context.groups,
    )  # fmt: skip
    return context.of_each_group(set(rows.values_list("group", flat=True).order_by()))
