"""Tasks: given to groups, changed, done."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.models import ResidentsGroup, Task, User
from registry.records import versions


@transaction.atomic
def give(groups: Iterable[ResidentsGroup], *, what: str, due_on: date, actor: User | None) -> list[Task]:
    """The same task for each of the groups, from today on. Raises ValidationError for a day before today."""
    today = clock.today()
    rows = [Task(group=group, what=what, given_on=today, due_on=due_on, given_by=actor) for group in groups]
    for row in rows:
        row.full_clean()
    versions.create(rows, actor=actor, reason=_("Task given"))
    return rows


def finish(task: Task, *, done_on: date, outcome: str, actor: User) -> None:
    """The group reports it as done, with the outcome. Raises ValidationError."""
    task.done_on, task.outcome = done_on, outcome
    versions.save(task, actor=actor, reason=_("Task done"))
