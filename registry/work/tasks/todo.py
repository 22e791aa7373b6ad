"""Tasks as lines of the workbench."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import Task, User
from registry.records.todo import FEW, Line, Urgency, source


@source(75, needs="registry.finish_task")
def tasks(user: User, today: date) -> list[Line]:
    """What the user's own groups are to do and is not overdue: that is a finding."""
    rows = Task.objects.visible_to(user).open().filter(group__in=user.reach("registry.finish_task").groups)
    found = list(rows.exclude(due_on__lt=today).order_by("due_on", "pk"))
    if len(found) > FEW:
        words = ngettext("%(count)s task to be done", "%(count)s tasks to be done", len(found)) % {"count": len(found)}
        return [Line(Urgency.YOU, words, f"{reverse('tasks')}?state=open", _("See"))]
    words = _("To be done by %(day)s: %(what)s")
    return [
        Line(Urgency.YOU, words % {"day": each.due_on, "what": each.what}, each.get_absolute_url(), _("See the task"))
        for each in found
    ]
