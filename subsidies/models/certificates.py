"""Certificates of a sheet: a second method has decided each of its lines again, with the same results."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.constraints import AppendOnly
from jygroups.lib.digests import SealField
from subsidies.models.sheets import Sheet


class Certificate(models.Model):
    """复算证明: it stands for the lines whose digests `lines_digest` covers, and for no others."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="certificates", verbose_name=_("sheet"))
    at = models.DateTimeField(_("at"))
    lines = models.PositiveIntegerField(_("lines"))
    gross = models.DecimalField(_("gross"), max_digits=14, decimal_places=2)
    method = models.CharField(_("method"), max_length=40)
    method_version = models.PositiveIntegerField(_("version"))
    lines_digest = SealField(max_length=64)  # of the digests of the lines, in their order
    digest = SealField(max_length=64)  # keyed, over all that the certificate says

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["sheet", "id"]
        constraints = [AppendOnly(name="certificate_append_only")]

    def __str__(self):
        return f"{self.sheet} {self.digest[:12]}"
