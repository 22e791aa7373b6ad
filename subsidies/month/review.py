"""What a reviewer checks on a sheet: people not paid with the reason, settlements, and unusual lines."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jygroups.lib.shown import exact, signed
from registry.models import Community, Position, User
from subsidies import engine
from subsidies.explanations.changed_fact_texts import reasons
from subsidies.explanations.decisions import why_not
from subsidies.models import Correction, Settlement, Sheet, SheetEvent, SheetLine, Step
from subsidies.month.changes import Changes
from subsidies.month.payment_history import Entry

NOTHING = Decimal(0)
TOP_CHANGES = 5  # changes


@dataclass(frozen=True)
class Unpaid:
    """One person who holds an office and is not paid."""

    line: SheetLine
    offices: str
    why: str


def unpaid(lines: Iterable[SheetLine], sheet: Sheet) -> list[Unpaid]:
    """For lines that pay nothing, the offices held on the reference date and the reason."""
    rules = sheet.standard.rules()
    found = []
    for line in lines:
        decision = engine.decide(engine.Life.from_data(line.facts["life"]), line.month, rules)
        held = [each.appointment for each in decision.considered if each.appointment.in_office(decision.reference_date)]
        offices = [
            f"{line.facts['bodies'].get(office.body, office.body)} {Position(office.position).label}" for office in held
        ]
        found.append(Unpaid(line, _("; ").join(offices), why_not(line, decision)))
    return found


@dataclass(frozen=True)
class Settled:
    """The settlements of earlier months by one line."""

    line: SheetLine
    settlements: list[tuple[Settlement, list[str]]]  # each with why its correction was proposed, and notes


def settled(lines: models.QuerySet[SheetLine], *, whole: bool) -> list[Settled]:
    """The settlements of these lines, by person in the order of the sheet, then by month.

    The changed facts may name bodies of other areas, so they are shown only to users who see the whole sheet.
    """
    rows = Settlement.objects.filter(line__in=lines).select_related("line__community", "line__group")
    corrections = Correction.objects.with_unarrived().select_related("decided_by")
    rows = rows.prefetch_related(models.Prefetch("correction", corrections))
    by_line: dict[int, list[Settlement]] = defaultdict(list)
    for row in rows.order_by("line__ordinal", "correction__month", "pk"):
        by_line[row.line_id].append(row)
    return [
        Settled(found[0].line, [(row, _words(row.correction, whole)) for row in found]) for found in by_line.values()
    ]


def _words(correction: Correction, whole: bool) -> list[str]:
    return [*(reasons(correction) if whole else ()), *correction.notes]


class Unusual(models.TextChoices):
    """Why a line is unusual; it does not block the sheet."""

    FIRST = "first", gettext_lazy("paid for the first time")
    LARGEST = "largest", gettext_lazy("the largest changes")
    SAME_ACCOUNT = "same_account", gettext_lazy("one bank account for several people")
    AGE = "age", gettext_lazy("of great age")
    COMMUNITIES = "communities", gettext_lazy("in office in several communities")

    @property
    def why(self) -> str:
        """Why such a line is shown."""
        return {
            Unusual.FIRST: _("No earlier month paid them: compare person, office and account with the papers."),
            Unusual.LARGEST: _("Changes beyond what a full year brings, the largest %(count)s.")
            % {"count": TOP_CHANGES},
            Unusual.SAME_ACCOUNT: _("Money of several people goes to one account."),
            Unusual.AGE: _("The document sets no highest age; from %(age)s on, ask whether the office is still filled.")
            % {"age": settings.REVIEW_AGE},
            Unusual.COMMUNITIES: _("Only the highest position is paid 〔三(三)〕: see that both offices are meant."),
        }[self]


@dataclass(frozen=True)
class Odd:
    """One kind of unusual lines, each line with a detail."""

    kind: Unusual
    lines: list[tuple[SheetLine, str]]


def unusual(sheet: Sheet, lines: models.QuerySet[SheetLine], changes: Changes, *, whole: bool) -> list[Odd]:
    """The unusual lines among these; names from other areas are shown only to users who see the whole sheet.

    A constant number of queries.
    """
    earlier = SheetLine.objects.filter(member=OuterRef("member"), month__lt=sheet.month, net__gt=0)
    rows = list(
        lines.select_related("community", "group", "member").annotate(paid_before=Exists(earlier)).order_by("ordinal")
    )
    on = sheet.standard.rules().reference_date(sheet.month)
    names = dict(Community.objects.values_list("code", "name"))
    shared = _shared_accounts(sheet)
    found: dict[Unusual, list[tuple[SheetLine, str]]] = {kind: [] for kind in Unusual}
    for line in rows:
        if line.net > 0 and changes.previous and not line.paid_before:
            found[Unusual.FIRST].append((line, _("%(net)s yuan") % {"net": exact(line.net)}))
        if line.net > 0 and line.account in shared:
            found[Unusual.SAME_ACCOUNT].append((line, _people(shared[line.account])))
        born = line.member.birth_date  # none of who is erased
        age = on.year - born.year - ((on.month, on.day) < _day(born)) if born else 0
        if line.net > 0 and age >= settings.REVIEW_AGE:
            found[Unusual.AGE].append((line, _("%(age)s years old") % {"age": age}))
        codes = _communities(line, on)
        if len(codes) > 1:
            where = _(", ").join(names[code] for code in sorted(codes)) if whole else _communities_count(len(codes))
            found[Unusual.COMMUNITIES].append((line, where))
    found[Unusual.LARGEST] = _largest(changes, {line.pk: line for line in rows}, sheet.standard.yearly_increment)
    return [Odd(kind, lines) for kind, lines in found.items() if lines]


def _day(birth: date) -> tuple[int, int]:
    return birth.month, birth.day


def _shared_accounts(sheet: Sheet) -> dict[str, int]:
    """The accounts that receive money of several people of the month, on any sheet, with the number of people."""
    holders: dict[str, set[int]] = defaultdict(set)
    month = SheetLine.objects.filter(month=sheet.month, net__gt=0).only("account", "row_key", "member", "net")
    for line in month:
        if line.account:
            holders[line.account].add(line.member_id)
    return {account: len(members) for account, members in holders.items() if len(members) > 1}


def _communities_count(count: int) -> str:
    return ngettext("%(count)s community", "%(count)s communities", count) % {"count": count}


def _people(count: int) -> str:
    return ngettext("shared by %(count)s person", "shared by %(count)s people", count) % {"count": count}


def _communities(line: SheetLine, on: date) -> set[str]:
    """The codes of the communities in which the person is in office on the day, by the frozen facts."""
    offices = engine.Life.from_data(line.facts["life"]).appointments
    return {office.community_code for office in offices if office.in_office(on)}


def _largest(changes: Changes, lines: dict[int, SheetLine], increment: Decimal) -> list[tuple[SheetLine, str]]:
    """The largest differences above one yearly increment, of people on both months' sheets."""
    moved: dict[int, Decimal] = defaultdict(lambda: NOTHING)
    for change in changes.changes:
        if change.was and change.now and change.now.pk in lines:
            moved[change.now.pk] += change.difference
    largest = sorted(moved.items(), key=lambda pair: (-abs(pair[1]), lines[pair[0]].ordinal))
    return [
        (lines[key], _("%(difference)s yuan") % {"difference": signed(yuan)})
        for key, yuan in largest[:TOP_CHANGES]
        if abs(yuan) > increment
    ]


def events(rows: models.QuerySet[SheetEvent], user: User, *, whole: bool) -> list[Entry]:
    """The sheet's steps in their order.

    A user who sees a part of the sheet gets no computation or confirmation by other communities, and no comment about
    them.
    """
    found = list(rows.select_related("by").order_by("id"))
    of_community = (Step.PREPARE, Step.CONFIRM)
    if whole:
        return [_entry(event, event.comment) for event in found]
    own = {"", *Community.objects.visible_to(user).values_list("name", flat=True)}
    return [
        _entry(event, event.comment if event.step in of_community else "")
        for event in found
        if event.step not in of_community or event.comment in own
    ]


def _entry(event: SheetEvent, comment: str) -> Entry:
    """A computation or confirmation names its community in the comment; another step has a comment of its own."""
    kind, title = event.step, capfirst(event.get_step_display())
    if event.step in (Step.PREPARE, Step.CONFIRM):
        return Entry(event.at, kind, title, event.by, comment)
    moved = f"{event.get_from_state_display()} → {event.get_to_state_display()}"
    return Entry(event.at, kind, title, event.by, moved if event.from_state != event.to_state else "", comment)
