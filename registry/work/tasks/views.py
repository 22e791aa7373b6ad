"""What committees give their groups to do 〔二(八)〕: given to several at once, done by each."""

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jygroups.lib import clock, tables
from registry.models import Task
from registry.people.registers.tables import CommunityColumn, GroupColumn
from registry.records.list_pages import ListPage
from registry.records.pages import DetailPage, EditPage, FormPage, Link
from registry.work.tasks import services
from registry.work.tasks.forms import DoneForm, GiveForm, TaskFilters, TaskForm

FULL = Task.objects.select_related("group__committee__community__subdistrict", "given_by")


class TaskTable(tables.Table):
    what = tables.Column(key=True, short=False, linkify=True, verbose_name=gettext_lazy("What is to be done"))
    community = CommunityColumn("group__committee__community")
    group = GroupColumn()
    given_on = tables.DayColumn(verbose_name=gettext_lazy("Given on"))
    due_on = tables.DayColumn(verbose_name=gettext_lazy("To be done by"))
    state = tables.BadgeColumn(
        lambda record: record.meaning(clock.today()), verbose_name=gettext_lazy("State"), orderable=False
    )
    done_on = tables.DayColumn(verbose_name=gettext_lazy("Done on"))
    outcome = tables.Column(verbose_name=gettext_lazy("What came of it"), short=False)


class Tasks(ListPage):
    model = Task
    permission_required = "registry.view_task"
    title = gettext_lazy("Tasks given to groups")
    empty = gettext_lazy("Nothing has been given to the groups yet.")
    links = (Link("task-give", gettext_lazy("Give a task"), "registry.add_task"),)
    table_class = TaskTable
    filterset_class = TaskFilters
    chosen = ("community", "group", "given_on", "due_on", "state", "done_on")
    first_filters = ("q", "subdistrict", "community", "group", "state")

    def get_queryset(self):
        return super().get_queryset().select_related("group__committee__community")


class TaskPage(DetailPage):
    permission_required = "registry.view_task"
    records = FULL
    parent = "tasks"
    facts = ("group", "given_on", "given_by", "due_on", "done_on", "outcome")
    links = (
        Link("task-done", gettext_lazy("It is done"), "registry.finish_task"),
        Link("task-edit", gettext_lazy("Edit"), "registry.change_task", is_main=False),
    )

    def get_context(self):
        context = super().get_context()
        context["meaning"], context["word"] = self.record.meaning(clock.today())
        if not self.record.is_open:
            context["links"] = [each for each in context["links"] if each.page != "task-done"]
        return context


class GiveTask(FormPage):
    permission_required = "registry.add_task"
    form_class = GiveForm
    title = gettext_lazy("Give a task")
    submit = gettext_lazy("Give")
    back = "tasks"

    def get_form_kwargs(self):
        return {"user": self.actor, "initial": {"groups": self.request.GET.getlist("group")}}

    def act(self, form):
        entered = form.cleaned_data
        rows = services.give(entered["groups"], what=entered["what"], due_on=entered["due_on"], actor=self.actor)
        text = ngettext("The task is given to %(count)s group.", "The task is given to %(count)s groups.", len(rows))
        messages.success(self.request, text % {"count": len(rows)})


class EditTask(EditPage):
    permission_required = "registry.change_task"
    records = FULL
    form_class = TaskForm
    title = gettext_lazy("Change a task")
    reason = gettext_lazy("Task changed")
    done = gettext_lazy("The task is changed.")


class FinishTask(FormPage):
    permission_required = "registry.finish_task"
    records = FULL
    form_class = DoneForm
    title = gettext_lazy("A task is done")
    sentence = "%(record)s"
    submit = gettext_lazy("Done")
    done = gettext_lazy("The task is done: %(record)s")

    def refusal(self):
        return "" if self.record.is_open else _("This task is done or withdrawn already.")

    def get_form_kwargs(self):
        return {"task": self.record}

    def act(self, form):
        services.finish(self.record, actor=self.actor, **form.cleaned_data)
