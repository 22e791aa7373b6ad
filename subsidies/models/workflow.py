"""The approval history of a sheet: its confirmations, and each step of the approval flow."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import AppendOnly
from jygroups.lib.digests import SealField
from registry.models import Community, ScopedQuerySet
from subsidies.models.sheets import Sheet
from subsidies.models.signatures import signature
from subsidies.models.steps import State, Step


class EventQuerySet(ScopedQuerySet):
    scope_path = "sheet__subdistrict__communities"
    office_path = "sheet__subdistrict"


class SheetEvent(models.Model):
    """流转记录: one step of a sheet, from a state to a state; never changed."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="events", verbose_name=_("sheet"))
    step = models.CharField(_("step"), max_length=10, choices=Step)
    from_state = models.CharField(_("from"), max_length=10, choices=State)
    to_state = models.CharField(_("to"), max_length=10, choices=State)
    by = signature(_("by"), editable=True)
    at = models.DateTimeField(_("at"))
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet event")
        verbose_name_plural = _("sheet events")
        ordering = ["sheet", "id"]
        constraints = [AppendOnly(name="sheet_event_append_only")]

    def __str__(self):
        return f"{self.sheet} {self.get_step_display()}"


class ConfirmationQuerySet(ScopedQuerySet):
    scope_path = "community"


class Confirmation(models.Model):
    """社区确认: a community's confirmation of its lines; it lapses when they change."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="confirmations", verbose_name=_("sheet"))
    community = models.ForeignKey(Community, models.PROTECT, related_name="confirmations", verbose_name=_("community"))
    digest = SealField(max_length=64)  # of the lines that were confirmed
    lines = models.PositiveIntegerField(_("lines"))
    net = models.DecimalField(_("net"), max_digits=14, decimal_places=2)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["sheet", "id"]
        constraints = [AppendOnly(name="confirmation_append_only")]

    def __str__(self):
        return f"{self.sheet} {self.community}"
