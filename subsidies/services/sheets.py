"""Computing a month: who belongs to which sheet, and what each line says."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib import progress
from jygroups.lib.months import Month
from registry.models import Act, Position, Subdistrict, User
from registry.services import audit, locks
from subsidies import engine, facts
from subsidies.models import Outcome, Sheet, SheetLine, Standard, State

BATCH = 1_000
# What a recomputation brings up to date.
COMPUTED = [
    "updated_at", "computed_at", "sheet", "ordinal", "community", "group", "position", "outcome", "deemed_start",
    "full_years", "rate", "increment", "gross", "adjustment", "net", "name", "id_number", "bank", "account", "facts",
]  # fmt: skip


class Refused(Exception):
    """What was asked cannot be done now; the message says why and what to do."""


@transaction.atomic
def prepare(
    month: Month, subdistricts: Iterable[Subdistrict], *, actor: User | None = None, address: str | None = None
) -> list[Sheet]:
    """Compute the month's sheets, or compute drafts anew. All of them, or none: raises Refused.

    A person belongs to the sheet of the community of the paid position, else of the first appointment in office by
    rule 3's order; one whose line stands on a sheet past draft keeps it there.
    """
    locks.hold(locks.WRITERS)  # a roster that is loaded meanwhile is in the month whole or not at all
    standard = Standard.objects.in_force(month).prefetch_related("rates").first()
    if standard is None:
        raise Refused(_("No Standard is in force in %(month)s.") % {"month": month})
    now = timezone.now()
    for subdistrict in subdistricts:
        Sheet.objects.get_or_create(
            subdistrict=subdistrict, month=month.first_day, defaults={"standard": standard, "computed_at": now}
        )
    # All sheets of the month are locked: a person may move from one to another.
    sheets = {sheet.subdistrict_id: sheet for sheet in Sheet.objects.of(month).select_for_update()}
    wanted = [sheets[subdistrict.pk] for subdistrict in subdistricts]
    if past := [sheet for sheet in wanted if not sheet.is_draft]:
        names = ", ".join(f"{sheet} ({sheet.get_state_display()})" for sheet in past)
        raise Refused(_("Past draft, and so not computed anew: %(sheets)s.") % {"sheets": names})

    lines, elsewhere = _lines(month, standard, {sheet.subdistrict_id: sheet for sheet in wanted}, now)
    SheetLine.objects.bulk_create(
        lines, BATCH, update_conflicts=True, unique_fields=["member", "month"], update_fields=COMPUTED
    )
    stale = SheetLine.objects.filter(sheet__in=wanted).exclude(computed_at=now)
    moved = [
        (line.sheet_id, f"{line.name} ({elsewhere[line.member_id]})") for line in stale if line.member_id in elsewhere
    ]
    stale.delete()
    for sheet in wanted:
        sheet.standard, sheet.computed_at = standard, now
        sheet.moved = tuple(words for key, words in moved if key == sheet.pk)
    # A line that came from another draft has changed that one's totals too.
    drafts = [sheet for sheet in sheets.values() if sheet.is_draft]
    _total(drafts)
    for sheet in wanted:
        totals = {"lines": sheet.lines.count(), "net": str(sheet.net)}
        audit.record(Act.PREPARE, str(sheet), user=actor, address=address, **totals)
    return wanted


def _lines(month: Month, standard: Standard, sheets: dict[int, Sheet], now) -> tuple[list[SheetLine], dict[int, str]]:
    """The lines of these sheets in their order, each with the facts it was decided from.

    And the people who belong to other sheets: the name of their subdistrict by their key.
    """
    rules = standard.rules()
    closed = set(
        SheetLine.objects.filter(month=month.first_day)
        .exclude(sheet__state=State.DRAFT)
        .values_list("member", flat=True)
    )
    found: dict[int, list[tuple[tuple, SheetLine]]] = defaultdict(list)
    elsewhere: dict[int, str] = {}
    for count, person in enumerate(facts.people_in_office(rules.reference_date(month.first_day)), 1):
        progress.report(count)
        decision = engine.decide(person.life, month.first_day, rules)
        assert decision.home is not None  # everyone here is in office
        home = person.appointments[decision.home]
        subdistrict = home.committee.community.subdistrict
        sheet = sheets.get(subdistrict.pk)
        if sheet is None:
            elsewhere[person.member.pk] = subdistrict.name
        if sheet is None or person.member.pk in closed:
            continue
        found[sheet.pk].append((_place(person, home), _line(sheet, person, decision, home, now)))
    lines: list[SheetLine] = []
    for placed in found.values():
        for ordinal, (_place_on_sheet, line) in enumerate(sorted(placed, key=lambda pair: pair[0]), 1):
            line.ordinal = ordinal
            lines.append(line)
    return lines, elsewhere


def moved_words(sheet: Sheet) -> str:
    """What a user is told of the people who are on the sheet no more; empty when there are none."""
    if not sheet.moved:
        return ""
    return _(
        "No longer on %(sheet)s: %(people)s. They belong to the other subdistrict's sheet: it has to be computed too; "
        "if it is past draft, tell its clerk."
    ) % {"sheet": sheet, "people": ", ".join(sheet.moved)}


def _place(person: facts.Person, home) -> tuple:
    """Community code, committee before groups, group order, position rank, name in pinyin."""
    return (
        home.committee.community.code,
        home.group.ordinal if home.group else 0,
        Position(home.position).rank,
        person.member.pinyin,
        person.member.name,
        person.member.id_number,
    )


def _line(sheet: Sheet, person: facts.Person, decision: engine.Decision, home, now) -> SheetLine:
    member, paid = person.member, decision.paid
    return SheetLine(
        sheet=sheet,
        month=sheet.month,
        member=member,
        computed_at=now,
        community=home.committee.community,
        group=home.group,
        position=paid.position if paid else "",
        outcome=Outcome(decision.outcome),
        deemed_start=decision.deemed_start,
        full_years=decision.full_years if paid else None,
        rate=decision.rate,
        increment=decision.increment if paid else None,
        gross=decision.amount,
        net=decision.amount,
        name=member.name,
        id_number=member.id_number,
        bank=member.bank,
        account=member.account,
        facts={"life": person.life.to_data(), "bodies": person.bodies()},
    )


def _total(sheets: list[Sheet]) -> None:
    totals = SheetLine.objects.filter(sheet__in=sheets).values("sheet").annotate(
        people=Count("pk", filter=Q(outcome=Outcome.PAID)),
        gross=Sum("gross"),
        adjustment=Sum("adjustment"),
        net=Sum("net"),
    )  # fmt: skip
    by_sheet: dict[int, dict] = {row["sheet"]: dict(row) for row in totals}
    for sheet in sheets:
        row = by_sheet.get(sheet.pk, {})
        sheet.people = row.get("people", 0)
        for amount in ("gross", "adjustment", "net"):
            setattr(sheet, amount, row.get(amount, Decimal(0)))
        sheet.save()
