"""The audit log: acts that leave no row version of their own, such as an export or the display of an ID number."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import AppendOnly, Frozen
from jygroups.lib.digests import SealField
from jygroups.lib.encryption import EncryptedField, RowKeyField


class Act(models.TextChoices):
    EXPORT = "export", _("export")
    IMPORT = "import", _("import")
    ABANDON = "abandon", _("import abandoned")
    PREPARE = "prepare", _("month computed")
    CLOSE = "close", _("sheet closed")
    REVEAL = "reveal", _("number shown")
    FILE = "file", _("file opened")
    UNDO = "undo", _("change undone")
    MERGE = "merge", _("persons merged")
    REELECTION = "reelection", _("re-election")
    TRANSFER = "transfer", _("transfer between subdistricts")
    POST = "post", _("post given or ended")
    PASSWORD = "password", _("password reset")
    DISCARD = "discard", _("file discarded")
    SECOND_FACTOR = "second_factor", _("second factor")
    DELETE = "delete", _("record deleted")
    SIGN_IN = "sign_in", _("sign-in")
    SIGN_OUT = "sign_out", _("sign-out")
    SIGN_IN_FAILED = "sign_in_failed", _("failed sign-in")
    LOCKED = "locked", _("user locked")
    HEAD = "head", _("head of the chain issued")
    SIGNING_KEY = "signing_key", _("signing key made")
    BACKUP = "backup", _("backup written")
    RESTORE = "restore", _("backup restored")
    KEYS = "keys", _("key changed")
    ERASE = "erase", _("personal data erased")
    VIEW = "view", _("personal data viewed")
    SEARCH = "search", _("ID number searched for")
    PROVIDER_ACCOUNT = "provider_account", _("account at the identity provider")


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
    previous = SealField(max_length=64, blank=True)
    digest = SealField(max_length=64, unique=True)
    scheme = models.PositiveSmallIntegerField(default=1, editable=False)  # how the digest is made

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        permissions = [("verify_audit", "Can verify the audit log")]
        constraints = [AppendOnly(name="audit_entry_append_only")]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.get_act_display()} {self.subject}"


class SigningKey(models.Model):
    """签名密钥: an Ed25519 key pair; the newest signs, with the others older signatures are verified."""

    made_at = models.DateTimeField(_("made at"))
    public_key = models.CharField(_("public key"), max_length=44, unique=True)  # base64 of its 32 bytes
    private_key = EncryptedField()
    row_key = RowKeyField()
    # The key before signs the public key of the next one; empty for the first.
    endorsement = models.CharField(max_length=88, blank=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ["-id"]
        constraints = [
            Frozen(
                name="signing_key_fixed",
                closed="{row}.id IS NOT NULL",
                open_columns=("private_key",),
                closes_itself=True,
            )
        ]

    def __str__(self):
        return self.public_key


class IssuedHead(models.Model):
    """链头: the newest entry of the chain and the newest seals, signed and handed out."""

    at = models.DateTimeField(_("at"))
    entry = models.ForeignKey(AuditEntry, models.PROTECT, related_name="+", verbose_name=_("audit entry"))
    document = models.JSONField()  # what is signed
    signature = models.CharField(max_length=88)
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+", verbose_name=_("signing key"))

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = _("issued head")
        verbose_name_plural = _("issued heads")
        ordering = ["-id"]
        constraints = [AppendOnly(name="issued_head_append_only")]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.document['digest'][:12]}"
