"""To-do lines of the month: sheets to compute, confirm, submit, endorse and approve, and those that wait for others."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.shown import exact
from jygroups.lib.yuan import YuanSum
from registry.models import Subdistrict, User
from registry.records.todo import Line, Urgency, source
from subsidies.models import Deadlines, Sheet, SheetLine, State, Step
from subsidies.month import approval_flow
from subsidies.month.approval_flow import ApprovalFlow, Rights
from subsidies.month.freshness import changed_people
from subsidies.month.heads import PAID

STEPS = (Step.SUBMIT, Step.ENDORSE, Step.APPROVE)  # steps that a user takes on the whole sheet


@source(10, needs="subsidies.view_sheet")
def lines(user: User, today: date) -> list[Line]:
    """What the user or others have to do for the month and for the oldest open month."""
    month = Month.of(today)
    areas = list(Subdistrict.objects.visible_to(user))
    sheets = _open_sheets(user, month)
    flows = approval_flow.of(sheets)
    rights = Rights(user)
    changed = changed_people(user, sheets)
    own = _own_totals(user, rights, flows)
    this_month = {sheet.subdistrict_id for sheet in Sheet.objects.visible_to(user).of(month)}
    late = _days_late(month)
    found = [_uncomputed(area, month, rights, late) for area in areas if area.pk not in this_month]
    for sheet in sheets:
        found += _of(flows[sheet.pk], rights, changed[sheet.pk], own)
    return found


def _open_sheets(user: User, month: Month) -> list[Sheet]:
    """For each subdistrict the month's sheet and the oldest one, if they are not approved yet."""
    open_states = [State.DRAFT, State.SUBMITTED, State.ENDORSED]
    rows = Sheet.objects.visible_to(user).filter(state__in=open_states).select_related("subdistrict", "standard")
    found: dict[int, list[Sheet]] = {}
    for sheet in rows.order_by("subdistrict__code", "month"):
        of_area = found.setdefault(sheet.subdistrict_id, [])
        if not of_area or sheet.month == month.first_day:
            of_area.append(sheet)
    return [sheet for of_area in found.values() for sheet in of_area]


def _own_totals(user: User, rights: Rights, flows: dict[int, ApprovalFlow]) -> dict[tuple[int, int], dict]:
    """By sheet and community: name, code, people and yuan of the communities the user has to confirm; one query.

    A user who may compute whole subdistricts confirms beside the lines and gets none here.
    """
    if rights.reach[Step.PREPARE].subdistricts:
        return {}
    rows = SheetLine.objects.visible_to(user).filter(sheet__in=flows, community__in=rights.confirms).order_by()
    totals = rows.values("sheet", "community", "community__name", "community__code").annotate(
        people=Count("pk", filter=PAID), net=YuanSum("net")
    )
    return {(row["sheet"], row["community"]): dict(row) for row in totals}


def _late(text: str, late: int) -> str:
    """The text with the number of days by which it is late."""
    if not late:
        return text
    words = ngettext("%(line)s (%(days)s day late)", "%(line)s (%(days)s days late)", late)
    return words % {"line": text, "days": late}


def _words(sheet: Sheet) -> dict:
    return {"area": sheet.subdistrict.name, "month": date_format(sheet.month, "YEAR_MONTH_FORMAT")}


def _days_late(month: Month) -> int:
    """By how many days a month without a computed sheet is late, by the deadline of the confirmation."""
    due = Deadlines.objects.of([month])[month].on(Step.CONFIRM, month)
    return max(0, (clock.today() - due).days) if due else 0


def _uncomputed(area: Subdistrict, month: Month, rights: Rights, late: int) -> Line:
    computes = rights.reach[Step.PREPARE].covers(area.pk)
    words = {"area": area.name, "month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}
    text = _("%(area)s, %(month)s: the stipends are not computed yet") % words
    urgency = Urgency.YOU if computes else Urgency.OTHERS
    return Line(urgency, _late(text, late), reverse("months"), _("Compute") if computes else _("See"))


def _of(flow: ApprovalFlow, rights: Rights, changed: int, own: dict) -> Iterator[Line]:
    sheet, words = flow.sheet, _words(flow.sheet)
    computes = rights.may(Step.PREPARE, sheet)
    if computes and flow.returned:
        words |= {"who": flow.returned.by, "comment": flow.returned.comment}
        text = _("%(area)s, %(month)s: returned by %(who)s: “%(comment)s”") % words
        yield Line(Urgency.WRONG, text, sheet.get_absolute_url(), _("Correct it"))
    if changed:
        yield _changed(sheet, words, changed, computes=computes or bool(rights.computes & flow.communities.keys()))
    mine = [own[sheet.pk, key] for key in rights.to_confirm(flow) if (sheet.pk, key) in own]
    for row in [] if changed else mine:
        yield _to_confirm(flow, words, row)
    # The draft has to be computed again first, or nobody is on it.
    if mine or (changed and computes) or not flow.confirmations:
        return
    step = flow.awaited
    if step in STEPS and rights.may(step, sheet) and not flow.unposted:
        yield _yours(step, flow, words)
    elif waits := flow.waits_for:
        text = _("%(area)s, %(month)s: waiting for %(whom)s") % {**words, "whom": waits}
        yield Line(Urgency.OTHERS, _late(text, flow.late), sheet.get_absolute_url(), _("See"))


def _changed(sheet: Sheet, words: dict, count: int, *, computes: bool) -> Line:
    text = ngettext(
        "%(area)s, %(month)s: the records of %(count)s person were changed after the draft was computed",
        "%(area)s, %(month)s: the records of %(count)s people were changed after the draft was computed",
        count,
    )
    act = _("Recalculate") if computes else _("See")
    urgency = Urgency.YOU if computes else Urgency.OTHERS
    return Line(urgency, text % {**words, "count": count}, sheet.get_absolute_url(), act)


def _to_confirm(flow: ApprovalFlow, words: dict, row: dict) -> Line:
    words |= {"community": row["community__name"], "people": row["people"], "net": exact(row["net"])}
    text = ngettext(
        "%(community)s, %(month)s: the list waits for confirmation: %(people)s person, %(net)s yuan",
        "%(community)s, %(month)s: the list waits for confirmation: %(people)s people, %(net)s yuan",
        row["people"],
    )
    url = reverse("community-confirm", args=[Month.of(flow.sheet.month), row["community__code"]])
    return Line(Urgency.YOU, _late(text % words, flow.late), url, _("Confirm"))


def _yours(step: Step, flow: ApprovalFlow, words: dict) -> Line:
    sheet = flow.sheet
    words |= {"people": sheet.people, "net": exact(sheet.net)}
    text = {
        Step.SUBMIT: _("%(area)s, %(month)s: all have confirmed, to be submitted: %(people)s people, %(net)s yuan"),
        Step.ENDORSE: _("%(area)s, %(month)s: to be endorsed: %(people)s people, %(net)s yuan"),
        Step.APPROVE: _("%(area)s, %(month)s: to be approved: %(people)s people, %(net)s yuan"),
    }[step]
    act = {Step.SUBMIT: _("Submit"), Step.ENDORSE: _("Review"), Step.APPROVE: _("Review")}[step]
    return Line(Urgency.YOU, _late(text % words, flow.late), sheet.get_absolute_url(), act)
