"""Rounds of evaluation 〔五(二)〕: opened over all in their area, filled in, scored, closed. No stipend follows."""

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import (
    ROUND_STEPS,
    Appointment,
    Evaluation,
    EvaluationRound,
    ResidentsCommittee,
    ResidentsGroup,
    RoundState,
    RoundStep,
    Subjects,
    User,
)
from registry.records import versions
from registry.records.workflow import Workflow

GIVEN = ["scores", "left_out", "remarks", "total", "grade"]
NAMED = 5  # of those that lack points, so many are named


ROUNDS: Workflow[EvaluationRound] = Workflow(EvaluationRound, ROUND_STEPS, alone=False)


@transaction.atomic
def open_round(*, round: EvaluationRound, actor: User | None) -> None:
    """Make a round with a line for everybody in its area. Raises ValidationError."""
    versions.save(round, actor=actor, reason=_("Round opened"))
    versions.create(list(_missing(round)), actor=actor, reason=_("Round opened"))


@transaction.atomic
def change(*, round: EvaluationRound, actor: User) -> None:
    """Save an open round; who belongs to it and what the points come to follow. Raises ValidationError, Overtaken."""
    ROUNDS.hold(round, RoundState.OPEN)
    reason = _("Round changed")
    versions.save(round, actor=actor, reason=reason)
    missing = list(_missing(round))
    versions.create(missing, actor=actor, reason=reason)
    wanted = {_key(row) for row in _wanted(round)}
    rows = list(round.evaluations.all())
    gone = [row for row in rows if _key(row) not in wanted and not row.scores and not row.remarks]
    versions.delete(gone, actor=actor, reason=reason)
    for row in rows:
        row.round = round
    _write([row for row in rows if row not in gone], actor, reason)


def give(*, round: EvaluationRound, rows: Sequence[Evaluation], actor: User) -> None:
    """Write points and remarks of some of an open round's lines, with what they come to. Raises Overtaken."""
    with transaction.atomic():
        ROUNDS.hold(round, RoundState.OPEN)
        _write(rows, actor, _("Points given"))


def _write(rows: Sequence[Evaluation], actor: User, reason: str) -> None:
    for row in rows:
        row.work_out()
    saved = {each.pk: each for each in Evaluation.objects.filter(pk__in=[row.pk for row in rows])}
    changed = [row for row in rows if any(getattr(row, name) != getattr(saved[row.pk], name) for name in GIVEN)]
    versions.update(changed, fields=GIVEN, actor=actor, reason=reason)


def take(step: RoundStep, *, round: EvaluationRound, actor: User | None) -> None:
    """Take the step. Raises Refused, Overtaken."""
    ROUNDS.take(step, round, actor=actor)


@ROUNDS.effect(RoundStep.FINISH)
def _finish(round: EvaluationRound, actor: User | None) -> None:
    """Refuse while some points are lacking."""
    rows = round.evaluations.filter(total=None, left_out=False).select_related(
        "committee__community", "group", "member"
    )
    lacking = [row.subject for row in rows.in_order()]
    if lacking or not round.evaluations.exists():
        raise Refused(_lack(lacking))


@ROUNDS.effect(RoundStep.CLOSE)
def _close(round: EvaluationRound, actor: User | None) -> None:
    """Make the results final and known to those evaluated."""
    round.closed_at = clock.now()


def _lack(names: list[str]) -> str:
    if not names:
        return _("Nobody is evaluated in this round.")
    words = {"count": len(names), "names": _(", ").join(names[:NAMED]) + ("…" if len(names) > NAMED else "")}
    return _("%(count)s still lack points: %(names)s. Give them, or mark as not evaluated with a remark why.") % words


@transaction.atomic
def remove(*, round: EvaluationRound, actor: User) -> None:
    """Delete a round that should not have been opened, with the points given so far. Raises Overtaken."""
    ROUNDS.hold(round, RoundState.OPEN)
    versions.delete(list(round.evaluations.all()), actor=actor, reason=_("Round deleted"))
    versions.remove(round, actor=actor, reason=_("Round deleted"))


def _key(row: Evaluation) -> tuple:
    return row.committee_id, row.group_id, row.member_id


def _missing(round: EvaluationRound) -> Iterator[Evaluation]:
    there = {_key(row) for row in round.evaluations.all()}
    return (row for row in _wanted(round) if _key(row) not in there)


def _wanted(round: EvaluationRound) -> Iterator[Evaluation]:
    """A line for each committee, group or person there on the last day of the period, or today if that is to come."""
    day = min(round.last_day, clock.today())
    if round.subjects == Subjects.COMMITTEES:
        for committee in ResidentsCommittee.objects.filter(community__subdistrict=round.subdistrict):
            yield Evaluation(round=round, committee=committee)
        return
    if round.subjects == Subjects.GROUPS:
        groups = ResidentsGroup.objects.standing_on(day).filter(Q(established_on=None) | Q(established_on__lte=day))
        in_area = (
            Q(committee=round.committee) if round.committee else Q(committee__community__subdistrict=round.subdistrict)
        )
        for group in groups.filter(in_area):
            yield Evaluation(round=round, committee_id=group.committee_id, group=group)
        return
    offices = Appointment.objects.in_office(day).filter(committee=round.committee, group__isnull=False)
    for group_id, member_id in (
        offices.order_by("group__ordinal", "member__pinyin").values_list("group", "member").distinct()
    ):
        yield Evaluation(round=round, committee=round.committee, group_id=group_id, member_id=member_id)
