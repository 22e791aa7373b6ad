"""Comparisons of an old spreadsheet of a month with the computed month, stored line by line."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.imports.findings import Cause
from registry.models import Act, Community, Member, Subdistrict, User
from registry.records import audit, versions
from subsidies import engine, facts
from subsidies.comparison import differences, reading
from subsidies.comparison.differences import NOTHING, Found, Ours
from subsidies.models import ComparisonResult, Hold, Outcome, ParallelLine, ParallelRun, Sheet, SheetLine, Standard

PERMISSION = "subsidies.compare_month"
BATCH = 1_000
REFUSED = "refused"  # the key of the causes beside the rows skipped
ROWS_SHOWN = 6  # of those skipped for one reason


@dataclass(frozen=True)
class Known:
    """A registered person with the computed figures of the month."""

    member: Member
    name: str
    id_number: str
    community: Community
    ours: Ours


def compare(*, month: Month, subdistrict: Subdistrict | None, name: str, content: bytes, actor: User) -> ParallelRun:
    """Store the file and compare it with the month, of one subdistrict or of the city.

    If a sheet or column is unclear, the run waits for `choose`. Raises Unreadable for an unsuitable file, Refused for a
    month without a Standard.
    """
    if not (actor.has_perm(PERMISSION, subdistrict) if subdistrict else actor.reach(PERMISSION).everywhere):
        raise PermissionDenied
    run = ParallelRun(
        month=month.first_day,
        subdistrict=subdistrict,
        name=masked_within(name)[-200:],
        content=content,
        uploaded_by=actor,
        is_compared=False,
    )
    try:
        old = reading.read(content)
    except reading.Unclear:
        Comparison(month, [], reading.Old(""))  # a month without a Standard is refused before anything is chosen
        run.save()
    else:
        _record(run, old)
    return run


def choose(run: ParallelRun, choice: dict) -> None:
    """Compare the run's file with the sheet, titles and columns that were chosen, in place of an earlier comparison.

    Raises Unreadable, or Unclear with what must still be chosen; the choice is saved in either case.
    """
    run.choice = choice
    run.save(update_fields=["choice", "updated_at"])
    _record(run, reading.read(bytes(run.content), choice))


def _record(run: ParallelRun, old: reading.Old) -> None:
    among = [run.subdistrict] if run.subdistrict else list(Subdistrict.objects.all())
    lines = list(Comparison(Month.of(run.month), among, old).lines())
    run.is_compared = True
    run.column = old.column
    run.rows = len(old.rows) + len(old.refused)
    run.skipped = skipped(old)
    if old.refused:
        run.skipped[REFUSED] = [each.stored() for each in causes(old)]
    run.compared = len({line.id_number for line in lines if line.kind != ComparisonResult.UNREADABLE})
    run.agreeing = sum(line.kind == ComparisonResult.AGREES for line in lines)
    run.old = sum((line.old for line in lines), NOTHING)
    run.ours = sum((line.ours for line in lines), NOTHING)
    with transaction.atomic():
        if run.pk:  # two users may choose concurrently
            ParallelRun.objects.select_for_update().get(pk=run.pk)
            run.lines.all().delete()
        run.save()
        for line in lines:
            line.run = run
        ParallelLine.objects.bulk_create(lines, BATCH)


def skipped(old: reading.Old) -> dict[str, Any]:
    """By reason, the number of rows without a person and the first of them, such as 17 or 幸福社区 17.

    Under the keys of reading.HIDDEN_WORDS what is hidden in the file, and under "sheet" the sheets without people.
    """
    rows = defaultdict(list)
    for sheet, row in old.skipped:
        rows[row.reason.value].append(f"{sheet} {row.number}".strip())
    found: dict[str, dict] = {reason: {"count": len(each), "rows": each[:20]} for reason, each in rows.items()}
    others = {"sheet": old.ignored, **old.hidden}
    return found | {what: {"count": len(each), "rows": each[:20]} for what, each in others.items() if each}


def causes(old: reading.Old) -> list[Cause]:
    """By cause the cells that cannot be read, with their rows."""
    found: dict[tuple[str, str], Cause] = {}
    for each in old.refused:
        for column, value, message in each.why:
            cause = found.setdefault((column, message), Cause(column, message, False, value))
            cause.count += 1
            cause.rows.append(each.row)
    return list(found.values())


def in_words(found: Mapping[str, dict], words: Mapping[str, Any]) -> list[str]:
    """That of `skipped` which the words are for: by row number with the count, sheets and columns by name."""
    texts = []
    for key, label in words.items():
        if each := found.get(key):
            shown = _(", ").join(each["rows"][:ROWS_SHOWN]) + ("…" if each["count"] > ROWS_SHOWN else "")
            is_named = key in reading.BY_NAME
            text = _("%(reason)s: %(names)s") if is_named else _("%(reason)s %(count)s (row %(rows)s)")
            texts.append(text % {"reason": label, "count": each["count"], "rows": shown, "names": shown})
    return texts


class Comparison:
    """An old file compared with these subdistricts' computed month.

    Raises Refused for a month that is still to come or has no Standard.
    """

    def __init__(self, month: Month, among: list[Subdistrict], old: reading.Old):
        self.month, self.among, self.old = month, among, old
        if month > Month.of(clock.today()):
            text = _("%(month)s is still to come: what is paid for it is not known yet.")
            raise Refused(text % {"month": month.in_words})
        self.standard = Standard.objects.in_force(month).prefetch_related("rates").first()
        if self.standard is None:
            raise Refused(_("No Standard is in force in %(month)s.") % {"month": month.in_words})
        self.rules = self.standard.rules()
        self.computed = {**dict(self._decided()), **dict(self._lines())}
        self.by_number = self._members({row.id_number for row in old.rows})
        self.named = self._named()

    # The computed month ---------------------------------------------------------------------------------------

    def _lines(self) -> Iterator[tuple[int, Known]]:
        """By member, the month's lines; a member merged into another was paid as that other."""
        rows = SheetLine.objects.filter(month=self.month.first_day, sheet__subdistrict__in=self.among)
        rows = rows.select_related("sheet", "member", "community").defer("account")
        sheets = Sheet.objects.of(self.month).select_related("standard").prefetch_related("standard__rates")
        rules = {sheet.pk: sheet.standard.rules() for sheet in sheets}
        found: set[int] = set()
        for line in rows.order_by(F("member__merged_into").asc(nulls_first=True), "pk"):
            life = engine.Life.from_data(line.facts["life"])
            decision = engine.decide(life, line.month, rules[line.sheet_id])
            key = line.member.merged_into_id or line.member_id
            key = line.member_id if key in found else key
            found.add(key)
            ours = Ours(life, decision, line.outcome, line.gross, line.net)
            yield key, Known(line.member, line.name, line.id_number, line.community, ours)

    def _decided(self) -> Iterator[tuple[int, Known]]:
        """By member, the decision by today's facts where there is no sheet yet."""
        sheets = Sheet.objects.of(self.month).values_list("subdistrict", flat=True)
        without = {each.pk for each in self.among} - set(sheets)
        if not without:
            return
        day = self.rules.reference_date(self.month.first_day)
        elsewhere = set(SheetLine.objects.filter(month=self.month.first_day).values_list("member", flat=True))
        held = set(Hold.objects.of(self.month).unpaid().values_list("member", flat=True))
        for person in facts.people_in_office(day, Q(committee__community__subdistrict__in=without)):
            ours = Ours.decided(person.life, self.month.first_day, self.rules)
            home = person.appointments[ours.decision.home]  # type: ignore[index]
            if home.committee.community.subdistrict_id in without and person.member.pk not in elsewhere:
                if person.member.pk in held and ours.gross:
                    ours = replace(ours, outcome=Outcome.HELD, gross=NOTHING, net=NOTHING)
                member = person.member
                yield member.pk, Known(member, member.name, member.id_number, home.committee.community, ours)

    def _members(self, numbers: set[str]) -> dict[str, Known]:
        """By ID number of the file, the registered person of these subdistricts."""
        found = Member.objects.select_related("merged_into", "community").with_id_numbers(numbers)
        targets = {row.id_number: row.merged_into or row for row in found}
        keys = {row.pk for row in targets.values()}
        known = {key: each for key, each in self.computed.items() if key in keys}
        rest = self._within().filter(pk__in=keys - known.keys()).values_list("pk", flat=True)
        for key, person in facts.people(rest).items():
            member = person.member
            decided = Ours.decided(person.life, self.month.first_day, self.rules)
            ours = replace(decided, gross=NOTHING, net=NOTHING, on_sheet=False)
            known[key] = Known(member, member.name, member.id_number, member.community, ours)
        return {number: known[row.pk] for number, row in targets.items() if row.pk in known}

    def _within(self):
        """The people of these subdistricts: with their record there, or with a present or former office there."""
        of_record = Q(community__subdistrict__in=self.among)
        of_office = Q(pk__in=Member.objects.filter(appointments__committee__community__subdistrict__in=self.among))
        return Member.objects.filter(of_record | of_office, merged_into=None)

    def _named(self) -> dict[str, list[Member]]:
        """By name, people of these subdistricts, for names in the file with an unknown ID number."""
        names = {row.name for row in self.old.rows if row.id_number not in self.by_number}
        found = defaultdict(list)
        for member in self._within().filter(name__in=names).select_related("community").order_by("community__code"):
            found[member.name].append(member)
        return found

    def elsewhere(self) -> dict[str, int]:
        """By name of another subdistrict, how many people of the file have their record there."""
        unknown = {row.id_number for row in self.old.rows} - self.by_number.keys()
        found = Member.objects.select_related("merged_into__community__subdistrict", "community__subdistrict")
        people = {row.merged_into or row for row in found.with_id_numbers(unknown)}
        return Counter(person.community.subdistrict.name for person in people)

    # The lines ------------------------------------------------------------------------------------------------

    def lines(self) -> Iterator[ParallelLine]:
        """A line for each row of the file, and for each computed person missing in it."""
        rows = defaultdict(list)
        for row in self.old.rows:
            known = self.by_number.get(row.id_number)
            rows[known.id_number if known else row.id_number].append(row)
        for of_person in rows.values():
            yield from self._of_person(of_person, self.by_number.get(of_person[0].id_number))
        refused = defaultdict(list)
        for each in self.old.refused:
            refused["".join(each.name.split())].append(each.row)
            cell = _("%(column)s «%(value)s»: %(cure)s")
            why = _("; ").join(
                cell % {"column": title, "value": value, "cure": cure} for title, value, cure in each.why
            )
            yield ParallelLine(
                sheet=each.sheet, number=each.number, kind=ComparisonResult.UNREADABLE, name=each.name[:50], detail=why
            )
        for known in self.computed.values():
            if known.id_number not in rows and known.ours.gross:
                detail = _("Not in the old file; %(here)s") % {"here": differences.not_paid(known.ours)}
                if numbers := refused.get(known.name):
                    words = {"detail": detail, "rows": ", ".join(numbers)}
                    detail = _("%(detail)s Row %(rows)s with this name cannot be read.") % words
                yield _line(None, known, Found(ComparisonResult.NOT_PAID, detail))

    def _of_person(self, rows: list[reading.OldRow], known: Known | None) -> Iterator[ParallelLine]:
        """The lines of the compared row and of further rows of the same person."""
        main = next((row for row in rows if known and row.amount == known.ours.gross), rows[0])
        yield _line(main, known, self._explained(main, known))
        for row in rows:
            if row is not main:
                found = differences.doubled(row.amount, known.ours if known else None, main.row)
                yield _line(row, known, found, further=True)

    def _explained(self, row: reading.OldRow, known: Known | None) -> Found:
        if known is None:
            return Found(ComparisonResult.NO_RECORD, self._no_record(row))
        found = differences.explain(row.amount, known.ours)
        if row.name in (known.name, known.member.name):
            return found
        words = {"detail": found.detail, "name": known.name}
        if found.kind == ComparisonResult.AGREES:
            return Found(ComparisonResult.NAME, _("The person with this ID number is called %(name)s here.") % words)
        return found._replace(detail=_("%(detail)s The name here is %(name)s.") % words)

    def _no_record(self, row: reading.OldRow) -> str:
        area = self.among[0].name if len(self.among) == 1 else settings.CITY_NAME
        text = _("Nobody is registered with this ID number in %(area)s.") % {"area": area}
        if named := self.named.get(row.name):
            where = _(", ").join(member.community.name for member in named)
            words = {"text": text, "name": row.name, "where": where}
            text = _("%(text)s %(name)s (%(where)s) is registered with another: compare the identity card.") % words
        return text


def _line(row: reading.OldRow | None, known: Known | None, found: Found, *, further: bool = False) -> ParallelLine:
    assert row or known
    return ParallelLine(
        sheet=row.sheet if row else "",
        number=row.number if row else None,
        kind=found.kind,
        name=row.name if row else known.name,  # type: ignore[union-attr]
        id_number=known.id_number if known else row.id_number,  # type: ignore[union-attr]
        member=known.member if known else None,
        community=known.community if known else None,
        old=row.amount if row else NOTHING,
        ours=known.ours.gross if known and not further else NOTHING,
        detail=found.detail,
    )


@transaction.atomic
def remove(run: ParallelRun, *, actor: User | None) -> None:
    """Delete the run with its lines; put in the audit log."""
    audit.record(Act.DELETE, versions.named(run), user=actor)
    run.delete()
