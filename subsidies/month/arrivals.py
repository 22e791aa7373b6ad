"""The stage of the money of approved lines, used by every page, paper and ledger (rules.md §5).

Each line with money is in exactly one stage: to pay, in transit, arrived, refused, bounced or given up. The stage is
that of the line's newest event, so the stages of any set of lines always add up to what is due.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, Exists, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.dispatch import Signal
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.digests import keyed
from jygroups.lib.refusals import Refused
from jygroups.lib.yuan import YuanSum
from registry.models import User
from registry.records.seal_keys import fits
from subsidies.models import BankAnswer, PaymentItem, PayResult, PayStage, PayStep, ResultSeal, Sheet, SheetLine, State
from subsidies.models.payments import MOVES
from subsidies.month import seal_limits

BATCH = 1_000
# After steps of lines were recorded, in the same transaction: the events `made`, `given_up`, the keys of the lines that
# are given up now or were before, and `actor`.
recorded = Signal()
# The fields of an event that its digest covers, besides the time and the event before it.
SEALED = ("line_id", "ordinal", "step", "source", "stage", "item_id", "answer_id", "reason", "day", "by_id")
SETTLED = (PayStage.ARRIVED, PayStage.GIVEN_UP)


@dataclass(frozen=True)
class Share:
    """A number of lines, and their yuan."""

    count: int = 0
    yuan: Decimal = Decimal(0)


@dataclass(frozen=True)
class Move:
    """One event of a line; `item` is its row in a payment, by default in its newest one that is not withdrawn."""

    line_id: int
    item: PaymentItem | None = None
    reason: str = ""
    back_to: str = ""  # of a revoked event or a withdrawn payment, the stage that it led from


def with_stage(lines: models.QuerySet[SheetLine]) -> models.QuerySet[Any]:
    """The lines with money, each with its `stage`. All lines of a sheet that is not approved are still to be paid."""
    return staged(lines.filter(net__gt=0))


def staged(lines: models.QuerySet[SheetLine]) -> models.QuerySet[Any]:
    """The lines, each with its `stage`, which means nothing for one without money."""
    newest = PayResult.objects.filter(line=OuterRef("pk")).order_by("-ordinal")
    stage = Coalesce(
        Subquery(newest.values("stage")[:1]), Value(PayStage.TO_PAY), output_field=models.CharField(max_length=10)
    )
    return lines.annotate(stage=stage)


def shares(sheets: Iterable[Sheet]) -> dict[int, dict[str, Share]]:
    """By sheet and stage, the number of lines and their yuan; stages without lines are left out; one query."""
    found: dict[int, dict[str, Share]] = {sheet.pk: {} for sheet in sheets}
    lines = with_stage(SheetLine.objects.filter(sheet__in=found)).order_by()
    for row in lines.values("sheet", "stage").annotate(count=Count("pk"), yuan=YuanSum("net")):
        found[row["sheet"]][row["stage"]] = Share(row["count"], row["yuan"])
    return found


def reopened(lines: models.QuerySet[SheetLine]) -> dict[int, int]:
    """By sheet, how many of the lines the bank sent back after the month was settled, which reopens it; one query."""
    standing = PayResult.objects.newest().exclude(stage__in=SETTLED).filter(line__sheet__state=State.PAID)
    found = standing.filter(line__in=lines.order_by().values("pk")).order_by().values_list("line__sheet")
    return dict(found.annotate(Count("pk")))


def waiting_answers(sheets: Iterable[Sheet]) -> models.QuerySet[BankAnswer]:
    """The files uploaded as the bank's answers to these sheets that are neither recorded nor discarded."""
    rows = BankAnswer.objects.filter(payment__sheet__in=sheets, taken_at=None)
    return rows.select_related("payment", "by").defer("content").order_by("id")


def newest(lines: models.QuerySet[SheetLine]) -> dict[int, PayResult]:
    """By line, its newest event; one query."""
    return {row.line_id: row for row in PayResult.objects.newest().filter(line__in=lines.order_by().values("pk"))}


def refused(lines: models.QuerySet[SheetLine]) -> models.QuerySet[PayResult]:
    """The bank's newest refusal or return of each line that is refused or sent back, the oldest month first.

    It is the bank's event even where the money was given up and reinstated later: its reason has to be corrected.
    """
    rows = _causes(lines, [PayStage.REFUSED, PayStage.BOUNCED], [PayStep.REFUSE, PayStep.BOUNCE])
    return rows.select_related("line__sheet", "line__member__merged_into", "item").defer("line__facts")


