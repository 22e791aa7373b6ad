"""Which keys the database was written with."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import Guard
from registry.models.audit import AuditEntry
from registry.models.base import Stamped


class ChangedByRotation(Guard):
    """No known key is deleted or begins as retired; only its state changes, by a newer entry of a rotation of its kind.

    Of the entry the digest is not verified here: `verify_audit` does.
    """

    def refused(self, model, connection):
        columns = ("id", "kind", "key_id", "fingerprint", "created_at")
        fixed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in columns)
        rotation = """SELECT 1 FROM registry_auditentry entry WHERE entry.id = NEW.entry_id AND entry.act = 'keys'
            AND entry.id > COALESCE(OLD.entry_id, 0)
            AND CAST(entry.details AS text) LIKE '%"what": "' || OLD.kind || '"%'"""
        return {
            "insert": "NEW.state = 'retired'",
            "update": f"OLD.state = 'retired' OR NEW.state = 'next' OR {fixed} OR NOT EXISTS ({rotation})",
            "delete": "1 = 1",
        }


class KnownKey(Stamped):
    """A key of the environment, by its fingerprint: from which nothing of the key can be computed."""

    class Kind(models.TextChoices):
        """The variables of the environment."""

        DATA = "DATA_KEYS"
        INDEX = "INDEX_KEY"
        SEAL = "SEAL_KEY"

    class State(models.TextChoices):
        IN_USE = "in_use", _("in use")
        NEXT = "next", _("being rotated to")
        RETIRED = "retired", _("retired")  # a SEAL_KEY is needed all the same, to verify

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key_id = models.CharField(_("ID of the key"), max_length=100, blank=True)  # of DATA_KEYS
    fingerprint = models.CharField(_("fingerprint"), max_length=16)
    state = models.CharField(_("state"), max_length=10, choices=State)
    entry = models.ForeignKey(
        AuditEntry, models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("audit entry")
    )  # by which it got its state; of a key that was never rotated, the newest one when it was recorded

    class Meta:
        verbose_name = _("known key")
        verbose_name_plural = _("known keys")
        ordering = ["kind", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(state="in_use"), name="known_key_in_use_once"),
            models.UniqueConstraint(
                fields=["kind", "fingerprint"], condition=~Q(state="retired"), name="known_key_needed_once"
            ),
            ChangedByRotation(name="known_key_changed_by_rotation"),
        ]

    def __str__(self):
        return f"{self.label} {self.fingerprint}"

    @property
    def label(self) -> str:
        """By which a backup names the key."""
        if self.kind == self.Kind.DATA:
            return f"{self.kind} {self.key_id}"
        return self.kind if self.state == self.State.IN_USE else f"{self.kind} {self.fingerprint}"
