"""Which keys the database was written with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.base import Stamped


class KnownKey(Stamped):
    """A key of the environment, by its fingerprint: from which nothing of the key can be computed."""

    name = models.CharField(_("name"), max_length=100, unique=True)  # INDEX_KEY, or DATA_KEYS with the key's id
    fingerprint = models.CharField(_("fingerprint"), max_length=16)

    class Meta:
        verbose_name = _("known key")
        verbose_name_plural = _("known keys")
        ordering = ["name"]

    def __str__(self):
        return f"{self.name} {self.fingerprint}"