def given_up(lines: models.QuerySet[SheetLine]) -> models.QuerySet[PayResult]:
    """The decision of each line that is given up, the oldest month first."""
    return _causes(lines, [PayStage.GIVEN_UP], [PayStep.GIVE_UP]).select_related("line", "by")


def _causes(
    lines: models.QuerySet[SheetLine], stages: Sequence[PayStage], steps: Sequence[PayStep]
) -> models.QuerySet[PayResult]:
    """The newest of these steps that was not revoked, for each line in one of the stages."""
    standing = PayResult.objects.newest().filter(stage__in=stages, line__in=lines.order_by().values("pk"))
    causes = PayResult.objects.filter(step__in=steps, answer__revoked_at=None)
    later = causes.filter(line=OuterRef("line"), ordinal__gt=OuterRef("ordinal"))
    rows = causes.filter(~Exists(later), line__in=standing.order_by().values("line"))
    return rows.order_by("line__month", "line")


def record(
    step: PayStep,
    sheet: Sheet,
    moves: Iterable[Move],
    *,
    actor: User | None,
    day: date | None = None,
    answer: BankAnswer | None = None,
) -> list[PayResult]:
    """Append the step to each line of the sheet, which the caller has locked; `day` is today unless given.

    Raises ValueError for a line from whose stage the step does not lead: callers check first, so that they can name
    the person. Raises Refused where the sheet's earlier events are not as they were recorded. The database refuses an
    event in a payment of the line that a later payment has replaced.
    """
    moves = list(moves)
    before = newest(sheet.lines.all())
    counts = _checked(sheet, before, {move.line_id for move in moves})
    items = _items([move.line_id for move in moves if not move.item])
    now = clock.now()
    rows = []
    for move in moves:
        last = before.get(move.line_id)
        row = PayResult(
            line_id=move.line_id,
            ordinal=last.ordinal + 1 if last else 1,
            step=step,
            source=last.stage if last else PayStage.TO_PAY,
            stage=_target(step, last, move),
            item_id=move.item.pk if move.item else items.get(move.line_id),
            answer=answer,
            reason=move.reason[:200],
            day=day or clock.today(),
            by=actor,
            at=now,
        )
        row.digest = event_digest(row, last.digest if last else "")
        rows.append(row)
    made = PayResult.objects.bulk_create(rows, BATCH)
    _seal(sheet, counts, before.values(), made)
    given_up = [row.line_id for row in made if PayStage.GIVEN_UP in (row.source, row.stage)]
    recorded.send(PayResult, made=made, given_up=given_up, actor=actor)
    return made


def _items(lines: Iterable[int]) -> dict[int, int]:
    """By line, its row in its newest payment that is not withdrawn; one query."""
    rows = PaymentItem.objects.filter(line__in=lines, payment__withdrawal=None).order_by()
    return dict(rows.values_list("line").annotate(Max("pk")))


def event_digest(event: PayResult, previous: str) -> str:
    """The digest of a payment event, after the digest of the line's event before it, empty for none."""
    return keyed(_of_event(event, previous))


def _of_event(event: PayResult, previous: str) -> dict[str, object]:
    values = {name: getattr(event, name) for name in SEALED}
    return {**values, "at": event.at and event.at.timestamp(), "previous": previous}


def result_seal(sheet_id: int, counts: Mapping[str, int], newest: Mapping[int, str]) -> str:
    """The seal over the number of events by line, and the digest of each line's newest event."""
    return keyed(_of_results(sheet_id, counts, newest))


def _of_results(sheet_id: int, counts: Mapping[str, int], newest: Mapping[int, str]) -> dict[str, object]:
    return {"sheet": sheet_id, "counts": counts, "newest": {str(line): newest[line] for line in newest}}


def is_sealed(sheet: Sheet, seal: str, counts: Mapping[str, int], newest: Mapping[int, str]) -> bool:
    """Whether the stored seal is the one over these events."""
    return fits(seal, _of_results(sheet.pk, counts, newest), seal_limits.result(sheet.pk, seal))


def sealed(sheet: Sheet) -> tuple[dict[str, int] | None, str]:
    """The stored number of events by line, None where there is none that can be read, and the seal over them."""
    try:
        counts, seal = ResultSeal.objects.values_list("counts", "seal").get(sheet=sheet)
    except (ResultSeal.DoesNotExist, ValueError):
        return None, ""
    is_whole = isinstance(counts, dict) and all(key.isdecimal() and type(counts[key]) is int for key in counts)
    return (counts if is_whole else None), seal


