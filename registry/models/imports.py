"""Imports: a file that somebody has given in, what it would do, and what it did."""

import json
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib import clock
from jygroups.lib.digests import UnstoredIndexField
from jygroups.lib.encryption import EncryptedField, EncryptedFileField, RowKeyField
from registry.models.areas import Community, ScopedQuerySet
from registry.models.base import Stamped
from registry.models.bodies import ResidentsCommittee, ResidentsGroup

LONGEST_NAME = 200  # characters, of an import
SILENT = timedelta(minutes=1)  # after which work without a report of progress counts as dead


class ImportKind(models.TextChoices):
    ROSTER = "roster", _("roster")
    GROUPS = "groups", _("groups and buildings")


class ImportState(models.TextChoices):
    """Where an import stands; in the first and the fourth the machine is at work."""

    UPLOADED = "uploaded", _("being checked")
    REFUSED = "refused", _("has problems")
    CHECKED = "checked", _("to be confirmed")
    CONFIRMED = "confirmed", _("being loaded")
    LOADED = "loaded", _("loaded")
    NOTHING = "nothing", _("nothing to load")
    FAILED = "failed", _("broken off")
    UNDONE = "undone", _("undone")
    ABANDONED = "abandoned", _("abandoned")


class RowKind(models.TextChoices):
    """What becomes of a row of the file."""

    WRONG = "wrong", _("wrong")
    NEW = "new", _("new")
    CHANGED = "changed", pgettext_lazy("of an import", "changed")
    UNCHANGED = "unchanged", _("unchanged")


AT_WORK = [ImportState.UPLOADED, ImportState.CONFIRMED]
WAITING = [ImportState.REFUSED, ImportState.CHECKED, ImportState.FAILED]  # for their user
QUESTIONABLE = [ImportState.REFUSED, ImportState.CHECKED, ImportState.NOTHING]  # columns can be chosen, and cleared


class ImportQuerySet(ScopedQuerySet):
    scope_path = "communities"

    def within(self, reach) -> Q:
        """Imports all of whose communities are reached: their files have people of each of them."""
        beyond = self.model._base_manager.filter(communities__in=Community.objects.exclude(pk__in=reach.communities))
        return super().within(reach) & ~Q(pk__in=beyond.values("pk"))

    def needing_attention(self) -> Self:
        """Those that somebody has to do something about: correct the file, confirm, or start again."""
        at_work: Any = self.filter(state__in=AT_WORK)
        return self.filter(Q(state__in=WAITING) | Q(pk__in=[run.pk for run in at_work if run.is_dead]))


class ImportManager(models.Manager.from_queryset(ImportQuerySet)):  # type: ignore[misc]
    """Leaves what is large where it is until it is asked for."""

    def get_queryset(self):
        return super().get_queryset().defer("file", "corrections", "written")


