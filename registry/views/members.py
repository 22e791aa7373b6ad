"""A member's page."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from registry.models import Member


@require_safe
@permission_required("registry.view_member", raise_exception=True)
def member(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("community"), pk=pk)
    return render(request, "registry/member.html", {"member": member})
