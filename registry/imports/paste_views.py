"""Rows pasted from a spreadsheet: looked at first, with what is wrong in each cell, then saved whole or not at all."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib import id_numbers
from jygroups.lib.refusals import Refused
from registry.imports import pasted
from registry.imports import roster_files as rosters
from registry.imports.base import Loaded
from registry.models import ResidentsGroup
from registry.people.bodies.views import community_of, page_of

MOST_SHOWN = 200  # rows on the page; of more those with findings
NUMBERS = {"身份证号", "联系电话", "银行账号"}  # masked where nothing is wrong with them


class PasteForm(forms.Form):
    rows = forms.CharField(
        label=gettext_lazy("Rows, as copied from the spreadsheet"),
        widget=forms.Textarea({"rows": 8, "data-first": True, "spellcheck": "false"}),
        strip=False,
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.import_appointment", raise_exception=True)
def paste(request, pk, model):
    """The rows are looked at; sent again with `save`, they are saved if nothing is wrong in any."""
    path = "committee__community__subdistrict" if model is ResidentsGroup else "community__subdistrict"
    body = get_object_or_404(model.objects.visible_to(request.user).select_related(path), pk=pk)
    community = community_of(body)
    if not request.user.has_perm("registry.import_appointment", community):
        raise PermissionDenied
    form = PasteForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "body": body,
        "order": pasted.ORDER,
        "back": page_of(body),
        "trail": [community.subdistrict, community, *([body] if model is ResidentsGroup else [])],
    }
    if not form.is_valid():
        return render(request, "registry/people/roster/paste.html", context, status=422 if form.errors else 200)
    try:
        table = pasted.table(form.cleaned_data["rows"], body)
    except Refused as refusal:
        form.add_error("rows", str(refusal))
        return render(request, "registry/people/roster/paste.html", context, status=422)
    loaded = rosters.load_roster(
        table,
        name=_("Pasted: %(body)s") % {"body": f"{community.name} {body}" if model is ResidentsGroup else body},
        actor=request.user,
        communities=[community],
        dry_run="save" not in request.POST,
    )
    if "save" in request.POST and not loaded.problems:
        messages.success(request, _counts(loaded))
        return redirect(page_of(body))
    rows = _shown(table, loaded)
    if len(rows) > MOST_SHOWN:
        noted = [cells for cells in rows if any(cell["findings"] for cell in cells)]
        noted.sort(key=lambda cells: not any(cell["wrong"] for cell in cells))
        rows = (noted or rows)[:MOST_SHOWN]
    context |= {
        "loaded": loaded,
        "counts": _counts(loaded),
        "titles": table.titles,
        "rows": rows,
        "not_shown": len(table.rows) - 1 - len(rows),
        "whole": [finding for finding in loaded.findings if finding.row is None or not finding.column],
    }
    return render(request, "registry/people/roster/paste.html", context, status=422 if loaded.problems else 200)


def _counts(loaded: Loaded) -> str:
    rows = ngettext("%(count)s new office", "%(count)s new offices", loaded.new) % {"count": loaded.new}
    return _("%(rows)s, %(changed)s changed, %(unchanged)s unchanged.") % {
        "rows": rows,
        "changed": loaded.changed,
        "unchanged": loaded.unchanged,
    }


def _shown(table, loaded: Loaded) -> list[list[dict]]:
    """Each row's cells with what there is to say of them; a number nothing is wrong with is masked."""
    found: dict[tuple, list] = {}
    for finding in loaded.findings:
        found.setdefault((finding.row, finding.column), []).append(finding)
    rows = []
    for number, row in enumerate(table.rows[1:], 2):
        cells = []
        for title, value in zip(table.titles, row, strict=True):
            findings = found.get((number, title), [])
            wrong = any(not finding.is_warning for finding in findings)
            masked = id_numbers.masked(value) if title in NUMBERS and value and not wrong else value
            cells.append({"value": masked, "findings": findings, "wrong": wrong})
        rows.append(cells)
    return rows
