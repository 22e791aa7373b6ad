"""Rows pasted from a spreadsheet: a table with the errors in its cells, corrected there, then all saved, or none."""

import json
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import key
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets import row_kinds
from jygroups.lib.spreadsheets.file_tables import REMARK
from registry.imports import column_choices, grids, last_check, outcomes, pasted, results, same_person_questions
from registry.imports import roster_files as rosters
from registry.imports.accounts import Account
from registry.imports.base import Loaded
from registry.imports.findings import Finding, causes
from registry.imports.forms import ColumnsForm
from registry.imports.titles import TITLES
from registry.models import Community, ImportKind, PastedRows, ResidentsCommittee, ResidentsGroup
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
    if not request.user.has_perm("registry.import_appointment", community_of(body)):
        raise PermissionDenied
    return Paste(request, body).answer()


@dataclass
class Paste:
    """The page of a body, with what its user does on it."""

    request: Any
    body: ResidentsGroup | ResidentsCommittee

    def answer(self) -> HttpResponse:
        data = self.request.POST
        try:
            if "discard" in data:
                return self.discard()
            if self.request.method == "POST" and "draft" not in data:
                return self.begin()
            if wanted := data.get("draft") or self.request.GET.get("draft"):
                return self.go_on(key(wanted))
            return self.shown({"form": PasteForm()})
        except Refused as refusal:
            form = PasteForm(data)
            form.add_error(None if "draft" in data else "rows", str(refusal))
            return self.shown({"form": form}, status=422)

    def discard(self) -> HttpResponse:
        pasted.discard(self.body, self.request.user, key(self.request.POST["discard"]))
        messages.success(self.request, _("The rows were discarded; nothing of them has been saved."))
        return redirect(self.request.path)

    def begin(self) -> HttpResponse:
        """Store rows that were just pasted. Raises Refused."""
        form = PasteForm(self.request.POST)
        if not form.is_valid():
            return self.shown({"form": form}, status=422)
        memory = column_choices.remembered(ImportKind.ROSTER, self.request.user)
        grid = pasted.Grid.pasted(form.cleaned_data["rows"], memory)
        grid.window = self.window
        return self.look(grid, pasted.keep(grid, self.body, self.request.user))

    def go_on(self, number: int | None) -> HttpResponse:
        """The stored rows, with what was changed in the form. Raises Refused."""
        data = self.request.POST
        with transaction.atomic():
            rows = self.unsaved.select_for_update().filter(pk=number).first()
            if rows is None:
                messages.info(self.request, _("These rows have been saved or discarded already."))
                return redirect(self.request.path)
            grid = pasted.Grid.stored(rows)
            if "columns" in data and grid.is_unclear:
                form = self._columns_form(grid)
                if not form.is_valid():
                    return self.ask_columns(grid, rows, form)
                rows = pasted.choose(grid, rows, form.chosen)
            elif self.request.method == "POST" and not grid.is_unclear:
                rows = pasted.edit(grid, rows, data)
        if "later" in data and not grid.is_overtaken:
            messages.success(self.request, _("The rows are kept, not yet saved: go on with “Paste from a table”."))
            return redirect(page_of(self.body))
        return self.look(grid, rows)

    def look(self, grid: pasted.Grid, rows: PastedRows) -> HttpResponse:
        """What becomes of the rows; saved, if that was asked for and none has an error."""
        if grid.is_unclear:
            return self.ask_columns(grid, rows, self._columns_form(grid))
        answers = same_person_questions.posted(self.request.POST)
        page = {"form": PasteForm(), "draft": rows, "version": grid.version, "window": self.window}
        if (check := last_check.Check.of(grid, answers)) and (other := self._other_part(grid, check)):
            return self.shown(page | other, status=422 if check.loaded.problems else 200)
        loaded, is_saved = self._loaded(grid)
        if is_saved:
            pasted.discard(self.body, self.request.user, rows.pk, older=True)
            words = {"counts": _counts(loaded), "imports": _("Imports")}
            messages.success(self.request, _("%(counts)s It can be undone under “%(imports)s”.") % words)
            return redirect(page_of(self.body))
        check = last_check.Check(loaded, self._seen(grid, loaded))
        if self.request.method == "POST" and "save" not in self.request.POST and not loaded.moved:
            check.keep(rows, grid, answers)
        status = 409 if grid.is_overtaken else 422 if loaded.problems else 409 if loaded.moved else 200
        return self.shown(page | self._part(grid, check), status=200 if self.request.method == "GET" else status)

    def ask_columns(self, grid: pasted.Grid, rows: PastedRows, form: ColumnsForm) -> HttpResponse:
        page = {"form": PasteForm(), "draft": rows, "columns_form": form, "sheet": grid.sheet}
        return self.shown(page, status=200 if self.request.method == "GET" else 422)

    def shown(self, page: dict[str, Any], *, status: int = 200) -> HttpResponse:
        is_group = isinstance(self.body, ResidentsGroup)
        page |= {
            "body": self.body,
            "order": pasted.ORDER,
            "back": page_of(self.body),
            "trail": [self.community.subdistrict, self.community, *([self.body] if is_group else [])],
            "unsaved": () if "draft" in page else self.unsaved.filter(is_current=True),
        }
        return render(self.request, PAGE, page, status=status)

    @property
    def community(self) -> Community:
        return community_of(self.body)

    @property
    def unsaved(self):
        return pasted.unsaved(self.body, self.request.user)

    @cached_property
    def window(self) -> str:
        """The window of the browser, by a name of its own."""
        return self.request.POST.get("window", "")[:40] or secrets.token_hex(8)

    def _columns_form(self, grid: pasted.Grid) -> ColumnsForm:
        data = self.request.POST if "columns" in self.request.POST else None
        return ColumnsForm(data, unread=grid.unread(self.body), words=TITLES, sheets=[grid.sheet])

    def _other_part(self, grid: pasted.Grid, check: last_check.Check) -> dict:
        """The page for other rows of the grid than those just shown, by its last check; empty to check them again."""
        data = self.request.POST
        if grid.is_edited or grid.is_overtaken or "save" in data:
            return {}
        page = self._part(grid, check)
        return page if page["shown_numbers"] != data.get("shown", page["shown_numbers"]) else {}

    def _load(self, grid: pasted.Grid, **more) -> Loaded:
        return rosters.load_roster(
            grid.table(self.body), name=self.name, actor=self.request.user, communities=[self.community], **more
        )

    @property
    def name(self) -> str:
        body = f"{self.community.name} {self.body}" if self.community != self.body else self.body
        return _("Pasted: %(body)s") % {"body": body}

    def _loaded(self, grid: pasted.Grid) -> tuple[Loaded, bool]:
        """What becomes of the rows, and whether they are saved, as an import that can be undone.

        Not where a cell that was changed after the last check gives a warning that nobody has seen, nor where the
        register has changed since, so that something else would become of the rows than was shown.
        """
        data = self.request.POST
        must_save, answers = "save" in data and not grid.is_overtaken, same_person_questions.posted(data)
        expected = data.get("seen", "")
        if not must_save or grid.is_edited:
            checked = self._load(grid, answers=answers, dry_run=True, must_answer=must_save)
            if not must_save or checked.findings:
                return checked, False
            expected = outcomes.digest(checked.outcomes)
        with transaction.atomic():
            if answers and not grid.is_edited:  # with them the outcomes are others than those shown
                locks.hold(locks.WRITERS)
                moved = expected not in ("", outcomes.digest(self._load(grid, dry_run=True).outcomes))
                loaded = self._load(grid, answers=answers, dry_run=moved, must_answer=True)
                loaded.moved = moved
            else:
                loaded = self._load(grid, answers=answers, must_answer=True, expected=expected)
            is_saved = not loaded.problems and not loaded.moved
            if is_saved:
                results.keep_pasted(
                    loaded,
                    grid.table(self.body),
                    name=self.name,
                    account=_account(grid, loaded),
                    chosen=grid.chosen,
                    community=self.community,
                    actor=self.request.user,
                )
        return loaded, is_saved

    def _seen(self, grid: pasted.Grid, loaded: Loaded) -> str:
        """The digest of what becomes of the rows, without answers to questions."""
        data = self.request.POST
        if loaded.questions and ("save" in data or same_person_questions.posted(data)):
            loaded = self._load(grid, dry_run=True)
        return outcomes.digest(loaded.outcomes)

    def _part(self, grid: pasted.Grid, check: last_check.Check) -> dict:
        """The part of the page for the grid."""
        data, loaded = self.request.POST, check.loaded
        can_save, findings = loaded.asks_only or not loaded.problems, [*loaded.findings, *_lost(grid)]
        asked = {each.number: each.asks for each in loaded.outcomes if each.asks} | dict.fromkeys(grid.taken, REMARK)
        shown = grids.shown(
            grid.titles,
            grid.numbered,
            findings,
            left=grid.left,
            kind=data.get("kind", ""),
            page=data.get("page", ""),
            out=grid.out,
            asked=asked,
            taken=grid.taken,
        )
        asking = {number for each in loaded.questions for number in (each.row, each.other_row)}
        cells = {
            number: {title: outcomes.shown(title, value) for title, value in zip(grid.read, row, strict=True)}
            for number, row in grid.numbered
            if number in asking
        }
        may_decide = self.request.user.has_perm(DECIDE, self.community)
        questions = same_person_questions.shown(loaded.questions, self.request.user, rows=cells, may_decide=may_decide)
        return {
            "loaded": loaded,
            "seen": check.seen,
            "unanswered": loaded.asks_only,
            "can_save": can_save,
            "is_unsaved": "save" in data and not loaded.problems,
            "questions": questions if can_save or same_person_questions.posted(data) else None,
            "answers": "" if can_save else json.dumps(same_person_questions.posted(data), ensure_ascii=False),
            "counts": _counts(loaded),
            "account": _account(grid, loaded),
            "grid": grid,
            "shown": shown,
            "shown_numbers": pasted.in_text(line.number for line in shown.lines),
            "misfits": grid.misfits(),
            "new_line": grids.empty_line(shown, grid.next_number),
            "columns": [*TITLES],
            "left_out": pasted.NO_COLUMN,
            "taken": pasted.TAKEN,
            "file_causes": causes(finding for finding in findings if not finding.row),
            "row_causes": causes(finding for finding in findings if finding.row),
        }


