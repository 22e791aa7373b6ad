"""Imports: the list of them, giving a file in, seeing what it does, confirming, and taking it back."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from jygroups.lib.forms import PlaceForm
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import download, get_visible
from jygroups.lib.spreadsheets.file_sheets import FileSheet
from jygroups.lib.spreadsheets.sandbox import Unreadable
from registry.access.passwords.views import hand_out
from registry.imports import column_choices, downloads, same_person_questions, services
from registry.imports import undo as import_undo
from registry.imports.forms import ColumnsForm, ImportFilter, UploadForm
from registry.imports.outcomes import Outcome
from registry.imports.tables import ImportTable, RowTable
from registry.models import ImportKind, ImportRun, ImportState, RowKind
from registry.people.duplicates.services import deciding
from registry.records.list_pages import PAGES, ListPage
from registry.records.pages import DetailPage

MAY_SEE = "registry.view_importrun"
MAY_LOAD = "registry.import_appointment"  # a user who may load anything may load rosters


class Imports(ListPage):
    permission_required = MAY_SEE
    model = ImportRun
    table_class = ImportTable
    filterset_class = ImportFilter
    template_name = "registry/imports/imports.html"
    title = gettext_lazy("Imports")
    empty = gettext_lazy("No file has been given in yet. Download the template, fill it in, and upload it here.")
    chosen = ("name", "kind", "state", "new", "changed", "unchanged", "wrong", "uploaded_by", "created_at")

    def get_queryset(self):
        return super().get_queryset().select_related("uploaded_by", "confirmed_by")

    def get_context_data(self, **kwargs):
        kinds = services.kinds_open_to(self.request.user)
        return super().get_context_data(**kwargs) | {"kinds": kinds}


@require_safe
@permission_required(MAY_LOAD, raise_exception=True)
def template(request):
    """The workbook to fill in, with the communities and groups of the user's own."""
    kind = request.GET.get("kind", ImportKind.ROSTER)
    if kind not in ImportKind.values:
        raise Http404
    if kind not in services.kinds_open_to(request.user):
        raise PermissionDenied
    content = services.template(ImportKind(kind), request.user)
    name = _("Template: %(kind)s") % {"kind": ImportKind(kind).label} + ".xlsx"
    return download(content, name)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_LOAD, raise_exception=True)
def upload(request):
    if request.method == "GET":
        asked = {name: request.GET[name] for name in ("kind", "instead") if name in request.GET}
        return _upload_page(request, UploadForm(initial=asked, user=request.user))
    form = UploadForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = services.upload(
                kind=form.cleaned_data["kind"],
                name=file.name,
                content=form.content(),
                actor=request.user,
                instead=form.cleaned_data["instead"],
            )
        except Unreadable as error:
            form.refuse_file(error)
        else:
            return redirect(run)
    return _upload_page(request, form, status=422)


def _upload_page(request, form: UploadForm, status: int = 200):
    context = {"form": form, "kinds": services.kinds_open_to(request.user)}
    return render(request, "registry/imports/import_upload.html", context, status=status)


# One import ---------------------------------------------------------------------------------------------------


RUNS = ImportRun.objects.select_related("uploaded_by", "confirmed_by")


def own_run(request, pk: int) -> ImportRun:
    """An import the user may do something with, not only see."""
    run = get_visible(request, RUNS, pk=pk, lock=False)
    if not request.user.has_perm(services.KINDS[run.kind].permission, run):
        raise PermissionDenied
    return run


# The rows of the page's tabs that are no kind of rows.
ROWS = {"all": Q(), "written": Q(kind__in=[RowKind.NEW, RowKind.CHANGED]), "warned": Q(is_warned=True)}


