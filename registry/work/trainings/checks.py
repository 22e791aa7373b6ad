"""The trainings of a term, and people who missed them 〔五(一)〕."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import ActivityKind, Attendance, Community, ResidentsGroup, Term, User
from registry.models.evaluations import trainings_or_evaluations_recorded
from registry.records.duties import GROUPS, MeasureContext, Measured, Period, duty
from registry.records.findings import Finding, Kind, check
from registry.work.trainings import queries as trainings

TRAINING = Kind(
    "training",
    140,
    word=gettext_lazy("Training behind"),
    several=ngettext_lazy(
        "%(count)s community trained less often than it should",
        "%(count)s communities trained less often than they should",
        "count",
    ),
    act=gettext_lazy("Hold a training"),
    is_breach=True,
)
TRAINING_MISSED = Kind(
    "training-missed",
    150,
    word=gettext_lazy("Trainings missed"),
    several=ngettext_lazy(
        "%(count)s community with people who missed all trainings",
        "%(count)s communities with people who missed all trainings",
        "count",
    ),
    act=gettext_lazy("See who"),
)


@check(TRAINING, TRAINING_MISSED, needs=["registry.view_attendance"])
def too_few(user: User, day: date) -> Iterator[Finding]:
    if trainings_or_evaluations_recorded():
        yield from behind(user, day)
        yield from missed(user, day)


def behind(user: User, day: date) -> Iterator[Finding]:
    """Communities trained by their subdistrict less often than the term's pace asks for 〔五(一)〕.

    The committee and the groups are to be trained; what one of them missed counts.
    """
    term = Term.objects.of(day)
    due = trainings.due(term, day) if term else 0
    if not term or not due:
        return
    held = trainings.trainings(user).filter(term=term, day__lte=day, subdistrict__isnull=False).order_by()
    of_groups, of_committees = (
        Counter(community for _pk, community in held.values_list("pk", path).distinct())
        for path in ("groups_invited__committee__community", "committees_invited__community")
    )
    needed = trainings.needed(term)
    text = _(
        "was trained by the subdistrict %(held)s times in this term; by now it should be %(due)s, of %(needed)s in all"
    )
    groups = ResidentsGroup.objects.visible_to(user).standing_on(day).order_by()
    with_groups = set(groups.values_list("committee__community", flat=True))
    for community in Community.objects.visible_to(user):
        count = of_committees[community.pk]
        if community.pk in with_groups:
            count = min(count, of_groups[community.pk])
        if count < due:
            words = {"held": count, "due": due, "needed": needed}
            yield Finding(TRAINING, community.name, text % words, reverse("trainings"), community.pk)


def missed(user: User, day: date) -> Iterator[Finding]:
    """Communities with people in office who came to none of the trainings, of as many as the term needs."""
    term = Term.objects.of(day)
    if not term:
        return
    rows = trainings.took_part(user, term, day).filter(trainings.condition(trainings.MISSED, term)).order_by()
    counts = Counter(rows.values_list("community", flat=True))
    for community in Community.objects.visible_to(user).filter(pk__in=counts):
        url = f"{reverse('training-people')}?state={trainings.MISSED}&community={community.code}"
        text = _("has %(count)s people in office who have missed all trainings of the term")
        words = {"count": counts[community.pk]}
        yield Finding(TRAINING_MISSED, community.name, text % words, url, community.pk)


@duty(
    "training",
    "五(一)",
    gettext_lazy("Training"),
    gettext_lazy("The prescribed number of trainings in each term"),
    GROUPS,
    Period.TERM,
    "trainings",
)
def trained(context: MeasureContext) -> Iterator[Measured]:
    """Groups of whose people somebody came to as many trainings as the term has to have."""
    if context.term is None:
        return context.of_each_group(set())
    wanted = trainings.needed(context.term)
    came = Attendance.objects.filter(
        activity__kind=ActivityKind.TRAINING, activity__term=context.term, activity__day__lte=context.day,
        came=True, group__in=context.groups,
    )  # fmt: skip
    counts = came.order_by().values_list("group").annotate(times=Count("activity", distinct=True))
    return context.of_each_group({group for group, times in counts if times >= wanted})
