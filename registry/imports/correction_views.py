"""The refused rows of an uploaded file, corrected on the page and checked again with the others."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.file_tables import LOAD
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.imports import corrections, pasted
from registry.imports.views import MAY_LOAD, own_run
from registry.models import ImportState


@require_http_methods(["GET", "POST"])
@permission_required(MAY_LOAD, raise_exception=True)
def correct(request, pk):
    """What is typed is kept at each change of page; with `check` the whole file is checked again with it."""
    run = own_run(request, pk)
    if run.state != ImportState.REFUSED or not run.wrong:
        return redirect(run)
    try:
        rows = corrections.RefusedRows.of(run, request.user)
        if request.method == "POST" and "page" in request.POST:
            corrections.keep(run, rows, request.POST)
            return redirect(f"{request.path}?page={request.POST['page']}")
        if request.method == "POST":
            corrections.check(run, rows, request.POST)
            run.refresh_from_db()
            is_refused = run.state == ImportState.REFUSED and run.wrong
            if not is_refused and not run.is_at_work:
                messages.success(request, _("The rows are corrected; look at what the file does now, and load it."))
            return redirect(request.path if is_refused else run)
    except (Refused, Unreadable) as error:
        messages.error(request, str(error))
        return redirect(run)
    shown = rows.grid(request.GET.get("page", ""))
    context = {
        "run": run,
        "shown": shown,
        "shown_numbers": pasted.in_text(line.number for line in shown.lines),
        "grid": rows,
        "is_own": rows.is_own,
        "struck": sum(asks == LOAD for asks in rows.asked.values()),
    }
    return render(request, "registry/imports/import_rows.html", context)
