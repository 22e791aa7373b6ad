"""What every table of the registry has."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from jygroups.lib import clock
from jygroups.lib.constraints import Blank


class Stamped(models.Model):
    """A row with the times of its creation and last change."""

    created_at = clock.StampField(_("created at"), auto_now_add=True)
    updated_at = clock.StampField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class Edited(Stamped):
    """A row that people edit: its version shows the second of two users that another was first."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    # Of the version that the next save() stores.
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

    @property
    def _history_date(self):
        """The time of the version that the next save() stores."""
        return clock.now()


class VersionManager(HistoryManager):
    """Creates its class once for each queryset; the library does so for each version that is read or written."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class, class_name=None):
        return super().from_queryset(queryset_class, class_name)


# As SQL: two users have agreed to erase, by this rule, what the version is of.
AGREED = (
    "EXISTS (SELECT 1 FROM registry_erasedrow part JOIN registry_erasure act ON act.id = part.erasure_id "
    "WHERE part.subject = OLD.{key} AND act.rule = '{rule}' AND act.state IN ('agreed', 'done'))"
)


@dataclass(frozen=True)
class Blanked:
    """The values that fields take once the period of a rule of retention is over, in the row and in all its versions.

    `rule` is a ProvisionKey; `key` the column that has the key of the person, or of what else the rule is about.
    """

    rule: str
    values: Mapping[str, str | None]
    key: str = "id"


class Record(Edited):
    """An edited row each of whose versions is stored, with who, when and why.

    Its default manager has `visible_to(user, perm)`; manage.py check reports a record without.
    """

    # The permission to change such a row where it is not the one named after the model; empty: no user changes it.
    changed_with: ClassVar[str | None] = None
    # The word for it in the address of its history; empty: its history has no page.
    history_page: ClassVar[str] = ""
    # What of it is blanked by rules of retention; registry/records/retention.py has the rules.
    blanked: ClassVar[tuple[Blanked, ...]] = ()

    history = HistoricalRecords(inherit=True, history_manager=VersionManager)

    class Meta:
        abstract = True

    @classmethod
    def change_permission(cls) -> str:
        """The permission to change, and so to undo a change of, such a row; empty where no user does."""
        return f"{cls._meta.app_label}.change_{cls._meta.model_name}" if cls.changed_with is None else cls.changed_with

    @classmethod
    def blanks(cls) -> tuple[Blank, ...]:
        """What an erasure may do to the versions; the reason of each goes with the values."""
        return tuple(
            Blank(name, value, AGREED.format(key=each.key, rule=each.rule), "registry_erasedrow")
            for each in cls.blanked
            for name, value in {**each.values, "history_change_reason": ""}.items()
        )


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
