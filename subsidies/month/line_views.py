"""One person's month, with the explanation of its amount."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jygroups.lib.capitals import in_capitals
from jygroups.lib.months import Month
from jygroups.lib.shown import exact
from registry.models import Member, User
from subsidies.explanations import decisions as explanations
from subsidies.models import SheetLine
from subsidies.month import arrivals, payment_history, seals
from subsidies.month.tables import MonthsTable

EARLIER_MONTHS = 12  # months shown below


@require_safe
def line(request, month, pk):
    """Open to users who may see sheets, and to every user for their own person."""
    line = _line(request.user, month, pk)
    own = SheetLine.objects.filter(pk=line.pk)
    earlier = arrivals.staged(SheetLine.objects.visible_to(request.user).filter(member=pk, month__lt=line.month))
    earlier = earlier.select_related("sheet__subdistrict").defer("facts").order_by("-month")[:EARLIER_MONTHS]
    return render(
        request,
        "subsidies/month/line.html",
        {
            "line": line,
            "month": month,
            "unverified": seals.unverified(line),
            "explanation": explanations.of_line(line),
            "refused": arrivals.refused(own),
            "history": payment_history.of_lines(own, request.user),
            "is_own": request.user.member_id == line.member_id,
            "earlier": MonthsTable(list(earlier), exclude=("rate", "increment", "gross", "adjustment", "why")),
        },
    )


@require_safe
def statement(request, month, pk):
    """核定单: the same on one page to print and sign; open to the same users."""
    line = _line(request.user, month, pk)
    return render(
        request,
        "subsidies/month/statement.html",
        {
            "line": line,
            "month": month,
            "explanation": explanations.of_line(line),
            "net": exact(line.net),
            "capitals": in_capitals(line.net),
        },
    )


def _line(user: User, month: Month, pk: int) -> SheetLine:
    if not user.has_perm("subsidies.view_sheet"):
        if user.member_id is None:
            raise PermissionDenied
        if user.member_id != pk:
            raise Http404
    signatures = ("sheet__submitted_by", "sheet__endorsed_by", "sheet__approved_by")
    related = SheetLine.objects.visible_to(user).select_related(
        "sheet__standard", "sheet__subdistrict", "community", "group", *signatures
    )
    return get_object_or_404(arrivals.staged(related), month=month.first_day, member__pk=pk)


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def newest(request, pk):
    """Redirect from a roster to the person's newest visible line; show a message if there is none."""
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    line = SheetLine.objects.visible_to(request.user).filter(member=member).order_by("-month").first()
    if line is None:
        messages.info(request, _("No month that you see has a line for %(name)s.") % {"name": member.name})
        return redirect("months")
    return redirect(line)
