"""What every table of the registry has."""

from functools import cache
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords


class Stamped(models.Model):
    """A row that says when it was made and last changed."""

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class Edited(Stamped):
    """A row that people edit: its version shows the second of two users that another was first."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    # Of the version that the next saving keeps.
    _history_user: Any
    _change_reason: str

    class Meta:
        abstract = True

    def save(self, *args, update_fields=None, **kwargs):
        if not self._state.adding:
            self.version += 1
            if update_fields is not None:
                update_fields = {*update_fields, "version", "updated_at"}
        super().save(*args, update_fields=update_fields, **kwargs)


class VersionManager(HistoryManager):
    """Creates its class once for each queryset; the library does so for each version that is read or written."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class, class_name=None):
        return super().from_queryset(queryset_class, class_name)


class Record(Edited):
    """An edited row each of whose versions is kept, with who, when and why.

    Its default manager has `visible_to(user, perm)`; manage.py check reports a record without.
    """

    # The permission to change such a row where it is not the one named after the model; empty: no user changes it.
    changed_with: ClassVar[str | None] = None
    # The word for it in the address of its history; empty: its history has no page.
    history_page: ClassVar[str] = ""

    history = HistoricalRecords(inherit=True, history_manager=VersionManager)

    class Meta:
        abstract = True

    @classmethod
    def change_permission(cls) -> str:
        """The permission to change, and so to undo a change of, such a row; empty where no user does."""
        return f"{cls._meta.app_label}.change_{cls._meta.model_name}" if cls.changed_with is None else cls.changed_with


def on_day(day, prefix="") -> Q:
    """Rows whose first to last day, both inclusive, hold the day; no last day means no end."""
    return Q(**{f"{prefix}first_day__lte": day}) & (
        Q(**{f"{prefix}last_day": None}) | Q(**{f"{prefix}last_day__gte": day})
    )


def days_in_order(name: str) -> models.CheckConstraint:
    """The last day is not before the first; either may be unknown."""
    return models.CheckConstraint(
        name=name,
        condition=Q(first_day=None) | Q(last_day=None) | Q(last_day__gte=models.F("first_day")),
        violation_error_message=_("The last day is before the first."),
    )
