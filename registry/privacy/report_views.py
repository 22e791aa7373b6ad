"""The yearly report on personal data, for the compliance audit."""

from functools import partial

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock, shown
from jygroups.lib.forms import key
from jygroups.lib.shown import LANGUAGE
from registry.models import AuditEntry
from registry.privacy.parts import as_workbook, numbered, report_of
from registry.records.pages import export


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_erasure", raise_exception=True)
def report(request):
    """The year that the address asks for, or this one; on a POST as a workbook."""
    this = clock.today().year
    first = AuditEntry.objects.order_by("pk").values_list("at__year", flat=True).first() or this
    years = list(range(this, min(first, this) - 1, -1))
    asked = key(request.GET.get("year", ""))
    year = asked if asked in years else this
    if request.method == "POST":
        with override(LANGUAGE):
            title = _("Report on the protection of personal data, %(year)s") % {"year": year}
        content = as_workbook(title, partial(report_of, year), note=shown.moment(clock.now()))
        return export(request, content, f"{title}.xlsx", subject=title, what="privacy report")
    parts = numbered(report_of(year))
    context = {"year": year, "years": years, "parts": parts, "now": clock.now()}
    return render(request, "registry/privacy/report.html", context)
