"""Trainings and evaluations 〔五〕: two trainings a term, people who missed them, groups that nobody evaluates."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.compliance.kinds import Finding, Kind
from registry.models import (
    Activity,
    ActivityKind,
    Community,
    Evaluation,
    EvaluationRound,
    ResidentsGroup,
    RoundState,
    Term,
    User,
)
from registry.work.trainings import queries as trainings

# The document has no number for evaluations 〔五(二) 加强…评议监督〕; a year without one is told.
EVALUATED_WITHIN = timedelta(days=365)


def is_kept() -> bool:
    """Whether trainings and evaluations are recorded here at all: where none is, there is nothing to compare with."""
    return Activity.objects.filter(kind=ActivityKind.TRAINING).exists() or EvaluationRound.objects.exists()


def behind(user: User, day: date) -> Iterator[Finding]:
    """Communities trained by their subdistrict less often than the term's pace asks for 〔五(一) 每届至少2次〕.

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
    text = _(
        "was trained by the subdistrict %(held)s times in this term; by now it should be %(due)s, of %(needed)s in all"
    )
    with_groups = set(_groups_by_community(user, day))
    for community in Community.objects.visible_to(user):
        count = of_committees[community.pk]
        if community.pk in with_groups:
            count = min(count, of_groups[community.pk])
        if count < due:
            words = {"held": count, "due": due, "needed": trainings.needed(term)}
            yield Finding(Kind.TRAINING, community.name, text % words, reverse("trainings"), community.pk)


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
        yield Finding(Kind.TRAINING_MISSED, community.name, text % words, url, community.pk)


def not_evaluated(user: User, day: date) -> Iterator[Finding]:
    """Communities whose groups were in no closed round for a year 〔五(二)〕; a new term has its first year."""
    term = Term.objects.of(day)
    closed = Evaluation.objects.visible_to(user).filter(
        round__state=RoundState.CLOSED, group__isnull=False, member=None
    )
    last = dict(
        closed.filter(left_out=False).order_by().values_list("committee__community").annotate(Max("round__last_day"))
    )
    counts = _groups_by_community(user, day)
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
            yield Finding(Kind.NOT_EVALUATED, community.name, text % words, reverse("evaluations"), community.pk)


def _groups_by_community(user: User, day: date) -> dict[int, int]:
    groups = ResidentsGroup.objects.visible_to(user).standing_on(day).order_by()
    return dict(groups.values_list("committee__community").annotate(Count("pk")))
