"""What every page of a sheet shows: the lines visible to the user, the approval flow, the next act, and the tabs."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry.models import Community, User
from registry.records.todo import Line, Urgency
from subsidies.models import Settlement, Sheet, SheetEvent, SheetLine, State, Step
from subsidies.month import approval_flow, certificates, changes, checks, heads, payment_history, review
from subsidies.month.freshness import changed_people
from subsidies.month.newcomers import offices as offices_of_newcomers
from subsidies.month.visible_totals import VisibleTotals, visible_totals

# The steps offered as buttons, in this order; the first that the user may take is the next act.
OFFERED = (Step.SUBMIT, Step.ENDORSE, Step.APPROVE, Step.RETURN)

# Of an approved sheet, what finance does next with its money: packages above this one add theirs.
PAYMENT_ACTS: list[Callable[[Sheet], Iterable[Line]]] = []


def find(user: User, month: Month, code: str) -> Sheet:
    """The sheet; 404 if the user may not see it."""
    visible = Sheet.objects.visible_to(user).of(month).select_related("subdistrict", "standard")
    return get_object_or_404(visible.prefetch_related("standard__rates"), subdistrict__code=code)


def find_permitted(user: User, month: Month, code: str, permission: str) -> Sheet:
    """The sheet, for an act on the whole sheet: 403 for a user who may only see it."""
    sheet = find(user, month, code)
    if not user.has_perm(permission, sheet):
        raise PermissionDenied
    return sheet


def page(
    request,
    sheet: Sheet,
    tab: str,
    template: str,
    *,
    compared: changes.Changes | None = None,
    odd: list[review.Odd] | None = None,
    **context,
):
    """One tab of the sheet's page. A tab that has already computed `compared` or `odd` passes it on."""
    user = request.user
    [of_sheet] = visible_totals(user, [sheet])
    flow = approval_flow.of([sheet])[sheet.pk]
    flow.reopened = of_sheet.reopened
    rights = approval_flow.Rights(user)
    changed = changed_people(user, [sheet])[sheet.pk]
    blocking = _blocking(user, sheet)
    to_confirm = rights.to_confirm(flow)
    open_steps = [step for step in OFFERED if rights.may(step, sheet)]
    waits = bool(flow.missing or blocking or changed)
    own_to_fix = waits and Step.SUBMIT in open_steps and not flow.missing
    if waits and Step.SUBMIT in open_steps:
        open_steps.remove(Step.SUBMIT)
    if flow.unposted and Step.APPROVE in open_steps:
        open_steps.remove(Step.APPROVE)
    events = review.events(SheetEvent.objects.visible_to(user).filter(sheet=sheet), user, whole=of_sheet.whole)
    if of_sheet.whole and user.has_perm("subsidies.view_payment"):
        events = sorted([*events, *payment_history.of_sheet(sheet)], key=lambda each: each.at)
    counted = heads.counted(lines_of(user, sheet))
    lines = certificates.lines_of(sheet) if of_sheet.whole and not sheet.is_draft else []
    context |= {
        "sheet": sheet,
        "month": Month.of(sheet.month),
        "visible": of_sheet,
        "flow": flow,
        "flow_steps": flow.steps,
        "waiting_for": flow.waits_for,
        "acts": _payment_acts(rights, of_sheet),
        "steps": [(step, reverse(f"sheet-{step}", args=[Month.of(sheet.month), sheet.subdistrict.code])) for step in
                  open_steps],
        "to_confirm_keys": to_confirm,
        # A user who sees a part of the sheet confirms it here; the clerk confirms for others beside their lines.
        "own_to_confirm": [] if of_sheet.whole or changed else [flow.communities[key] for key in to_confirm],
        "may_compute": rights.may(Step.PREPARE, sheet),
        "own_to_compute": _own_to_compute(rights, sheet) if changed else [],
        "may_export": user.has_perm("subsidies.export_sheet", sheet),
        "changed": changed,
        "blocking": blocking,
        "own_to_fix": own_to_fix,  # the reader submits it once what stands in the way is corrected
        "returned": flow.returned if of_sheet.whole else None,
        "certificate": certificates.of(sheet, lines),
        "altered": certificates.altered_in_words(sheet, lines),
        "tab": tab,
        "heads": counted,
        "tabs": _tabs(user, sheet, tab, compared, odd, counted, len(events)),
        "events": events,
        "compared": compared,
        "odd": odd,
    }  # fmt: skip
    return render(request, template, context)


