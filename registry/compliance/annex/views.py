"""The annexes of the document: on a page, printed from it, and as a workbook."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock
from jygroups.lib.shown import LANGUAGE
from registry.compliance.annex.queries import KINDS
from registry.compliance.annex.workbook import workbook
from registry.models import Subdistrict
from registry.records.pages import export


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("registry.view_community", raise_exception=True)
def table(request, kind, code=None):
    """One annex of a subdistrict, or of all that the user sees; a POST hands it out and leaves an audit entry."""
    visible = Subdistrict.objects.visible_to(request.user)
    subdistrict = get_object_or_404(visible, code=code) if code else None
    make, today = KINDS[kind], clock.today()
    if request.method == "POST":
        with override(LANGUAGE):
            made = make(request.user, today, subdistrict)
            content = workbook(made)
        name, lines = f"{made.title} {today}.xlsx", len(made.rows)
        return export(request, content, name, subject=made.title, what="annex", lines=lines)
    made = make(request.user, today, subdistrict)
    return render(
        request,
        "registry/compliance/annex.html",
        {
            "annex": made,
            "rows": [list(zip(row, made.columns, strict=True)) for row in made.rows],
            "total": list(zip(made.total, made.columns, strict=True)),
            "kind": kind,
            "subdistrict": subdistrict,
            "trail": [subdistrict] if subdistrict else [],
        },
    )
