"""What committees give their groups to do 〔二(八)〕: given to several at once, done by each."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import tables
from registry.access.shortcuts import get_permitted
from registry.models import Task
from registry.people.registers.tables import CommunityColumn, GroupColumn
from registry.records import versions
from registry.records.pages import ListPage, answer
from registry.work.tasks import services
from registry.work.tasks.forms import DoneForm, GiveForm, TaskFilters, TaskForm

FULL = Task.objects.select_related("group__committee__community__subdistrict", "given_by")


class TaskTable(tables.Table):
    what = tables.Column(key=True, short=False, verbose_name=gettext_lazy("What is to be done"))
    community = CommunityColumn("group__committee__community")
    group = GroupColumn()
    given_on = tables.DayColumn(verbose_name=gettext_lazy("Given on"))
    due_on = tables.DayColumn(verbose_name=gettext_lazy("To be done by"))
    state = tables.Column(verbose_name=gettext_lazy("State"), empty_values=(), orderable=False)
    done_on = tables.DayColumn(verbose_name=gettext_lazy("Done on"))
    outcome = tables.Column(verbose_name=gettext_lazy("What came of it"), short=False)

    def render_what(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.what)

    def value_what(self, value):
        return value

    def render_state(self, record):
        meaning, word = record.meaning(timezone.localdate())
        signs = {"done": "✓", "wrong": "▲", "you": "●", "others": "○"}
        return format_html(
            '<span class="meaning meaning-{}"><span aria-hidden="true">{}</span>{}</span>',
            meaning,
            signs[meaning],
            word,
        )

    def value_state(self, record):
        return record.meaning(timezone.localdate())[1]


class Tasks(ListPage):
    model = Task
    permission_required = "registry.view_task"
    title = gettext_lazy("Tasks given to groups")
    empty = gettext_lazy("Nothing has been given to the groups yet.")
    template_name = "registry/tasks.html"
    table_class = TaskTable
    filterset_class = TaskFilters
    chosen = ("community", "group", "given_on", "due_on", "state", "done_on")
    first_filters = ("q", "subdistrict", "community", "group", "state")

    def get_queryset(self):
        return super().get_queryset().select_related("group__committee__community")


@require_safe
@permission_required("registry.view_task", raise_exception=True)
def task(request, pk):
    row = get_object_or_404(FULL.visible_to(request.user), pk=pk)
    meaning, word = row.meaning(timezone.localdate())
    return render(
        request,
        "registry/task.html",
        {
            "task": row,
            "meaning": meaning,
            "word": word,
            "may_finish": request.user.has_perm("registry.finish_task", row) and not (row.done_on or row.withdrawn),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_task", raise_exception=True)
def give(request):
    form = GiveForm(request.POST or None, user=request.user, initial={"groups": request.GET.getlist("group")})
    if form.is_valid():
        said = form.cleaned_data
        rows = services.give(said["groups"], what=said["what"], due_on=said["due_on"], actor=request.user)
        text = ngettext("The task is given to %(count)s group.", "The task is given to %(count)s groups.", len(rows))
        messages.success(request, text % {"count": len(rows)})
        return redirect("tasks")
    return answer(request, form, title=_("Give a task"), submit=_("Give"))


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_task", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    row = get_permitted(request, FULL, "registry.change_task", pk=pk)
    form = TaskForm(request.POST or None, instance=row)
    if form.is_valid():
        if form.edited:
            versions.save(form.save(commit=False), actor=request.user, reason=_("Task changed"))
            messages.success(request, _("The task is changed."))
        return redirect(row)
    return answer(request, form, title=_("Change a task"), back=row.get_absolute_url())


@require_http_methods(["GET", "POST"])
@permission_required("registry.finish_task", raise_exception=True)
@transaction.atomic
def finish(request, pk):
    row = get_permitted(request, FULL, "registry.finish_task", pk=pk)
    if row.done_on or row.withdrawn:
        messages.info(request, _("This task is done or withdrawn already."))
        return redirect(row)
    form = DoneForm(request.POST or None, task=row)
    if form.is_valid():
        services.finish(row, actor=request.user, **form.cleaned_data)
        messages.success(request, _("The task is done: %(what)s") % {"what": row.what})
        return redirect(row)
    context = {"title": _("A task is done"), "sentence": row.what, "submit": _("Done")}
    return answer(request, form, back=row.get_absolute_url(), **context)
