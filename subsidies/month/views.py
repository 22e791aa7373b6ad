"""A month's sheets: the list of months, a subdistrict's sheet, and computing it."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import exact
from registry.models import Community, Subdistrict
from subsidies.models import Confirmation, Sheet, SheetLine
from subsidies.month import approval_flow, checks, heads, notice_states, sheet_pages, sheets
from subsidies.month.forms import ComputeForm, LinesFilter
from subsidies.month.visible_totals import VisibleTotals, visible_totals

AMOUNTS = ("rate", "increment", "gross", "adjustment", "net")
LINES_OPEN = 60  # up to which a sheet's lines all stand open; beyond, its communities are folded


@dataclass
class Block:
    """Lines with a common total: those of a community, or all."""

    community: Community | None
    lines: list[SheetLine]
    confirmation: Confirmation | None = None  # the valid one
    is_open: bool = True  # whether the lines are on the page, or fetched when the block is opened
    amounts: dict[str, Decimal] = field(init=False)

    def __post_init__(self):
        self.amounts = {
            name: sum((getattr(line, name) or Decimal(0) for line in self.lines), Decimal(0)) for name in AMOUNTS
        }

    @property
    def heads(self) -> heads.Heads:
        return heads.of(self.lines)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def months(request):
    return _months(request, ComputeForm(user=request.user))


def _months(request, form: ComputeForm, status: int = 200):
    visible = Sheet.objects.visible_to(request.user)
    years = [day.year for day in visible.dates("month", "year", order="DESC")]
    asked = request.GET.get("year", "")
    year = int(asked) if asked in map(str, years) else next(iter(years), None)
    found = list(visible.filter(month__year=year).select_related("subdistrict").order_by("-month")) if year else []
    by_month: dict[Month, dict[int, VisibleTotals]] = {}
    flows = approval_flow.of(sheet for sheet in found if not sheet.is_final)
    for each in visible_totals(request.user, found):
        by_month.setdefault(Month.of(each.sheet.month), {})[each.sheet.subdistrict_id] = each
    columns = list(Subdistrict.objects.visible_to(request.user))
    rows = [
        {
            "month": month,
            "visible": [_cell(of_month.get(column.pk), flows) for column in columns],
            "people": sum(each.totals.people for each in of_month.values()),
            "net": sum(each.totals.net for each in of_month.values()),
        }
        for month, of_month in by_month.items()
    ]
    if not form.is_bound:
        this_month = Month.of(clock.today())
        form.initial["month"] = this_month.next if this_month in by_month else this_month
    context = {"rows": rows, "columns": columns, "years": years, "year": year, "form": form}
    return render(request, "subsidies/month/months.html", context, status=status)


def _cell(
    of_sheet: VisibleTotals | None, flows: dict[int, approval_flow.ApprovalFlow]
) -> tuple[VisibleTotals | None, approval_flow.ApprovalFlow | None]:
    """A subdistrict's sheet of a month with its visible totals, and its approval flow until approval."""
    return of_sheet, flows.get(of_sheet.sheet.pk) if of_sheet else None


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def sheet(request, month, code):
    """The lines of the sheet visible to the user, by community; with `all` every community is open, to be printed."""
    sheet = sheet_pages.find(request.user, month, code)
    communities = Community.objects.visible_to(request.user).filter(subdistrict=sheet.subdistrict)
    form = LinesFilter(request.GET, communities=communities)
    visible = sheet_pages.lines_of(request.user, sheet).filter(heads.LISTED)
    shown = form.narrow(visible).select_related("community", "group").defer("facts").order_by("ordinal")
    narrowed = any(request.GET.get(name) for name in form.fields)
    all_open = narrowed or "all" in request.GET or visible.count() <= LINES_OPEN
    paid = list(shown if all_open else shown.defer("facts", "id_number", "account"))
    confirmations = checks.confirmed(sheet)
    postings = notice_states.visible(request.user, sheet)
    return sheet_pages.page(
        request,
        sheet,
        "sheet",
        "subsidies/month/sheet_lines.html",
        form=form,
        narrowed=narrowed,
        blocks=[
            Block(community, list(rows), confirmations.get(community.pk), all_open)
            for community, rows in groupby(paid, lambda line: line.community)
        ],
        total=Block(None, paid),
        all_open=all_open,
        postings=postings,
        notice_counts=notice_states.counts(postings),
    )


@require_POST
@permission_required("subsidies.prepare_sheet", raise_exception=True)
def compute(request):
    """Compute a month of a subdistrict, or compute its draft again."""
    form = ComputeForm(request.POST, user=request.user)
    if not form.is_valid():
        return _months(request, form, status=422)
    month, subdistrict = form.cleaned_data["month"], form.cleaned_data["subdistrict"]
    try:
        [sheet] = sheets.prepare(month, [subdistrict], actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("months")
    if moved := sheets.moved_words(sheet):
        messages.warning(request, moved)
    words = {"sheet": sheet, "people": sheet.people, "net": exact(sheet.net)}
    messages.success(request, _("%(sheet)s is computed: %(people)s people paid, %(net)s yuan.") % words)
    return redirect(sheet)


@require_POST
@permission_required("subsidies.prepare_lines", raise_exception=True)
def compute_lines(request, month, code):
    """Compute a community's lines of a draft again; what follows is confirming them."""
    visible = Community.objects.visible_to(request.user).select_related("subdistrict")
    community = get_object_or_404(visible, code=code)
    if not request.user.has_perm("subsidies.prepare_lines", community):
        raise PermissionDenied
    sheet = sheet_pages.find(request.user, month, community.subdistrict.code)
    try:
        left = sheets.prepare_lines(sheet=sheet, community=community, actor=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(sheet)
    if left:
        words = {"names": _(", ").join(line.name for line in left)}
        messages.warning(
            request, _("Left for the clerk, who computes the whole sheet: %(names)s move between communities.") % words
        )
    messages.success(request, _("The lines of %(community)s are computed again.") % {"community": community.name})
    return redirect("community-confirm", month, code)
