"""Tasks that the committee gave and nobody has done 〔二(八)〕."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from registry.compliance.kinds import Finding, Kind
from registry.models import Task, User


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
            Kind.TASKS_OVERDUE,
            place=f"{community.name}{group.name}",
            text=text % {"count": len(late), "day": late[0].due_on, "what": late[0].what},
            url=late[0].get_absolute_url() if len(late) == 1 else f"{reverse('tasks')}?state=overdue&group={group.pk}",
            community=community.pk,
            group=group.pk,
        )
