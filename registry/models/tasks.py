"""What a residents' committee gives its groups to do 〔二(一)(八)〕, and what came of it."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models.areas import ScopedQuerySet
from registry.models.base import Record
from registry.models.bodies import ResidentsGroup


class TaskQuerySet(ScopedQuerySet):
    scope_path = "group__committee__community"
    group_path = "group"

    def open(self) -> Self:
        """Neither done nor withdrawn."""
        return self.filter(done_on=None, withdrawn=False)

    def overdue(self, day: date) -> Self:
        return self.open().filter(due_on__lt=day)


class Task(Record):
    """交办事项: one thing for one group, from the day it is given to the day, inclusive, by which it is to be done."""

    history_page = "task"

    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="tasks", editable=False, verbose_name=_("residents' group")
    )
    what = models.CharField(_("what is to be done"), max_length=300)
    given_on = models.DateField(_("given on"), editable=False)
    due_on = models.DateField(_("to be done by"))
    withdrawn = models.BooleanField(
        _("withdrawn"), default=False, help_text=_("It need not be done any more; it stays on record.")
    )
    done_on = models.DateField(_("done on"), null=True, blank=True)
    outcome = models.CharField(_("what came of it"), max_length=500, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("given by"),
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task of a group")
        verbose_name_plural = _("tasks of groups")
        ordering = ["-given_on", "-pk"]
        permissions = [("finish_task", "Can say that a task is done")]
        constraints = [
            models.CheckConstraint(
                name="task_due_after_it_is_given",
                condition=Q(due_on__gte=models.F("given_on")),
                violation_error_message=_("It would be due before it was given."),
            ),
            models.CheckConstraint(
                name="task_done_after_it_is_given",
                condition=Q(done_on=None) | Q(done_on__gte=models.F("given_on")),
                violation_error_message=_("It would be done before it was given."),
            ),
            models.CheckConstraint(
                name="task_done_with_an_outcome",
                condition=Q(done_on=None) | ~Q(outcome=""),
                violation_error_message=_("Say what came of it."),
            ),
        ]

    def __str__(self):
        return self.what

    def get_absolute_url(self):
        return reverse("task", args=[self.pk])

    @property
    def is_open(self) -> bool:
        """Neither done nor withdrawn."""
        return self.done_on is None and not self.withdrawn

    def is_overdue(self, day: date) -> bool:
        return self.is_open and self.due_on < day

    def meaning(self, day: date) -> tuple[str, str]:
        """How it stands: the meaning of the badge, and its word."""
        if self.withdrawn:
            return "others", str(_("withdrawn"))
        if self.done_on:
            return "done", str(_("done"))
        return ("wrong", str(_("overdue"))) if self.is_overdue(day) else ("you", str(_("to be done")))
