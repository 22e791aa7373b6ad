"""The lines of a draft that would differ if they were computed now.

A line differs when its decision or printed content does, or what it settles, not when a fact is recorded that does
not affect the month.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from jygroups.lib import clock
from jygroups.lib.months import Month
from subsidies import engine
from subsidies.models import Settlement, Sheet, SheetLine, Standard
from subsidies.month import seals
from subsidies.month.computation import Computed, compute


@dataclass(frozen=True)
class Difference:
    """One person's stored line and computed line; one of the two may be missing."""

    was: SheetLine | None
    now: SheetLine | None

    @property
    def line(self) -> SheetLine:
        """The computed line, else the stored one."""
        line = self.now or self.was
        assert line is not None
        return line

    @property
    def communities(self) -> set[int]:
        """The communities whose lines change: two where the person moves from one to the other."""
        return {line.community_id for line in (self.was, self.now) if line}


def of(sheets: Iterable[Sheet], among: Collection[int] | None = None) -> list[Difference]:
    """The differences of these drafts of one month, or of these members only; lines that would be deleted come last.

    A constant number of queries.
    """
    drafts = list(sheets)
    month = Month.of(drafts[0].month)
    standard = Standard.objects.in_force(month).prefetch_related("rates").first()
    assert standard is not None  # the drafts were computed by one
    stored = SheetLine.objects.filter(sheet__in=drafts)
    if among is not None:
        stored = stored.filter(member__in=among)
    computed = compute(month, standard, drafts, clock.now(), among)
    return between(stored, computed, standard.rules())


def between(stored: QuerySet[SheetLine], computed: Computed, rules: engine.Standard) -> list[Difference]:
    """The differences between stored lines and computed ones, with the settlements of both.

    A computed line with the same decision and printed content takes over the stored facts and digest, so that storing
    it keeps the confirmation valid.
    """
    digests = {member: (key, digest) for member, key, digest in stored.values_list("member", "pk", "digest")}
    # No digest covers which corrections make up an adjustment.
    settled = Settlement.objects.filter(line__in=stored).values_list("line__member", "correction", "amount")
    settles = {(row.line.member_id, row.correction_id, row.amount) for row in computed.settlements}
    resettled = {member for member, _correction, _amount in settles.symmetric_difference(settled)}
    others = []
    for line in computed.lines:
        key, digest = digests.pop(line.member_id, (0, ""))
        if digest != line.digest or line.member_id in resettled:
            others.append((key, line))
    gone = [key for key, _digest in digests.values()]
    full = stored.prefetch_related("sheet__subdistrict", "community", "group")
    rows = full.in_bulk([*(key for key, _line in others if key), *gone])
    found = []
    for key, line in others:
        was = rows.get(key)
        alike = was and _content(was, rules) == _content(line, rules)
        if was and alike:
            line.facts, line.digest = was.facts, was.digest
        if not alike or line.member_id in resettled:
            found.append(Difference(was, line))
    return [*found, *(Difference(rows[key], None) for key in gone)]


def _content(line: SheetLine, rules: engine.Standard) -> dict[str, object]:
    """The line's decision and printed content: of its facts, those that the decision uses and the names of bodies."""
    on = rules.reference_date(line.month)
    life = engine.Life.from_data(line.facts["life"]).known_on(on)
    decision = engine.decide(life, line.month, rules)
    held = tuple(each for each in decision.considered if each.appointment.in_office(on))
    names = [line.facts["bodies"].get(each.appointment.body) for each in held]
    return {
        **seals.content(line),
        "facts": (replace(decision, considered=held), names, line.facts.get("hold")),
    }
