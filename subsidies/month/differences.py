"""Whose line of a draft would be another if it were computed now.

A line is another when what it decides or prints is: not when something is recorded that this month does not turn on.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.utils import timezone

from jygroups.lib.months import Month
from subsidies import engine
from subsidies.models import Sheet, SheetLine, Standard
from subsidies.month import seals
from subsidies.month.computation import compute


@dataclass(frozen=True)
class Difference:
    """One person's line as it is stored and as it would be computed; one of the two may be missing."""

    was: SheetLine | None
    now: SheetLine | None

    @property
    def line(self) -> SheetLine:
        """The newest there is."""
        line = self.now or self.was
        assert line is not None
        return line

    @property
    def communities(self) -> set[int]:
        """Whose lines change: two communities where the person moves from one to the other."""
        return {line.community_id for line in (self.was, self.now) if line}


def of(sheets: Iterable[Sheet], among: Collection[int] | None = None) -> list[Difference]:
    """The differences of these drafts of one month, or of these members alone; those of lines that would go last.

    A constant number of queries.
    """
    drafts = list(sheets)
    month = Month.of(drafts[0].month)
    standard = Standard.objects.in_force(month).prefetch_related("rates").first()
    assert standard is not None  # the drafts were computed by one
    stored = SheetLine.objects.filter(sheet__in=drafts)
    if among is not None:
        stored = stored.filter(member__in=among)
    computed = compute(month, standard, drafts, timezone.now(), among)
    return between(stored, computed.lines, standard.rules())


def between(
    stored: QuerySet[SheetLine], computed: Iterable[SheetLine], rules: engine.Standard
) -> list[Difference]:  # fmt: skip
    """The differences between stored lines and computed ones.

    A computed line that decides and prints what its stored one does takes over its facts and its digest, so that
    storing it leaves a confirmation standing.
    """
    digests = {member: (key, digest) for member, key, digest in stored.values_list("member", "pk", "digest")}
    others = []
    for line in computed:
        key, digest = digests.pop(line.member_id, (0, ""))
        if digest != line.digest:
            others.append((key, line))
    gone = [key for key, _digest in digests.values()]
    full = stored.prefetch_related("sheet__subdistrict", "community", "group")
    rows = full.in_bulk([*(key for key, _line in others if key), *gone])
    found = []
    for key, line in others:
        was = rows.get(key)
        if was and _content(was, rules) == _content(line, rules):
            line.facts, line.digest = was.facts, was.digest
        else:
            found.append(Difference(was, line))
    return [*found, *(Difference(rows[key], None) for key in gone)]


def _content(line: SheetLine, rules: engine.Standard) -> dict[str, object]:
    """What the line decides and prints: of its facts, what the decision turns on and what the bodies are called."""
    on = rules.reference_date(line.month)
    life = engine.Life.from_data(line.facts["life"]).known_on(on)
    decision = engine.decide(life, line.month, rules)
    held = tuple(each for each in decision.considered if each.appointment.in_office(on))
    names = [line.facts["bodies"].get(each.appointment.body) for each in held]
    return {
        **seals.content(line),
        "facts": (replace(decision, considered=held), names, line.facts.get("hold")),
    }
