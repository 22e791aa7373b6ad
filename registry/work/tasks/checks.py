"""What the committee gives a group is done in time 〔二(八)〕."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import Task, User
from registry.records.duties import MATTERS, MeasureContext, Measured, Period, duty, in_time
from registry.records.findings import Finding, Kind, check

TASKS_OVERDUE = Kind(
    "tasks-overdue",
    220,
    word=gettext_lazy("Tasks overdue"),
    several=ngettext_lazy("%(count)s group with overdue tasks", "%(count)s groups with overdue tasks", "count"),
    act=gettext_lazy("See the task"),
    fixed_by_group="registry.finish_task",
)


@check(TASKS_OVERDUE, needs=["registry.view_task"])
def overdue(user: User, day: date) -> Iterator[Finding]:
    """One for each group that is behind with what it was given."""
    rows = Task.objects.visible_to(user).overdue(day).select_related("group__committee__community")
    in_order = rows.order_by("group__committee__community__code", "group__ordinal", "group", "due_on")
    for group, of_it in groupby(in_order, key=lambda task: task.group):
        late = list(of_it)
        text = (
            _("has %(count)s tasks overdue") if len(late) > 1 else _("has not done what was due on %(day)s: %(what)s")
        )
        community = group.committee.community
        yield Finding(
            TASKS_OVERDUE,
            place=f"{community.name}{group.name}",
            text=text % {"count": len(late), "day": late[0].due_on, "what": late[0].what},
            url=late[0].get_absolute_url() if len(late) == 1 else f"{reverse('tasks')}?state=overdue&group={group.pk}",
            community=community.pk,
            group=group.pk,
        )


@duty(
    "tasks",
    "二(八)",
    gettext_lazy("Given"),
    gettext_lazy("What the committee gives is done in time"),
    MATTERS,
    Period.ALWAYS,
    "tasks",
)
def tasks_done(context: MeasureContext) -> Iterator[Measured]:
    """What the committee gave, done by the day that was set."""
    rows = Task.objects.filter(
        withdrawn=False, group__in=context.groups, due_on__range=(context.half.first_day, context.day)
    )
    return in_time(rows.exclude(due_on=context.today, done_on=None), Q(done_on__lte=F("due_on")))