def _payment_acts(rights: approval_flow.Rights, of_sheet: VisibleTotals) -> list[Line]:
    """The next acts on an approved sheet's money: the user's own, or links to the payment for other users."""
    sheet = of_sheet.sheet
    is_open = sheet.state == State.APPROVED or of_sheet.reopened
    if not is_open or not of_sheet.whole or not rights.user.has_perm("subsidies.view_payment"):
        return []
    acts = [act for of_package in PAYMENT_ACTS for act in of_package(sheet)]
    if rights.reach[Step.SETTLE].covers(sheet.subdistrict_id):
        return acts
    page = reverse("payment", args=[Month.of(sheet.month), sheet.subdistrict.code])
    return [replace(act, urgency=Urgency.OTHERS, url=page, act=_("See")) for act in acts]


def _own_to_compute(rights: approval_flow.Rights, sheet: Sheet) -> list[Community]:
    """The communities whose lines the user may compute, if the user may not compute the whole sheet."""
    if not sheet.is_draft or rights.may(Step.PREPARE, sheet):
        return []
    return list(Community.objects.filter(pk__in=rights.computes, subdistrict=sheet.subdistrict_id))


def lines_of(user: User, sheet: Sheet):
    """The lines of the sheet that the user sees."""
    return SheetLine.objects.visible_to(user).filter(sheet=sheet)


def _tabs(
    user: User,
    sheet: Sheet,
    tab: str,
    found: changes.Changes | None,
    odd: list[review.Odd] | None,
    counted: heads.Heads,
    steps: int,
) -> list[tuple]:
    """The address, the label with its count, and whether it is this page, for each tab."""
    lines = lines_of(user, sheet)
    found = found or changes.against_previous(sheet, user)
    odd = review.unusual(sheet, lines, found, whole=True) if odd is None else odd
    settlements = Settlement.objects.filter(line__in=lines)
    newcomers = offices_of_newcomers(sheet).visible_to(user).values("member").distinct().count()
    labels = [
        ("sheet", _("By community")),
        ("sheet-changes", _("Changes (%(count)s)") % {"count": len(found.changes)}),
        ("sheet-unpaid", _("Not paid (%(count)s)") % {"count": counted.unpaid + newcomers}),
        ("sheet-settlements", _("Settlements (%(count)s)") % {"count": settlements.count()}),
        ("sheet-unusual", _("Out of the ordinary (%(count)s)") % {"count": sum(len(each.lines) for each in odd)}),
        ("sheet-events", _("Approval flow (%(count)s)") % {"count": steps}),
    ]
    args = [Month.of(sheet.month), sheet.subdistrict.code]
    return [(reverse(name, args=args), label, name == tab) for name, label in labels]


def _blocking(user: User, sheet: Sheet) -> list[tuple[checks.Kind, list[tuple[SheetLine, str]]]]:
    """What blocks a draft: per kind the lines visible to the user, each with the page that fixes it."""
    if sheet.state != State.DRAFT:
        return []
    blocking = checks.blocking(sheet)
    keys = [line.pk for each in blocking for line in each.lines]
    visible = set(SheetLine.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    editable = user.community_keys("registry.change_member")
    found = []
    for each in blocking:
        to_edit = frozenset() if each.kind == checks.Kind.IN_DOUBT else editable  # decided on the person's page
        lines = [(line, _fix_url(line, to_edit)) for line in each.lines if line.pk in visible]
        if lines:
            found.append((each.kind, lines))
    return found


def _fix_url(line: SheetLine, editable: frozenset[int]) -> str:
    """Where the person's record is edited, in a community of `editable`; else the page that shows it."""
    if line.member.community_id in editable:
        return reverse("member-edit", args=[line.member_id])
    return line.member.get_absolute_url()
