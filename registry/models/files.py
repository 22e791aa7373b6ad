"""Files kept with a person's record."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.encryption import EncryptedFileField
from registry.models.areas import ScopedQuerySet
from registry.models.base import Record
from registry.models.members import Member


class FileKind(models.TextChoices):
    IDENTITY = "identity", _("identity document")
    BANK_CARD = "bank_card", _("bank card")
    EMPLOYMENT = "employment", _("evidence of employment")
    ELECTION = "election", _("election record")
    OTHER = "other", _("other")


class FileQuerySet(ScopedQuerySet):
    scope_path = "member__community"  # they go with the record, not with every office


class MemberFile(Record):
    """材料: a paper of a person's, as it was handed in. Its content is apart, so that lists and versions are light."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="files", verbose_name=_("member"))
    title = models.CharField(_("title"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=FileKind)
    name = models.CharField(_("file name"), max_length=100)
    size = models.PositiveIntegerField(_("size"), help_text=_("Bytes."))
    content_type = models.CharField(_("content type"), max_length=100, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("added by")
    )

    objects = FileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["-created_at", "-id"]

    def __str__(self):
        return self.title


class FileContent(models.Model):
    """What is in a file, sealed; gone with it."""

    file = models.OneToOneField(MemberFile, models.CASCADE, related_name="content")
    data = EncryptedFileField()

    def __str__(self):
        return self.file.title
