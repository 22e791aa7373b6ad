"""One person's month, and why it is what it is."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry.models import Member
from subsidies import explanations
from subsidies.models import SheetLine

EARLIER = 12  # months shown below


@require_safe
def line(request, month, pk):
    """Open to who sees sheets, and to everybody's own person."""
    if not request.user.has_perm("subsidies.view_sheet") and request.user.member_id != pk:
        raise PermissionDenied
    visible = SheetLine.objects.visible_to(request.user)
    related = visible.select_related("sheet__standard", "sheet__subdistrict", "community", "group")
    line = get_object_or_404(related, month=month.first_day, member__pk=pk)
    earlier = visible.filter(member=pk, month__lt=line.month).select_related("sheet").defer("facts")
    return render(
        request,
        "subsidies/line.html",
        {
            "line": line,
            "month": month,
            "explanation": explanations.explain(line.decision(), line.facts["bodies"]),
            "earlier": earlier.order_by("-month")[:EARLIER],
        },
    )


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def newest(request, pk):
    """From a roster to the person's newest line; a person whom no month seen here has is told so."""
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    line = SheetLine.objects.visible_to(request.user).filter(member=member).order_by("-month").first()
    if line is None:
        messages.info(request, _("No month that you see has a line for %(name)s.") % {"name": member.name})
        return redirect("months")
    return redirect(line)
