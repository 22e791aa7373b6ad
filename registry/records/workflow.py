"""One pattern for records that go from state to state: a table of steps, one `take`, one signal after the commit.

To act on a step elsewhere (a message, a webhook, a job), connect a receiver to `step_taken` in a module that is named
SUBJECT_receivers.py: it is imported at the start.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.transitions import Transition
from registry.models import User
from registry.records import locks, versions

# After the commit. Sender: the model. Given: record, step, source (the state before), actor (None: the daily job),
# comment and at, the time of the step. An error of a receiver is logged and changes nothing.
step_taken = Signal()

Row = TypeVar("Row", bound=models.Model)
Effect = Callable[..., str | None]


class Workflow(Generic[Row]):
    """The steps of one model. `related` is read with the record under the lock."""

    def __init__(
        self, model: type[Row], steps: Mapping[Any, Transition], *, related: tuple[str, ...] = (), alone: bool = True
    ):
        self.model, self.steps, self.related = model, steps, related
        self.alone = alone  # whether neither a roster nor another sheet may change under the step
        self.effects: dict[Any, Effect] = {}

    def effect(self, step) -> Callable[[Effect], Effect]:
        """Register what else the step needs and does: called with the record, the actor and what was entered.

        It sets fields of the record, raises Refused, or ValidationError by the name of what was entered, and may
        return what the comment is to begin with.
        """

        def register(function: Effect) -> Effect:
            self.effects[step] = function
            return function

        return register

    @transaction.atomic
    def take(
        self, step, record: Row, *, actor: User | None, seen: int | None = None, comment: str = "", **entered
    ) -> Row:
        """Take the step, once. The record is read again under a lock.

        `seen` is the version on which the user decided; None where its state alone matters. Raises Overtaken where
        another user was first, Refused with what to do otherwise, ValidationError by the name of what was entered.
        """
        self.lock(record, seen)
        source = self.check(step, record, actor=actor, comment=comment)
        rule, effect = self.steps[step], self.effects.get(step)
        if effect and (said := effect(record, actor, **entered)):
            comment = f"{said} {comment}".strip()
        if rule.signature:
            setattr(record, rule.signature, actor)
        record.state = rule.target or source  # type: ignore[attr-defined]
        if effect or rule.target:
            self.save(step, record, actor, comment)
        self.record(step, record, source, actor=actor, comment=comment)
        return record

    def lock(self, record: Row, seen: int | None = None) -> None:
        """Read the record again and hold it to the end of the transaction. Raises Overtaken."""
        if self.alone:
            locks.hold(locks.WRITERS)
        rows = self.model._base_manager.select_for_update(of=("self",))
        if self.related:
            rows = rows.select_related(*self.related)
        try:
            record.refresh_from_db(from_queryset=rows)
        except self.model.DoesNotExist:  # type: ignore[attr-defined]
            raise Overtaken(_("It has been deleted.")) from None
        if seen is not None and seen != record.version:  # type: ignore[attr-defined]
            raise Overtaken(_("Another user has changed it; check it again."))

    def hold(self, record: Row, *states: Any, seen: int | None = None) -> None:
        """Lock the record, in one of the states, for a change that is no step. Raises Overtaken.

        What is set on it and not saved yet stays.
        """
        if self.alone:
            locks.hold(locks.WRITERS)
        stored: Any = self.model._base_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
        if stored is None:
            raise Overtaken(_("It has been deleted."))
        if stored.state not in states:
            words = {"record": stored, "state": stored.get_state_display()}
            raise Overtaken(_("%(record)s is now “%(state)s”.") % words)
        if seen is not None and seen != stored.version:
            raise Overtaken(_("Another user has changed it; check it again."))
        record.version = stored.version  # type: ignore[attr-defined]

    def check(self, step, record: Row, *, actor: User | None, comment: str = "") -> str:
        """The state from which the step leads. Raises Overtaken or Refused where it is not the actor's to take now."""
        rule = self.steps[step]
        if actor and not actor.has_perm(rule.permission, record):
            raise Refused(_("Your post does not include this step for %(record)s.") % {"record": record})
        state: str = record.state  # type: ignore[attr-defined]
        if state not in rule.sources:
            raise self._overtaken(record, rule)
        if actor and self.is_anothers(step, record, actor):
            raise Refused(_("You have signed %(record)s already; this step is another user's.") % {"record": record})
        if rule.needs_comment and not comment.strip():
            raise ValidationError({"comment": _("Say why, and what is to be corrected.")})
        return state

    def is_anothers(self, step, record: Row, actor: User) -> bool:
        """Whether the step is not the actor's, who has signed the record before."""
        return actor.pk in self.steps[step].excluded(record, self.steps)

    def _overtaken(self, record: Row, rule: Transition) -> Overtaken:
        who, at = self.last(record) or (None, None)
        words = {
            "record": record,
            "state": record.get_state_display(),  # type: ignore[attr-defined]
            "who": who or _("the system"),
            "when": date_format(timezone.localtime(at), "Y-m-d H:i") if at else "–",
        }
        if record.state == rule.target:  # type: ignore[attr-defined]
            return Overtaken(_("%(record)s is %(state)s already: %(who)s was first, at %(when)s.") % words)
        return Overtaken(_("%(record)s is %(state)s (%(who)s, %(when)s); this step is not open to it.") % words)

    def save(self, step, record: Row, actor: User | None, comment: str) -> None:
        """Save the record in its new state, with its version."""
        versions.save(record, actor=actor, reason=str(step.label))  # type: ignore[arg-type]

    def last(self, record: Row) -> tuple[User | None, Any] | None:
        """Who last changed the record, and when."""
        last = record.history.select_related("history_user").first()  # type: ignore[attr-defined]
        return (last.history_user, last.history_date) if last else None

    def record(
        self, step, record: Row, source: str, *, actor: User | None, comment: str = "", at: datetime | None = None
    ) -> None:
        """Report a step just taken, or taken at another time, to the receivers of `step_taken` after the commit."""
        words = {"record": record, "step": step, "source": source, "actor": actor, "comment": comment.strip()}
        words["at"] = at or clock.now()
        transaction.on_commit(partial(step_taken.send_robust, sender=self.model, **words))
