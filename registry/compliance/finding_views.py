"""The page of all findings."""

from itertools import groupby

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from registry.compliance import finding_lines
from registry.compliance.finding_forms import FindingsFilter
from registry.records.findings import findings


@require_safe
@permission_required("registry.view_residentsgroup", raise_exception=True)
def everything(request):
    today = clock.today()
    everything = findings(request.user, today)
    form = FindingsFilter(request.GET, user=request.user)
    found = form.narrow(everything)
    is_mine = finding_lines.fixed_by(request.user)
    return render(
        request,
        "registry/compliance/findings.html",
        {
            "today": today,
            "form": form,
            "narrowed": any(request.GET.get(name) for name in form.fields),
            "count": len(found),
            "all": len(everything),
            "kinds": [
                (kind, [finding_lines.line(finding, is_mine) for finding in alike])
                for kind, alike in groupby(found, lambda finding: finding.kind)
            ],
        },
    )
