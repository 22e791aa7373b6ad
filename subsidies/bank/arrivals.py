"""Where the money of approved lines stands: one answer for every page, paper and ledger (rules.md §5).

Each line with money stands in one stage, whole: to pay, in transit, arrived, refused, bounced or given up. The stage is
that of the line's newest event; so the stages of any set of lines always add up to what is due.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from registry.models import User
from subsidies.models import BankAnswer, PaymentItem, PayResult, PayStage, PayStep, Sheet, SheetLine, State
from subsidies.models.payments import MOVES

BATCH = 1_000
SETTLED = (PayStage.ARRIVED, PayStage.GIVEN_UP)


@dataclass(frozen=True)
class Share:
    """So many lines, and their yuan."""

    count: int = 0
    yuan: Decimal = Decimal(0)


@dataclass(frozen=True)
class Move:
    """What happened to a line; the item is the payment that it happened in, if any."""

    line_id: int
    item: PaymentItem | None = None
    reason: str = ""


def with_stage(lines: models.QuerySet[SheetLine]) -> models.QuerySet[Any]:
    """The lines with money, each with its `stage`. Of a sheet that is not approved, everything is still to be paid."""
    return staged(lines.filter(net__gt=0))


def staged(lines: models.QuerySet[SheetLine]) -> models.QuerySet[Any]:
    """The lines, each with its `stage`, which means nothing for one without money."""
    newest = PayResult.objects.filter(line=OuterRef("pk")).order_by("-ordinal")
    stage = Coalesce(
        Subquery(newest.values("stage")[:1]), Value(PayStage.TO_PAY), output_field=models.CharField(max_length=10)
    )
    return lines.annotate(stage=stage)


def shares(sheets: Iterable[Sheet]) -> dict[int, dict[str, Share]]:
    """Of each sheet, by stage, its lines and their yuan; stages without lines are left out; one query."""
    found: dict[int, dict[str, Share]] = {sheet.pk: {} for sheet in sheets}
    lines = with_stage(SheetLine.objects.filter(sheet__in=found)).order_by()
    for row in lines.values("sheet", "stage").annotate(count=Count("pk"), yuan=Sum("net")):
        found[row["sheet"]][row["stage"]] = Share(row["count"], row["yuan"])
    return found


def reopened(lines: models.QuerySet[SheetLine]) -> dict[int, int]:
    """By sheet, how many of the lines open their settled month again: sent back by the bank since; one query."""
    standing = PayResult.objects.newest().exclude(stage__in=SETTLED).filter(line__sheet__state=State.PAID)
    found = standing.filter(line__in=lines.order_by().values("pk")).order_by().values_list("line__sheet")
    return dict(found.annotate(Count("pk")))


def newest(lines: models.QuerySet[SheetLine]) -> dict[int, PayResult]:
    """By line, its newest event with its payment's item; one query."""
    rows = PayResult.objects.newest().filter(line__in=lines.order_by().values("pk"))
    return {row.line_id: row for row in rows.select_related("item__payment")}


def refused(lines: models.QuerySet[SheetLine]) -> models.QuerySet[PayResult]:
    """Of those of the lines that stand refused or sent back, the bank's newest word, the oldest month first.

    The bank's word also where the money was given up and reinstated since: its reason is what has to be corrected.
    """
    standing = PayResult.objects.newest().filter(stage__in=[PayStage.REFUSED, PayStage.BOUNCED])
    standing = standing.filter(line__in=lines.order_by().values("pk"))
    words = PayResult.objects.filter(step__in=[PayStep.REFUSE, PayStep.BOUNCE])
    later = words.filter(line=OuterRef("line"), ordinal__gt=OuterRef("ordinal"))
    rows = words.filter(~Exists(later), line__in=standing.order_by().values("line"))
    rows = rows.select_related("line__sheet", "line__member", "item")
    return rows.defer("line__facts").order_by("line__month", "line")


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

    ValueError for a line that the step does not lead on from: callers check first, so that they can name the person.
    """
    before = newest(sheet.lines.all())
    now = timezone.now()
    rows = []
    for move in moves:
        last = before.get(move.line_id)
        rows.append(
            PayResult(
                line_id=move.line_id,
                ordinal=last.ordinal + 1 if last else 1,
                step=step,
                source=last.stage if last else PayStage.TO_PAY,
                stage=_target(step, last),
                item=move.item or (last.item if last else None),
                answer=answer,
                reason=move.reason[:200],
                day=day or timezone.localdate(),
                by=actor,
                at=now,
            )
        )
    return PayResult.objects.bulk_create(rows, BATCH)


def _target(step: PayStep, last: PayResult | None) -> PayStage:
    source = PayStage(last.stage) if last else PayStage.TO_PAY
    found = [stage for move, before, stage in MOVES if (move, before) == (step, source)]
    if step == PayStep.REINSTATE and last and found:
        return PayStage(last.source)  # where it stood when it was given up
    if not found:
        raise ValueError(f"{step} does not lead on from {source}")
    return found[0]
