"""Files that people hand in: what they are called and are; their content lies in jygroups.lib.store."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.store import StoredDigestField
from registry.models.areas import ScopedQuerySet
from registry.models.base import Blanked, Record
from registry.models.members import Member


class StoredFile(Record):
    """A row that knows of a content in the store."""

    name = models.CharField(_("file name"), max_length=100)
    size = models.PositiveIntegerField(_("size"), help_text=_("Bytes."))
    content_type = models.CharField(_("content type"), max_length=100, editable=False)
    digest = StoredDigestField(max_length=64, db_index=True, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, verbose_name=_("added by")
    )

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")


class FileKind(models.TextChoices):
    IDENTITY = "identity", _("identity document")
    BANK_CARD = "bank_card", _("bank card")
    EMPLOYMENT = "employment", _("evidence of employment")
    ELECTION = "election", _("election record")
    OTHER = "other", _("other")


class FileQuerySet(ScopedQuerySet):
    scope_path = "member__community"  # they go with the record, not with every office


class MemberFile(StoredFile):
    """材料: a paper of a person's, as it was handed in."""

    history_page = "file"
    changed_with = "registry.add_memberfile"
    blanked = tuple(
        Blanked(rule, {"name": "", "title": ""}, key="member_id") for rule in ("keep_files", "keep_identity")
    )

    member = models.ForeignKey(Member, models.PROTECT, related_name="files", verbose_name=_("member"))
    title = models.CharField(_("title"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=FileKind)

    objects = FileQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        abstract = False
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self):
        return self.title
