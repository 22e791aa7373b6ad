"""What the month asks for: sheets to compute, confirm, submit, endorse and approve, and what waits for others."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.months import Month
from jygroups.lib.yuan import YuanSum
from registry.models import Subdistrict, User
from registry.records.todo import Line, Urgency, source
from subsidies.corrections import todo as decisions
from subsidies.explanations.decisions import money
from subsidies.models import Deadlines, Sheet, SheetLine, State, Step
from subsidies.month import approval_flow as way
from subsidies.month.approval_flow import Rights, Way
from subsidies.month.freshness import changed_people
from subsidies.month.heads import PAID

STEPS = (Step.SUBMIT, Step.ENDORSE, Step.APPROVE)  # which are somebody's to take


@source(10, needs="subsidies.view_sheet")
def lines(user: User, today: date) -> list[Line]:
    """What is to be done about the month and about the oldest one still open, for the user or by others."""
    month = Month.of(today)
    areas = list(Subdistrict.objects.visible_to(user))
    sheets = _open_sheets(user, month)
    ways = way.of(sheets)
    rights = Rights(user)
    changed = changed_people(user, sheets)
    own = _own_totals(user, rights, ways)
    this_month = {sheet.subdistrict_id for sheet in Sheet.objects.visible_to(user).of(month)}
    late = _days_late(month)
    found = [_uncomputed(area, month, rights, late) for area in areas if area.pk not in this_month]
    for sheet in sheets:
        found += _of(ways[sheet.pk], rights, changed[sheet.pk], own)
    found += decisions.lines(user)
    # What the reader has to do comes before what others have.
    return sorted(found, key=lambda line: line.urgency is Urgency.OTHERS)


def _open_sheets(user: User, month: Month) -> list[Sheet]:
    """Of each subdistrict: the month's sheet and the oldest, as far as they are on their way to approval."""
    open_states = [State.DRAFT, State.SUBMITTED, State.ENDORSED]
    rows = Sheet.objects.visible_to(user).filter(state__in=open_states).select_related("subdistrict", "standard")
    found: dict[int, list[Sheet]] = {}
    for sheet in rows.order_by("subdistrict__code", "month"):
        of_area = found.setdefault(sheet.subdistrict_id, [])
        if not of_area or sheet.month == month.first_day:
            of_area.append(sheet)
    return [sheet for of_area in found.values() for sheet in of_area]


def _own_totals(user: User, rights: Rights, ways: dict[int, Way]) -> dict[tuple[int, int], dict]:
    """By sheet and community: name, code, people and yuan of the communities the user has to confirm; one query.

    Who may confirm a whole subdistrict's does so beside its lines, and is not asked here.
    """
    if rights.reach[Step.PREPARE].subdistricts:
        return {}
    rows = SheetLine.objects.visible_to(user).filter(sheet__in=ways, community__in=rights.confirms).order_by()
    totals = rows.values("sheet", "community", "community__name", "community__code").annotate(
        people=Count("pk", filter=PAID), net=YuanSum("net")
    )
    return {(row["sheet"], row["community"]): dict(row) for row in totals}


def _late(text: str, late: int) -> str:
    """The line, with by how many days it is late."""
    if not late:
        return text
    words = ngettext("%(line)s (%(days)s day late)", "%(line)s (%(days)s days late)", late)
    return words % {"line": text, "days": late}


def _words(sheet: Sheet) -> dict:
    return {"area": sheet.subdistrict.name, "month": date_format(sheet.month, "YEAR_MONTH_FORMAT")}


def _days_late(month: Month) -> int:
    """By how many days a month that is not even computed is late: its communities should have confirmed."""
    due = Deadlines.objects.of([month])[month].on(Step.CONFIRM, month)
    return max(0, (timezone.localdate() - due).days) if due else 0


def _uncomputed(area: Subdistrict, month: Month, rights: Rights, late: int) -> Line:
    computes = rights.reach[Step.PREPARE].covers(area.pk)
    words = {"area": area.name, "month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}
    text = _("%(area)s, %(month)s: the stipends are not computed yet") % words
    urgency = Urgency.YOU if computes else Urgency.OTHERS
    return Line(urgency, _late(text, late), reverse("months"), _("Compute") if computes else _("See"))


def _of(its_way: Way, rights: Rights, changed: int, own: dict) -> Iterator[Line]:
    sheet, words = its_way.sheet, _words(its_way.sheet)
    computes = rights.may(Step.PREPARE, sheet)
    if computes and its_way.returned:
        words |= {"who": its_way.returned.by, "comment": its_way.returned.comment}
        text = _("%(area)s, %(month)s: returned by %(who)s: “%(comment)s”") % words
        yield Line(Urgency.WRONG, text, sheet.get_absolute_url(), _("Correct it"))
    if changed:
        yield _changed(sheet, words, changed, computes=computes or bool(rights.computes & its_way.communities.keys()))
    mine = [own[sheet.pk, key] for key in rights.to_confirm(its_way) if (sheet.pk, key) in own]
    for row in [] if changed else mine:
        yield _to_confirm(its_way, words, row)
    # The draft is computed again before anything else, or nobody is on it.
    if mine or (changed and computes) or not its_way.confirmations:
        return
    step = its_way.awaited
    if step in STEPS and rights.may(step, sheet) and not its_way.unposted:
        yield _yours(step, its_way, words)
    elif waits := its_way.waits_for:
        text = _("%(area)s, %(month)s: waiting for %(whom)s") % {**words, "whom": waits}
        yield Line(Urgency.OTHERS, _late(text, its_way.late), sheet.get_absolute_url(), _("See"))


def _changed(sheet: Sheet, words: dict, count: int, *, computes: bool) -> Line:
    text = ngettext(
        "%(area)s, %(month)s: the records of %(count)s person were changed after the draft was computed",
        "%(area)s, %(month)s: the records of %(count)s people were changed after the draft was computed",
        count,
    )
    act = _("Recalculate") if computes else _("See")
    urgency = Urgency.YOU if computes else Urgency.OTHERS
    return Line(urgency, text % {**words, "count": count}, sheet.get_absolute_url(), act)


def _to_confirm(its_way: Way, words: dict, row: dict) -> Line:
    words |= {"community": row["community__name"], "people": row["people"], "net": money(row["net"])}
    text = ngettext(
        "%(community)s, %(month)s: the list waits for confirmation: %(people)s person, %(net)s yuan",
        "%(community)s, %(month)s: the list waits for confirmation: %(people)s people, %(net)s yuan",
        row["people"],
    )
    url = reverse("community-confirm", args=[Month.of(its_way.sheet.month), row["community__code"]])
    return Line(Urgency.YOU, _late(text % words, its_way.late), url, _("Confirm"))


def _yours(step: Step, its_way: Way, words: dict) -> Line:
    sheet = its_way.sheet
    words |= {"people": sheet.people, "net": money(sheet.net)}
    text = {
        Step.SUBMIT: _("%(area)s, %(month)s: all have confirmed, to be submitted: %(people)s people, %(net)s yuan"),
        Step.ENDORSE: _("%(area)s, %(month)s: to be endorsed: %(people)s people, %(net)s yuan"),
        Step.APPROVE: _("%(area)s, %(month)s: to be approved: %(people)s people, %(net)s yuan"),
    }[step]
    act = {Step.SUBMIT: _("Submit"), Step.ENDORSE: _("Review"), Step.APPROVE: _("Review")}[step]
    return Line(Urgency.YOU, _late(text % words, its_way.late), sheet.get_absolute_url(), act)
