"""Files and photos of the groups' work."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models.activities import Activity
from registry.models.files import StoredFile
from registry.models.reports import Report
from registry.models.visits import Visit

# The kinds of records that have files: the field of each. One more has its foreign key, and its name here.
ATTACHED_TO = ("activity", "report", "visit")


class AttachmentQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """The files of the records that the user sees and may open."""
        visible = Q(pk__in=[])
        for name in ATTACHED_TO:
            if user.has_perm(f"registry.view_{name}"):
                rows = self.model._meta.get_field(name).related_model.objects.visible_to(user, perm)  # type: ignore[union-attr]
                visible |= Q(**{f"{name}__in": rows.order_by().values("pk")})
        return self.filter(visible)


class Attachment(StoredFile):
    """附件: a file or photo of one record of a group's work, visible to the users who see that record."""

    changed_with = ""

    activity = models.ForeignKey(
        Activity, models.CASCADE, related_name="attachments", null=True, blank=True, verbose_name=_("activity")
    )
    report = models.ForeignKey(
        Report, models.CASCADE, related_name="attachments", null=True, blank=True, verbose_name=_("report")
    )
    visit = models.ForeignKey(
        Visit, models.CASCADE, related_name="attachments", null=True, blank=True, verbose_name=_("visit")
    )

    objects = AttachmentQuerySet.as_manager()

    class Meta(StoredFile.Meta):
        abstract = False
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="attachment_of_one_record",
                condition=Q(
                    *(Q(**{f"{each}__isnull": each != name for each in ATTACHED_TO}) for name in ATTACHED_TO),
                    _connector=Q.OR,
                ),
                violation_error_message=_("A file belongs to one record."),
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("attachment", args=[self.pk])

    @property
    def removal_url(self) -> str:
        return reverse("attachment-remove", args=[self.pk])

    @property
    def record(self):
        """What it is a file of."""
        return next(getattr(self, name) for name in ATTACHED_TO if getattr(self, f"{name}_id"))
