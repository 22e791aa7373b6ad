"""The differences between a month's sheet and the one before, each yuan with its reason."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.months import Month
from jygroups.lib.shown import exact
from registry.models import Position, User
from subsidies import engine
from subsidies.explanations.decisions import reason
from subsidies.models import Outcome, Sheet, SheetLine

NOTHING = Decimal(0)


class Kind(models.TextChoices):
    """Why an amount differs from last month's."""

    JOINED = "joined", gettext_lazy("joined")
    LEFT = "left", gettext_lazy("left")
    POSITION = "position", gettext_lazy("position changed")
    ANNIVERSARY = "anniversary", gettext_lazy("full year reached")
    RATE = "rate", gettext_lazy("Standard changed")
    EMPLOYMENT = "employment", gettext_lazy("employment changed")
    HOLD = "hold", gettext_lazy("hold changed")
    CORRECTION = "correction", gettext_lazy("corrected")

    @property
    def rank(self) -> int:
        return list(Kind).index(self)


@dataclass(frozen=True, slots=True)
class Change:
    """One reason why one person's net differs; a person with several reasons has a chain of changes.

    A person's first change starts from last month's net, the last one ends with this month's net.
    """

    kind: Kind
    was: SheetLine | None  # on last month's sheet
    now: SheetLine | None  # on this month's
    before: Decimal  # yuan, before this reason is counted
    after: Decimal  # and after
    detail: str  # in the active language

    @property
    def line(self) -> SheetLine:
        """The newest line of the person."""
        line = self.now or self.was
        assert line is not None
        return line

    @property
    def difference(self) -> Decimal:
        """Signed yuan."""
        return self.after - self.before


@dataclass(frozen=True)
class Changes:
    """A sheet compared with that of the month before; without an earlier sheet nothing is compared."""

    sheet: Sheet
    previous: Sheet | None
    changes: list[Change] = field(default_factory=list)

    @property
    def difference(self) -> Decimal:
        """The sum of all changes in yuan: exactly this month's net less last month's."""
        return sum((change.difference for change in self.changes), NOTHING)

    def by_kind(self) -> dict[Kind, tuple[int, Decimal]]:
        """By kind, the number of changes and their sum in yuan."""
        found: dict[Kind, tuple[int, Decimal]] = {}
        for change in self.changes:
            count, yuan = found.get(change.kind, (0, NOTHING))
            found[change.kind] = count + 1, yuan + change.difference
        return found


def against_previous(sheet: Sheet, user: User | None = None) -> Changes:
    """The sheet's changes since the month before, by kind and in the order of the sheet.

    With a user, only lines visible to the user are compared.
    """
    month = Month.of(sheet.month).previous.first_day
    earlier = Sheet.objects.select_related("standard").prefetch_related("standard__rates")
    previous = earlier.filter(subdistrict=sheet.subdistrict_id, month=month).first()
    if previous is None:
        return Changes(sheet, None)
    lines = SheetLine.objects.visible_to(user) if user else SheetLine.objects.all()
    if previous.standard_id == sheet.standard_id:
        lines = lines.filter(member__in=_differing(lines, previous, sheet))
    were, are = _by_member(lines, previous), _by_member(lines, sheet)
    rules = previous.standard.rules()
    changes = [
        change for member in were.keys() | are.keys() for change in _of_person(were.get(member), are.get(member), rules)
    ]
    changes.sort(key=lambda change: (change.kind.rank, change.line.community.code, change.line.ordinal, change.line.pk))
    return Changes(sheet, previous, changes)


def _differing(lines, previous: Sheet, sheet: Sheet) -> set[int]:
    """The people whose lines differ, found without decrypting the frozen facts of all other lines."""
    figures = ("outcome", "position", "full_years", "rate", "increment", "gross", "adjustment")
    months_of = Counter(lines.filter(sheet__in=[previous, sheet]).order_by().values_list("member", *figures))
    return {member for (member, *_figures), months in months_of.items() if months == 1}


def _by_member(lines, sheet: Sheet) -> dict[int, SheetLine]:
    rows = lines.filter(sheet=sheet).select_related("sheet__standard", "community", "group")
    return {line.member_id: line for line in rows}


class _Step(NamedTuple):
    kind: Kind
    difference: Decimal
    detail: str


def _of_person(was: SheetLine | None, now: SheetLine | None, rules: engine.Standard) -> Iterator[Change]:
    """The chain of one person's changes. `rules` are last month's."""
    before = was.net if was else NOTHING
    for step in _steps(was, now, rules):
        yield Change(step.kind, was, now, before, before + step.difference, step.detail)
        before += step.difference


