"""Computing a month: the sheet of each person, and the content of each line."""

from collections.abc import Collection
from decimal import Decimal

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.encryption import Unreadable
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.yuan import YuanSum
from registry.models import Act, Community, Subdistrict, User
from registry.records import audit, locks
from subsidies.models import Settlement, Sheet, SheetEvent, SheetLine, Standard, State, Step
from subsidies.month import closing, differences
from subsidies.month.computation import compute
from subsidies.month.heads import PAID
from subsidies.month.workflow import SHEETS

BATCH = 1_000
# The fields that a recomputation updates.
COMPUTED = [
    "updated_at", "computed_at", "sheet", "ordinal", "community", "group", "position", "outcome", "deemed_start",
    "full_years", "rate", "increment", "gross", "adjustment", "net", "name", "id_number", "bank", "account", "facts",
    "digest",
]  # fmt: skip


@transaction.atomic
def prepare(month: Month, subdistricts: Collection[Subdistrict], *, actor: User | None = None) -> list[Sheet]:
    """Compute the month's sheets, or compute drafts again, all or none. Raises Refused.

    A person belongs to the sheet of the community of the paid position, else of the first appointment in office by
    rule 3's order; a person with a line on a sheet past draft keeps that line.
    """
    locks.hold(locks.WRITERS)  # a roster imported concurrently counts for the month whole or not at all
    standard = _standard(month)
    now = clock.now()
    for subdistrict in subdistricts:
        Sheet.objects.get_or_create(
            subdistrict=subdistrict, month=month.first_day, defaults={"standard": standard, "computed_at": now}
        )
    # All sheets of the month are locked: a person may move from one to another.
    locked = Sheet.objects.of(month).select_related("subdistrict").select_for_update(of=("self",))
    sheets = {sheet.subdistrict_id: sheet for sheet in locked}
    wanted = [sheets[subdistrict.pk] for subdistrict in subdistricts]
    if past := [sheet for sheet in wanted if not sheet.is_draft]:
        names = _(", ").join(
            _("%(sheet)s (%(state)s)") % {"sheet": sheet, "state": sheet.get_state_display()} for sheet in past
        )
        raise Refused(_("Past draft, and so not recalculated: %(sheets)s.") % {"sheets": names})
    # Each seal covers that of the month before.
    later = Sheet.objects.filter(month__gt=month.first_day, subdistrict__in=[each.subdistrict_id for each in wanted])
    if after := later.exclude(state=State.DRAFT).order_by("month").first():
        words = {"sheet": after, "state": after.get_state_display(), "month": month.in_words}
        raise Refused(_("%(sheet)s is %(state)s: %(month)s can no longer be computed before it.") % words)

    computed = compute(month, standard, wanted, now)
    # Unchanged lines keep their stored content, so that their communities' confirmations stay valid.
    on_drafts = SheetLine.objects.filter(month=month.first_day, sheet__state=State.DRAFT)
    differences.between(on_drafts, computed, standard.rules())
    _store(month, computed.lines)
    stale = SheetLine.objects.filter(sheet__in=wanted).exclude(computed_at=now)
    moved = [
        (line.sheet_id, f"{line.name} ({computed.elsewhere[line.member_id]})")
        for line in stale
        if line.member_id in computed.elsewhere
    ]
    stale.delete()
    Settlement.objects.filter(line__sheet__in=wanted).delete()
    Settlement.objects.bulk_create(computed.settlements, BATCH)
    for sheet in wanted:
        sheet.standard, sheet.computed_at = standard, now
        sheet.moved = tuple(words for key, words in moved if key == sheet.pk)
    # A line that came from another draft has changed that one's totals too.
    drafts = [sheet for sheet in sheets.values() if sheet.is_draft]
    _total(drafts)
    for sheet in wanted:
        totals = {"lines": sheet.lines.count(), "net": str(sheet.net)}
        name = closing.subject(sheet)
        audit.record(Act.PREPARE, name, user=actor, sheet=sheet.pk, **totals)
        SHEETS.record(Step.PREPARE, sheet, sheet.state, actor=actor, at=now)
    return wanted


def _store(month: Month, lines: list[SheetLine]) -> None:
    """Add the lines, or update existing ones. Raises Refused."""
    row_keys = dict(SheetLine.objects.filter(month=month.first_day).values_list("member", "row_key"))
    for line in lines:
        line.row_key = row_keys.get(line.member_id, line.row_key)  # a line that is there keeps its key
    try:
        SheetLine.objects.bulk_create(
            lines, BATCH, update_conflicts=True, unique_fields=["member", "month"], update_fields=COMPUTED
        )
    except Unreadable as error:  # of a person's record
        raise Refused(str(error)) from error


def _standard(month: Month) -> Standard:
    standard = Standard.objects.in_force(month).prefetch_related("rates").first()
    if standard is None:
        raise Refused(_("No Standard is in force in %(month)s.") % {"month": month.in_words})
    return standard