class RunPage(DetailPage):
    permission_required = MAY_SEE
    records = RUNS
    template_name = "registry/imports/import_run.html"
    name = "run"

    def get_context(self):
        run = self.record
        tabs = _tabs(run)
        shown = self.request.GET.get("rows", "")
        if shown not in tabs:
            shown = next(iter(tabs))
        kind = services.KINDS[run.kind]
        may_act = self.actor.has_perm(kind.permission, run)
        has_file = ImportRun.objects.filter(pk=run.pk).exclude(file=b"").exists()
        may_choose = may_act and has_file and run.takes_choices
        is_asked = run.unread.get("sheets") or "place" in self.request.GET
        sheets = column_choices.sheets_of(run, kind.shape) if may_choose and is_asked else []
        causes = downloads.causes_of(run)
        table = RowTable(run.rows.filter(ROWS.get(shown, Q(kind=shown))), titles=kind.columns, state=run.state)
        columns_form = _columns_form(run) if may_choose and run.unread.get("titles") else None
        RequestConfig(self.request, paginate=PAGES).configure(table)
        return {
            "progress": services.how_far(run) if run.is_at_work else None,
            "table": table,
            "tabs": [(f"?rows={key}", words, key == shown) for key, words in tabs.items()],
            "may_act": may_act,
            "has_file": has_file,
            "columns_form": columns_form,
            "place_form": _place_form(run, sheets) if sheets else None,
            "sheets": sheets,
            "has_choices": bool(columns_form or sheets),
            "effects": _effects(run),
            "is_place_asked": "place" in self.request.GET,
            "columns_quiet": run.wrong or "place" in self.request.GET or run.state != ImportState.REFUSED,
            "causes": [cause for cause in causes if not cause.is_warning],
            "hints": [cause for cause in causes if cause.is_warning and not cause.is_of_column],
            "columns": [cause for cause in causes if cause.is_warning and cause.is_of_column],
            "chosen": column_choices.in_words(run.chosen),
            "may_choose": may_choose,
            "questions": _questions(run, self.actor),
            "undecided": sum(not same_person_questions.is_complete(each) for each in same_person_questions.of_run(run)),
            "good": run.to_write + run.unchanged,
            "again": services.loaded_before(run, self.actor) if run.takes_choices else None,
        }


def _effects(run: ImportRun) -> list[str]:
    """How many rows it adds and changes and, before it is loaded, leaves alone; none of what no row does."""
    parts = [
        (ngettext("%(count)s row added", "%(count)s rows added", run.new), run.new),
        (ngettext("%(count)s row changed", "%(count)s rows changed", run.changed), run.changed),
    ]
    if run.state == ImportState.CHECKED:
        words = ngettext("%(count)s row registered already", "%(count)s rows registered already", run.unchanged)
        parts.append((words, run.unchanged))
    return [words % {"count": count} for words, count in parts if count]


def _questions(run: ImportRun, user) -> same_person_questions.QuestionsPage | None:
    """Who in the file may be registered already, while it can be answered; of a refused one the answers given."""
    questions = same_person_questions.of_run(run) if run.takes_choices else []
    if run.state != ImportState.CHECKED:
        questions = [each for each in questions if each.answer]
    numbers = {row for each in questions for row in (each.row, each.other_row) if row}
    contents = run.rows.filter(number__in=numbers).values_list("content", flat=True) if questions else []
    rows = {outcome.number: outcome.cells for outcome in map(Outcome.from_text, contents)}
    return same_person_questions.shown(questions, user, rows=rows, may_decide=_decides(run, user))


def _decides(run: ImportRun, user) -> bool:
    """Whether the user decides on everybody in the communities that the file may write to."""
    return not run.communities.exclude(pk__in=deciding(user) or ()).exists()


def _columns_form(run: ImportRun, data=None) -> ColumnsForm:
    shape = services.KINDS[run.kind].shape
    return ColumnsForm(data, unread=run.unread, words=shape.words, sheets=column_choices.sheets_of(run, shape))


def _place_form(run: ImportRun, sheets: Sequence[FileSheet], data=None) -> PlaceForm:
    return PlaceForm(data, initial=run.chosen, sheets=[sheet.name for sheet in sheets])


@require_POST
@permission_required(MAY_LOAD, raise_exception=True)
def choose(request, pk):
    """Where the table is, or what the titles are that are not known; the file is checked again with that."""
    run = own_run(request, pk)
    cleared = request.POST.get("clear", "")
    chosen: dict[str, Any] = {cleared: ""} if cleared in run.chosen else {}
    if not chosen:
        form: Any = _columns_form(run, request.POST)
        if "place" in request.POST:
            form = _place_form(run, column_choices.sheets_of(run, services.KINDS[run.kind].shape), request.POST)
        if not form.is_valid():
            errors = [error for each in form.errors.values() for error in each]
            messages.error(request, " ".join(errors))
        elif not (chosen := form.cleaned_data if "place" in request.POST else form.chosen):
            messages.info(request, _("No column was chosen, so nothing was changed."))
    if chosen:
        try:
            services.choose(run, chosen)
        except Refused as refusal:
            messages.error(request, str(refusal))
    return redirect(run)