def _steps(was: SheetLine | None, now: SheetLine | None, rules: engine.Standard) -> Iterator[_Step]:
    if _gone(was) and _gone(now):
        pass
    elif was is None or _gone(was):
        assert now is not None
        yield _Step(Kind.JOINED, now.gross, _place(now))
    elif now is None or _gone(now):
        yield _Step(Kind.LEFT, -was.gross, _place(was))
    elif Outcome.HELD in (was.outcome, now.outcome):
        if was.outcome != now.outcome or was.gross != now.gross:
            yield _Step(Kind.HOLD, now.gross - was.gross, _from_to(_place(was), _place(now)))
    else:
        yield from _decided(was, now, rules)
    were, are = (line.adjustment if line else NOTHING for line in (was, now))
    if were != are:
        detail = _("adjustment %(before)s → %(after)s") % {"before": exact(were), "after": exact(are)}
        yield _Step(Kind.CORRECTION, are - were, detail)


def _gone(line: SheetLine | None) -> bool:
    """Whether there is no line, or one that only settles earlier months: the person holds no office."""
    return line is None or line.outcome == Outcome.SETTLED


class _Figures(NamedTuple):
    """The figures of a line or decision."""

    outcome: str
    position: str
    years: int
    rate: Decimal
    increment: Decimal

    @classmethod
    def of_line(cls, line: SheetLine) -> "_Figures":
        years, rate, increment = line.full_years or 0, line.rate or NOTHING, line.increment or NOTHING
        return cls(line.outcome, line.position, years, rate, increment)

    @classmethod
    def of_decision(cls, decision: engine.Decision) -> "_Figures":
        position = decision.paid.position if decision.paid else ""
        return cls(decision.outcome, position, decision.full_years, decision.rate or NOTHING, decision.increment)


def _decided(was: SheetLine, now: SheetLine, rules: engine.Standard) -> Iterator[_Step]:
    """First the effect of the person's own facts under last month's Standard, then that of the new Standard."""
    old, new = _Figures.of_line(was), _Figures.of_line(now)
    restated = now.sheet.standard_id != was.sheet.standard_id
    if restated:
        new = _Figures.of_decision(engine.decide(_life(now), now.month, rules))
    rest = now.gross - was.gross
    for step in _own(old, new, was, now, rules):
        yield step
        rest -= step.difference
    if rest:
        names = (was.sheet.standard.document, now.sheet.standard.document)
        yield _Step(Kind.RATE, rest, _from_to(*names) if restated else names[1])


def _own(
    old: _Figures, new: _Figures, was: SheetLine, now: SheetLine, rules: engine.Standard
) -> Iterator[_Step]:  # fmt: skip
    if old.outcome != new.outcome:
        kind = Kind.EMPLOYMENT if Outcome.EMPLOYED in (old.outcome, new.outcome) else Kind.POSITION
        difference = new.rate + new.increment - old.rate - old.increment
        yield _Step(kind, difference, _from_to(_words(old), _words(new)))
        return
    if old.position != new.position:
        yield _Step(Kind.POSITION, new.rate - old.rate, _from_to(_words(old), _words(new)))
    if gained := new.increment - old.increment:
        years = {"before": old.years, "after": new.years}
        by_time = _gained_by_time(old, was, now, rules, most=gained)
        if by_time:
            yield _Step(Kind.ANNIVERSARY, by_time, _("full years %(before)s → %(after)s") % years)
        if gained != by_time:
            yield _Step(
                Kind.CORRECTION, gained - by_time, _("service on record: full years %(before)s → %(after)s") % years
            )


def _gained_by_time(old: _Figures, was: SheetLine, now: SheetLine, rules: engine.Standard, *, most: Decimal) -> Decimal:
    """The part of the increment, in yuan, that passing time alone gives, if nothing else had been recorded."""
    waited = engine.decide(_life(was), now.month, rules)
    if waited.outcome is not engine.Outcome.PAID:
        return most  # the office ended, and the service went on in another
    return max(NOTHING, min(waited.increment - old.increment, most))


def _life(line: SheetLine) -> engine.Life:
    return engine.Life.from_data(line.facts["life"])


def _place(line: SheetLine) -> str:
    """The position that the line pays, or the reason why it pays nothing."""
    return _words(_Figures.of_line(line))


def _words(figures: _Figures) -> str:
    return reason(figures.outcome) or str(Position(figures.position).label)


def _from_to(before: str, after: str) -> str:
    return f"{before} → {after}"