@transaction.atomic
def prepare_lines(
    *, sheet: Sheet, community: Community, actor: User
) -> list[SheetLine]:  # fmt: skip
    """Compute one community's lines of a draft again; the other communities' lines stay unchanged.

    Returns the lines that stay unchanged because their people move between this community and another, which only a
    computation of the whole sheet can do. Raises Refused.
    """
    locks.hold(locks.WRITERS)
    month, now = Month.of(sheet.month), clock.now()
    locked = Sheet.objects.of(month).select_related("subdistrict", "standard").select_for_update(of=("self",))
    sheet = next(each for each in locked if each.pk == sheet.pk)
    if not actor.has_perm("subsidies.prepare_lines", community):
        raise Refused(_("Your post does not include computing lines of %(area)s.") % {"area": community})
    if community.subdistrict_id != sheet.subdistrict_id:
        raise Refused(_("%(area)s has no lines on this sheet.") % {"area": community})
    if not sheet.is_draft:
        raise Refused(_("Past draft, and so not recalculated: %(sheets)s.") % {"sheets": sheet})
    standard = _standard(month)
    if standard != sheet.standard:
        raise Refused(_("Another Standard is in force now: the clerk computes the whole sheet again."))
    computed = compute(month, standard, [sheet], now)
    differences.between(SheetLine.objects.filter(sheet=sheet), computed, standard.rules())

    of_month = SheetLine.objects.filter(month=month.first_day)
    stored = dict(of_month.values_list("member", "community"))
    own = [line for line in computed.lines if {line.community_id, stored.get(line.member_id)} <= {community.pk, None}]
    _store(month, own)
    Settlement.objects.filter(line__sheet=sheet, line__member__in=[line.member_id for line in own]).delete()
    Settlement.objects.bulk_create([row for row in computed.settlements if row.line in own], BATCH)
    of_community = of_month.filter(sheet=sheet, community=community)
    elsewhere = {line.member_id for line in computed.lines if line.community_id != community.pk} | {*computed.elsewhere}
    of_community.exclude(computed_at=now).exclude(member__in=elsewhere).delete()
    _number(sheet)
    _total([sheet])
    audit.record(
        Act.PREPARE, closing.subject(sheet), user=actor, sheet=sheet.pk,
        community=community.name, lines=len(own), net=str(sum(line.net for line in own)),
    )  # fmt: skip
    SheetEvent.objects.create(
        sheet=sheet, step=Step.PREPARE, from_state=sheet.state, to_state=sheet.state, by=actor, at=now,
        comment=community.name,
    )  # fmt: skip
    coming = [line for line in computed.lines if line.community_id == community.pk and line not in own]
    return [*of_community.filter(member__in=elsewhere), *coming]


def _number(sheet: Sheet) -> None:
    """Renumber the sheet's lines by community, each in its present order."""
    moved = []
    for place, line in enumerate(sheet.lines.only("ordinal").order_by("community__code", "ordinal", "pk"), 1):
        if line.ordinal != place:
            line.ordinal = place
            moved.append(line)
    SheetLine.objects.bulk_update(moved, ["ordinal"], BATCH)


def moved_words(sheet: Sheet) -> str:
    """In words, the people who left the sheet; empty when there are none."""
    if not sheet.moved:
        return ""
    return _(
        "No longer on %(sheet)s: %(people)s. They belong to the other subdistrict's sheet: it has to be computed too; "
        "if it is past draft, inform its clerk."
    ) % {"sheet": sheet, "people": ", ".join(sheet.moved)}


def forget(members: set[int]) -> None:
    """Delete people from all drafts because they are no longer on the register."""
    lines = SheetLine.objects.filter(sheet__state=State.DRAFT).values_list("pk", "member", "sheet")
    gone = [(key, sheet) for key, member, sheet in lines if member in members]
    for place in range(0, len(gone), BATCH):
        SheetLine.objects.filter(pk__in=[key for key, _sheet in gone[place : place + BATCH]]).delete()
    _total(list(Sheet.objects.filter(pk__in={sheet for _key, sheet in gone}).select_for_update()))


def _total(sheets: list[Sheet]) -> None:
    totals = SheetLine.objects.filter(sheet__in=sheets).values("sheet").annotate(
        people=Count("pk", filter=PAID),
        gross=YuanSum("gross"),
        adjustment=YuanSum("adjustment"),
        net=YuanSum("net"),
    )  # fmt: skip
    by_sheet: dict[int, dict] = {row["sheet"]: dict(row) for row in totals}
    for sheet in sheets:
        row = by_sheet.get(sheet.pk, {})
        sheet.people = row.get("people", 0)
        for amount in ("gross", "adjustment", "net"):
            setattr(sheet, amount, row.get(amount, Decimal(0)))
        sheet.save()
