"""What is amiss in the registry, all of it."""

from itertools import groupby

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry import compliance
from registry.compliance import todo
from registry.compliance.finding_forms import FindingsFilter


@require_safe
@permission_required("registry.view_residentsgroup", raise_exception=True)
def everything(request):
    today = timezone.localdate()
    everything = compliance.findings(request.user, today)
    form = FindingsFilter(request.GET, user=request.user)
    found = form.narrow(everything)
    is_mine = todo.mended_by(request.user)
    return render(
        request,
        "registry/findings.html",
        {
            "today": today,
            "form": form,
            "narrowed": any(request.GET.get(name) for name in form.fields),
            "count": len(found),
            "all": len(everything),
            "kinds": [
                (kind, [todo.line(finding, is_mine) for finding in alike])
                for kind, alike in groupby(found, lambda finding: finding.kind)
            ],
        },
    )