class ImportRun(Stamped):
    """导入: one file, from its upload to what became of it.

    The file holds ID numbers: it is stored encrypted and deleted after some days, as is the content of its rows.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ImportKind)
    name = models.CharField(_("file"), max_length=LONGEST_NAME)
    file = EncryptedFileField(blank=True, default=b"")
    row_key = RowKeyField()
    digest = UnstoredIndexField(max_length=64, editable=False, help_text=_("Keyed; tells the same file again."))
    communities = models.ManyToManyField(
        Community,
        related_name="+",
        verbose_name=_("communities"),
        help_text=_("Where it may write: those of the user at the upload."),
    )
    language = models.CharField(max_length=10, help_text=_("In which its findings are told."))
    address = models.GenericIPAddressField(_("address"), null=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("confirmed by")
    )
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.UPLOADED)
    loaded_at = models.DateTimeField(_("loaded at"), null=True)

    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(pgettext_lazy("of an import", "changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    wrong = models.PositiveIntegerField(_("wrong"), default=0)
    warned = models.PositiveIntegerField(_("with warnings"), default=0)
    account = models.CharField(
        _("rows of the file"), max_length=1000, blank=True, help_text=_("What became of each row, in words.")
    )
    unread = models.JSONField(default=dict, help_text=_("Columns that were not found, and titles that are not known."))
    chosen = models.JSONField(default=dict, help_text=_("By column the title of the file that was chosen for it."))
    corrections = EncryptedFileField(
        blank=True, default=b"", help_text=_("As JSON by row number and column the texts in place of the file's.")
    )
    findings = models.JSONField(default=list, help_text=_("Of the file as a whole: column, message, is it a warning."))
    questions = models.JSONField(default=list, help_text=_("Who may be registered already, and what was answered."))
    outcome = UnstoredIndexField(max_length=64, help_text=_("Digest of what was shown to be confirmed."))
    moved = models.BooleanField(default=False, help_text=_("The register moved on before it was loaded."))
    written = models.JSONField(default=dict, help_text=_("For each model the versions it wrote, by row."))

    objects = ImportManager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        permissions = [("import_appointment", "Can import a roster"), ("import_residentsgroup", "Can import groups")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("import-run", args=[self.pk])

    @property
    def corrected(self) -> dict[int, dict[str, str]]:
        """By row number and column the texts that stand in place of the file's."""
        stored = json.loads(bytes(self.corrections) or b"{}")
        return {int(number): texts for number, texts in stored.items()}

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def is_open(self) -> bool:
        return self.state in WAITING

    @property
    def takes_choices(self) -> bool:
        """Whether its user may choose what columns mean, and answer its questions."""
        return self.state in QUESTIONABLE

    @property
    def progress_key(self) -> str:
        """Of what the work on it has reported, in the cache."""
        return f"import-{self.pk}"

    @property
    def is_dead(self) -> bool:
        """Whether it should be at work, and has reported nothing for SILENT."""
        is_old = self.updated_at < clock.now() - SILENT
        return self.is_at_work and is_old and cache.get(self.progress_key) is None

    @property
    def meaning(self) -> str:
        """Which of the four meanings of pages its state has."""
        if self.state in (ImportState.LOADED, ImportState.NOTHING):
            return "done"
        if self.state in (ImportState.REFUSED, ImportState.FAILED):
            return "wrong"
        return "you" if self.state == ImportState.CHECKED else "others"

    @property
    def to_write(self) -> int:
        """Rows that loading adds or changes."""
        return self.new + self.changed


class ImportRow(models.Model):
    """A row of an import's file, with what becomes of it; registry.imports.outcomes reads its content."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(_("row"), help_text=_("In the file."))
    kind = models.CharField(_("kind"), max_length=10, choices=RowKind)
    is_warned = models.BooleanField(default=False)
    content = EncryptedField()
    row_key = RowKeyField()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint("run", "number", name="import_row_once")]

    def __str__(self):
        return f"{self.run} {self.number}"


class PastedRowsQuerySet(models.QuerySet):
    def unsaved(self, user) -> Self:
        """Those that the user has pasted and not saved, the newest first."""
        return self.filter(by=user, is_current=True)


class PastedRows(Stamped):
    """Rows that a user has pasted for a body and not saved yet; read by registry.imports.pasted.

    They hold ID numbers: they are stored encrypted, and deleted once they are saved, given up or some days old.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    committee = models.ForeignKey(ResidentsCommittee, models.CASCADE, related_name="+", null=True)
    group = models.ForeignKey(ResidentsGroup, models.CASCADE, related_name="+", null=True)
    content = EncryptedFileField()
    row_key = RowKeyField()
    is_current = models.BooleanField(
        default=True, help_text=_("False for one kept for an older page in the browser, with other columns.")
    )

    objects = PastedRowsQuerySet.as_manager()

    class Meta:
        verbose_name = _("pasted rows")
        verbose_name_plural = _("pasted rows")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(committee=None) ^ Q(group=None), name="pasted_rows_of_one_body")
        ]

    def __str__(self):
        return str(self.committee or self.group)

    def get_absolute_url(self):
        name = "group-paste" if self.group_id else "committee-paste"
        return f"{reverse(name, args=[self.group_id or self.committee_id])}?draft={self.pk}"

    @property
    def place(self) -> str:
        """The body with its community."""
        if self.group:
            return f"{self.group.committee.community} {self.group}"
        return str(self.committee)