def event_faults(events: Iterable[PayResult], count: int | None) -> Iterator[str]:
    """The faults in one line's events by ordinal, of which there should be `count`; None where that is not known."""
    previous, due = "", 1
    unknown = _("payment event %(ordinal)s was not recorded by the application")
    for event in events:
        if event.ordinal < due:
            yield unknown % {"ordinal": event.ordinal}
            continue
        for ordinal in range(due, event.ordinal):
            yield _("payment event %(ordinal)s is missing") % {"ordinal": ordinal}
        if event.ordinal == due and not fits(event.digest, _of_event(event, previous), seal_limits.event(event)):
            words = {"ordinal": event.ordinal, "step": event.get_step_display(), "day": event.day}
            yield _("payment event %(ordinal)s (%(step)s, %(day)s) is not as it was recorded") % words
        previous, due = event.digest, event.ordinal + 1
    if count is not None:
        for ordinal in range(due, count + 1):
            yield _("payment event %(ordinal)s is missing") % {"ordinal": ordinal}
        for ordinal in range(count + 1, due):
            yield unknown % {"ordinal": ordinal}


def _checked(sheet: Sheet, before: Mapping[int, PayResult], lines: Iterable[int]) -> dict[str, int]:
    """The number of events by line of the sheet, which the caller has locked; `before` as in newest(); two queries.

    Raises Refused for events of these lines that are not as they were recorded, and for events of any line that are
    missing or too many: the next seal would cover that up.
    """
    counts, seal = sealed(sheet)
    if counts is None:
        raise Refused(
            _("%(sheet)s: the seal of its payment events is not valid. Nothing is recorded.") % {"sheet": sheet}
        )
    present = {key: event.ordinal for key, event in before.items()}
    due = {int(key): count for key, count in counts.items()}
    unequal = {key for key in present.keys() | due.keys() if present.get(key, 0) != due.get(key, 0)}
    events: dict[int, list[PayResult]] = {key: [] for key in {*lines, *unequal}}
    for event in PayResult.objects.filter(line__in=events).order_by("line", "ordinal"):
        events[event.line_id].append(event)
    found = {key: list(event_faults(own, due.get(key, 0))) for key, own in events.items()}
    if faults := {key: texts for key, texts in found.items() if texts}:
        names = dict(SheetLine.objects.filter(pk__in=faults).values_list("pk", "name"))
        rows = [f"{names.get(key, sheet)} · {text}" for key, texts in faults.items() for text in texts]
        raise Refused("\n".join([*rows, _("Nothing is recorded.")]))
    if not is_sealed(sheet, seal, counts, {key: event.digest for key, event in before.items()}):
        raise Refused(
            _("%(sheet)s: the seal of its payment events is not valid. Nothing is recorded.") % {"sheet": sheet}
        )
    return counts


def _seal(sheet: Sheet, counts: dict[str, int], before: Iterable[PayResult], made: Iterable[PayResult]) -> None:
    """Count and seal the events just recorded of the sheet, which the caller has locked; `before` as in newest()."""
    newest = {event.line_id: event.digest for event in (*before, *made)}
    counts |= {str(event.line_id): event.ordinal for event in made}
    seal = result_seal(sheet.pk, counts, newest)
    ResultSeal.objects.filter(sheet=sheet).update(counts=counts, seal=seal)


def _target(step: PayStep, last: PayResult | None, move: Move) -> str:
    source = PayStage(last.stage) if last else PayStage.TO_PAY
    found = [stage for name, before, stage in MOVES if (name, before) == (step, source)]
    target: str | None = next(iter(found), None)
    if step in (PayStep.REVOKE, PayStep.WITHDRAW):
        target = move.back_to
    elif step == PayStep.REINSTATE and found:  # the stage in which it was given up
        target = _standing(move.line_id).source
    if target not in found:
        raise ValueError(f"{step} does not lead on from {source}")
    return target


def _standing(line: int) -> PayResult:
    """The event that gave the line its stage: the newest that was neither revoked nor reinstated nor withdrawn."""
    trail: list[PayResult] = []
    for event in PayResult.objects.filter(line=line).order_by("ordinal"):
        if event.step in (PayStep.REVOKE, PayStep.REINSTATE, PayStep.WITHDRAW):
            trail.pop()
        else:
            trail.append(event)
    return trail[-1]
