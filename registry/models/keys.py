"""Which keys the database was written with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.audit import AuditEntry
from registry.models.base import Stamped


class KnownKey(Stamped):
    """A key of the environment, by its fingerprint: from which nothing of the key can be computed."""

    # INDEX_KEY and SEAL_KEY in use, and DATA_KEYS with a key's id; INDEX_KEY with the fingerprint of one that is being
    # rotated to, SEAL_KEY with that of a retired one.
    name = models.CharField(_("name"), max_length=100, unique=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=16)
    entry = models.ForeignKey(
        AuditEntry, models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("audit entry")
    )  # by which a SEAL_KEY was retired

    class Meta:
        verbose_name = _("known key")
        verbose_name_plural = _("known keys")
        ordering = ["name"]

    def __str__(self):
        return f"{self.name} {self.fingerprint}"
