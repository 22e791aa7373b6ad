"""The audit log: acts that leave no row version of their own, such as an export or a look at an ID number."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import AppendOnly


class Act(models.TextChoices):
    EXPORT = "export", _("export")
    IMPORT = "import", _("import")
    PREPARE = "prepare", _("month computed")
    REVEAL = "reveal", _("number shown")
    FILE = "file", _("file opened")
    UNDO = "undo", _("change undone")
    MERGE = "merge", _("persons merged")
    REELECTION = "reelection", _("re-election")
    TRANSFER = "transfer", _("transfer between subdistricts")
    POST = "post", _("post given or ended")
    PASSWORD = "password", _("password set anew")
    DISCARD = "discard", _("file discarded")


class AuditQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """The whole log, to who reads it; to nobody else a part."""
        return self.all() if user.has_perm("registry.view_auditentry") else self.none()


class AuditEntry(models.Model):
    """审计: who did what, when and from where; each entry holds the digest of the one before."""

    at = models.DateTimeField(_("at"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("user")
    )
    address = models.GenericIPAddressField(_("address"), null=True)
    act = models.CharField(_("act"), max_length=20, choices=Act)
    subject = models.CharField(_("subject"), max_length=200)
    details = models.JSONField(_("details"), default=dict)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        constraints = [AppendOnly(name="audit_entry_append_only")]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.get_act_display()} {self.subject}"