@require_POST
@permission_required(MAY_LOAD, raise_exception=True)
def answer(request, pk):
    """Whether people of the file are people of the register; the file is checked again with it."""
    run = own_run(request, pk)
    try:
        _answer(run, same_person_questions.posted(request.POST))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(run)


def _answer(run: ImportRun, answers: same_person_questions.Answers) -> None:
    """Check the file again with the answers. Raises Refused, where a reason lacks too."""
    services.answer(run, answers)
    run.refresh_from_db(fields=["questions"])
    same_person_questions.refuse_without_reason(run)


def _tabs(run: ImportRun) -> dict[str, str]:
    """The kinds of rows there are, with how many of each; what concerns the user most comes first."""
    counts = {
        "wrong": (RowKind.WRONG.label, run.wrong),
        "written": (_("new and changed"), run.to_write if run.new and run.changed else 0),
        "new": (RowKind.NEW.label, run.new),
        "changed": (RowKind.CHANGED.label, run.changed),
        "unchanged": (RowKind.UNCHANGED.label, run.unchanged),
        "warned": (_("with warnings"), run.warned),
    }
    if run.state != ImportState.REFUSED:
        counts["wrong"] = counts.pop("wrong")  # they are left out
    all_rows = run.wrong + run.to_write + run.unchanged
    return {key: f"{label} ({count:,})" for key, (label, count) in counts.items() if count} | {
        "all": f"{_('all')} ({all_rows:,})"
    }


@require_safe
@permission_required(MAY_SEE, raise_exception=True)
def progress(request, pk):
    """How far the work has come, asked for by the page itself."""
    run = get_visible(request, RUNS, pk=pk)
    # A page that asks by itself is no sign of its user: the idle time runs on, and no session is written.
    del request.session
    if not run.is_at_work or run.is_dead:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return HttpResponse(
        render_to_string("registry/imports/_import_progress.html", {"run": run, "progress": services.how_far(run)})
    )


@require_POST
@permission_required(MAY_LOAD, raise_exception=True)
def act(request, pk, act):
    """Confirm the import, leave its rows with problems out, restart its work, or give it up.

    With other answers than those shown it is checked again.
    """
    run = own_run(request, pk)
    try:
        if act == "confirm" and same_person_questions.are_other(
            run, answers := same_person_questions.posted(request.POST)
        ):
            _answer(run, answers)
            messages.warning(
                request,
                _("The file was checked again with the answers that you have just changed. Look again, then load it."),
            )
        elif act == "confirm":
            services.confirm(run, actor=request.user, again="again" in request.POST)
        elif act == "good":
            services.set_aside(run)
        elif act == "restart":
            services.restart(run)
        else:
            services.abandon(run, actor=request.user)
            text = _("%(file)s was given up; nothing of it has been saved.")
            messages.success(request, text % {"file": run.name})
            return redirect("imports")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(run)


RESULTS = {  # of a file that is kept: what makes it, and its name
    "report": (downloads.report, gettext_lazy("%(file)s with findings")),
    "wrong": (downloads.wrong_rows, gettext_lazy("%(file)s, rows with problems")),
}


@require_POST
@permission_required(MAY_LOAD, raise_exception=True)
def result(request, pk, kind):
    """The file with its findings, or its rows with a problem. A POST, since it leaves an entry in the audit log."""
    run, (make, name) = own_run(request, pk), RESULTS[kind]
    if not run.file:
        raise Http404
    file = name % {"file": run.name.rpartition(".")[0] or run.name} + ".xlsx"
    give = partial(make, run, actor=request.user)
    try:
        return hand_out(request, file, lambda purpose: give(purpose=purpose), back=run.get_absolute_url())
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect(run)


@require_http_methods(["GET", "POST"])
@permission_required(MAY_LOAD, raise_exception=True)
def undo(request, pk):
    run = own_run(request, pk)
    if run.state != ImportState.LOADED:
        return redirect(run)
    if request.method == "POST":
        try:
            import_undo.undo(run, actor=request.user)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("%(file)s has been taken back.") % {"file": run.name})
            return redirect(run)
    plan = import_undo.plan(run)
    obstacles = [(each, dict.fromkeys(each.links(request.user))) for each in plan.obstacles]
    context = {"run": run, "plan": plan, "obstacles": obstacles, "back": run.get_absolute_url()}
    return render(request, "registry/imports/import_undo.html", context)
