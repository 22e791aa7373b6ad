"""What is amiss in the registry, all of it."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry import compliance


@require_safe
@permission_required("registry.view_residentsgroup", raise_exception=True)
def everything(request):
    return render(
        request, "registry/findings.html", {"findings": compliance.findings(request.user, timezone.localdate())}
    )
