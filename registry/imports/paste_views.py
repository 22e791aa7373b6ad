"""Rows pasted from a spreadsheet: a table with the errors in its cells, corrected there, then all saved, or none."""

import json
import secrets
from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import key
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets import located
from jygroups.lib.spreadsheets.file_tables import REMARK
from registry.imports import grids, last_check, outcomes, pasted, same_person_questions
from registry.imports import roster_files as rosters
from registry.imports.base import Loaded
from registry.imports.findings import Finding, causes
from registry.imports.titles import TITLES
from registry.models import ResidentsGroup
from registry.people.bodies.views import community_of, page_of
from registry.people.duplicates.services import DECIDE
from registry.records import locks

PAGE = "registry/people/roster/paste.html"


class PasteForm(forms.Form):
    rows = forms.CharField(
        label=gettext_lazy("Rows, as copied from the spreadsheet"),
        widget=forms.Textarea({"rows": 8, "data-first": True, "spellcheck": "false"}),
        strip=False,
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.import_appointment", raise_exception=True)
def paste(request, pk, model):
    """Show the rows to be corrected; with `save`, save them if no row has an error.

    The rows are stored from the first look at them until they are saved or discarded.
    """
    path = "committee__community__subdistrict" if model is ResidentsGroup else "community__subdistrict"
    body = get_object_or_404(model.objects.visible_to(request.user).select_related(path), pk=pk)
    community = community_of(body)
    if not request.user.has_perm("registry.import_appointment", community):
        raise PermissionDenied
    unsaved = pasted.unsaved(body, request.user)
    if "discard" in request.POST:
        pasted.discard(body, request.user, key(request.POST["discard"]))
        messages.success(request, _("The rows were discarded; nothing of them has been saved."))
        return redirect(request.path)
    is_new = request.method == "POST" and "draft" not in request.POST
    form = PasteForm(request.POST if is_new else None)
    page = {
        "form": form,
        "body": body,
        "order": pasted.ORDER,
        "back": page_of(body),
        "trail": [community.subdistrict, community, *([body] if model is ResidentsGroup else [])],
    }
    window = request.POST.get("window", "")[:40] or secrets.token_hex(8)
    try:
        if is_new and form.is_valid():
            grid = pasted.Grid.pasted(form.cleaned_data["rows"])
            grid.window = window
            rows = pasted.keep(grid, body, request.user)
        elif wanted := request.POST.get("draft") or request.GET.get("draft"):
            with transaction.atomic():
                rows = unsaved.select_for_update().filter(pk=key(wanted)).first()
                if rows is None:
                    messages.info(request, _("These rows have been saved or discarded already."))
                    return redirect(request.path)
                grid = pasted.Grid.stored(rows)
                if request.method == "POST":
                    rows = pasted.edit(grid, rows, request.POST)
            if "later" in request.POST and not grid.is_overtaken:
                messages.success(request, _("The rows are kept, not yet saved: go on with “Paste from a table”."))
                return redirect(page_of(body))
        else:
            return render(
                request, PAGE, page | {"unsaved": unsaved.filter(is_current=True)}, status=422 if form.errors else 200
            )
    except Refused as refusal:
        form = PasteForm(request.POST)
        form.add_error("rows" if is_new else None, str(refusal))
        return render(request, PAGE, page | {"form": form, "unsaved": unsaved.filter(is_current=True)}, status=422)
    page |= {"form": PasteForm(), "draft": rows, "version": grid.version, "window": window}
    answers = same_person_questions.posted(request.POST)
    if (check := last_check.Check.of(grid, answers)) and (other := _other_part(request, grid, check, community)):
        return render(request, PAGE, page | other, status=422 if check.loaded.problems else 200)
    loaded, is_saved = _loaded(request, grid, body, community)
    if is_saved:
        pasted.discard(body, request.user, rows.pk, older=True)
        messages.success(request, _counts(loaded))
        return redirect(page_of(body))
    check = last_check.Check(loaded, _seen(request, grid, loaded, body, community))
    if request.method == "POST" and "save" not in request.POST and not loaded.moved:
        check.keep(rows, grid, answers)
    status = 409 if grid.is_overtaken else 422 if loaded.problems else 409 if loaded.moved else 200
    page |= _shown(request, grid, check, community)
    return render(request, PAGE, page, status=200 if request.method == "GET" else status)


def _other_part(request, grid: pasted.Grid, check: last_check.Check, community) -> dict:
    """The page for other rows of the grid than those just shown, by its last check; empty where it is checked again."""
    if grid.is_edited or grid.is_overtaken or "save" in request.POST:
        return {}
    page = _shown(request, grid, check, community)
    return page if page["shown_numbers"] != request.POST.get("shown", page["shown_numbers"]) else {}


def _loaded(request, grid: pasted.Grid, body, community) -> tuple[Loaded, bool]:
    """What becomes of the rows, and whether they are saved.

    Not where a cell that was changed after the last check gives a warning that nobody has seen, nor where the register
    has changed since, so that something else would become of the rows than was shown.
    """
    must_save, answers = "save" in request.POST and not grid.is_overtaken, same_person_questions.posted(request.POST)

    def load(**more) -> Loaded:
        name = _("Pasted: %(body)s") % {"body": f"{community.name} {body}" if community != body else body}
        return rosters.load_roster(
            grid.table(body), name=name, actor=request.user, communities=[community], **{"answers": answers} | more
        )

    expected = request.POST.get("seen", "")
    if not must_save or grid.is_edited:
        checked = load(dry_run=True, must_answer=must_save)
        if not must_save or checked.findings:
            return checked, False
        expected = outcomes.digest(checked.outcomes)
    with transaction.atomic():
        if answers and not grid.is_edited:  # with them the outcomes are others than those shown
            locks.hold(locks.WRITERS)
            moved = expected not in ("", outcomes.digest(load(dry_run=True, answers={}).outcomes))
            loaded = load(dry_run=moved, must_answer=True)
            loaded.moved = moved
        else:
            loaded = load(must_answer=True, expected=expected)
    return loaded, not loaded.problems and not loaded.moved


def _seen(request, grid: pasted.Grid, loaded: Loaded, body, community) -> str:
    """The digest of what becomes of the rows, without answers to questions."""
    if loaded.questions and ("save" in request.POST or same_person_questions.posted(request.POST)):
        loaded = rosters.load_roster(
            grid.table(body), name="", actor=request.user, communities=[community], dry_run=True
        )
    return outcomes.digest(loaded.outcomes)


def _shown(request, grid: pasted.Grid, check: last_check.Check, community) -> dict:
    """The part of the page for the grid."""
    data, loaded = request.POST, check.loaded
    can_save, findings = loaded.asks_only or not loaded.problems, [*loaded.findings, *_lost(grid)]
    asked = {each.number: each.asks for each in loaded.outcomes if each.asks} | dict.fromkeys(grid.taken, REMARK)
    rows = [*enumerate(grid.rows, pasted.FIRST)]
    shown = grids.shown(
        grid.titles,
        rows,
        findings,
        kind=data.get("kind", ""),
        page=data.get("page", ""),
        out=grid.out,
        asked=asked,
        taken=grid.taken,
    )
    asking = {number for each in loaded.questions for number in (each.row, each.other_row)}
    cells = {
        number: {title: outcomes.shown(title, value) for title, value in zip(grid.titles, row, strict=True)}
        for number, row in rows
        if number in asking
    }
    may_decide = request.user.has_perm(DECIDE, community)
    questions = same_person_questions.shown(loaded.questions, request.user, rows=cells, may_decide=may_decide)
    return {
        "loaded": loaded,
        "seen": check.seen,
        "unanswered": loaded.asks_only,
        "can_save": can_save,
        "is_unsaved": "save" in data and not loaded.problems,
        "questions": questions if can_save else None,
        "answers": "" if can_save else json.dumps(same_person_questions.posted(data), ensure_ascii=False),
        "counts": _counts(loaded),
        "account": _account(grid, loaded),
        "grid": grid,
        "shown": shown,
        "shown_numbers": pasted.in_text(line.number for line in shown.lines),
        "misfits": grid.misfits(),
        "new_line": grids.empty_line(grid.titles, grid.next_number),
        "columns": [*TITLES],
        "left_out": pasted.NO_COLUMN,
        "file_causes": causes(finding for finding in findings if not finding.row),
        "row_causes": causes(finding for finding in findings if finding.row),
    }


def _lost(grid: pasted.Grid) -> Iterator[Finding]:
    """What a page had in cells that were changed elsewhere since it was shown."""
    for (number, title), text in grid.lost.items():
        message = _("here it was “%(text)s”, which was not stored") if text else _("here it was empty")
        yield Finding(number, title, "", message % {"text": outcomes.shown(title, text)}, is_warning=True)


def _account(grid: pasted.Grid, loaded: Loaded) -> str:
    """How many rows there are, and how many of them were read, skipped for which reason, and refused."""
    assert loaded.account
    titles, empty = str(located.WORDS[located.Reason.TITLES]), str(located.WORDS[located.Reason.EMPTY])
    skipped = dict(loaded.account.skipped)
    skipped[titles] = skipped.get(titles, 0) - 1  # the titles themselves are no row
    left_out = sum(any(map(str.strip, row)) for number, row in enumerate(grid.rows, pasted.FIRST) if number in grid.out)
    skipped[empty] = skipped.get(empty, 0) - left_out
    skipped[_("left out by you")] = left_out
    skipped[str(located.WORDS[located.Reason.HEADING])] = grid.headings
    counts = {
        "rows": len(grid.rows) + grid.headings,
        "read": loaded.account.read,
        "refused": loaded.account.refused,
        "skipped": sum(skipped.values()),
    }
    text = _("Pasted rows: %(rows)s, of which read: %(read)s, refused: %(refused)s, skipped: %(skipped)s") % counts
    reasons = _(", ").join(f"{reason} {count}" for reason, count in skipped.items() if count)
    return _("%(account)s (%(reasons)s)") % {"account": text, "reasons": reasons} if reasons else text


def _counts(loaded: Loaded) -> str:
    rows = ngettext("%(count)s new office", "%(count)s new offices", loaded.new) % {"count": loaded.new}
    return _("%(rows)s, %(changed)s changed, %(unchanged)s unchanged.") % {
        "rows": rows,
        "changed": loaded.changed,
        "unchanged": loaded.unchanged,
    }