def _lost(grid: pasted.Grid) -> Iterator[Finding]:
    """What a page had in cells that were changed elsewhere since it was shown."""
    for (number, title), text in grid.lost.items():
        message = _("here it was “%(text)s”, which was not stored") if text else _("here it was empty")
        yield Finding(number, title, "", message % {"text": outcomes.shown(title, text)}, is_warning=True)


def _account(grid: pasted.Grid, loaded: Loaded) -> Account:
    """What became of each row that was pasted; of the table's own lines the titles are none, nor those above them."""
    assert loaded.account
    titles, empty, heading = (
        str(row_kinds.WORDS[each])
        for each in (row_kinds.Reason.TITLES, row_kinds.Reason.EMPTY, row_kinds.Reason.HEADING)
    )
    left_out = sum(any(map(str.strip, row)) for number, row in grid.numbered if number in grid.out)
    skipped = Counter(loaded.account.skipped) + Counter({_("left out by you"): left_out, heading: grid.headings})
    skipped.subtract({titles: int(grid.is_titled), empty: left_out + max(grid.first - 2, 0)})
    rows = len(grid.rows) + grid.headings
    return Account(rows, loaded.account.read, loaded.account.refused, dict(+skipped))


def _counts(loaded: Loaded) -> str:
    counts = {
        ngettext("%(count)s new office", "%(count)s new offices", loaded.new): loaded.new,
        _("%(count)s changed"): loaded.changed,
        _("%(count)s unchanged"): loaded.unchanged,
    }
    return _("%(counts)s.") % {
        "counts": _(", ").join(text % {"count": count} for text, count in counts.items() if count)
    }
