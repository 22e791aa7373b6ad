"""Bank templates (代发文件模板): how a bank's file is written, and how its answers are read."""

import re
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models import CityWideQuerySet, Record


class BankFileKind(models.TextChoices):
    TEXT = "text", _("text")
    XLSX = "xlsx", _("workbook (xlsx)")
    XLS = "xls", _("old workbook (xls)")

    @property
    def ending(self) -> str:
        return "txt" if self == self.TEXT else self.value


class Content(models.TextChoices):
    """What a column of a bank's file holds."""

    ORDINAL = "ordinal", _("ordinal number")
    NAME = "name", _("full name")
    ACCOUNT = "account", _("account number")
    AMOUNT = "amount", _("amount")
    ID_NUMBER = "id_number", _("ID number")
    BANK = "bank", _("bank of deposit")
    BANK_CODE = "bank_code", _("interbank number")
    COMMUNITY = "community", _("community")
    REMARK = "remark", _("month and purpose")
    TEXT = "text", _("fixed text")


class Encoding(models.TextChoices):
    UTF_8 = "utf-8", "UTF-8"
    GB18030 = "gb18030", "GB18030"


class LineEnd(models.TextChoices):
    CRLF = "crlf", _("CR LF (Windows)")
    LF = "lf", _("LF")


PLACEHOLDERS = _(
    "Filled in where it stands in the line: {count} people, {total} in yuan, {total_fen} in fen, {month} such as "
    "2024-05, {date} of the payment such as 20240531. Empty: no such line."
)


class BankTemplate(Record):
    """银行文件模板: how a bank wants a payment written, and how its answer is read."""

    name = models.CharField(_("name of the template"), max_length=50, unique=True)
    kind = models.CharField(
        _("kind of file"),
        max_length=5,
        choices=BankFileKind,
        default=BankFileKind.TEXT,
        help_text=_("Choose the old workbook only for a bank that takes no newer one."),
    )
    columns = models.JSONField(_("columns"), default=list)  # of {content, title, text}, in order
    separator = models.CharField(
        _("separator"), max_length=3, default="|", help_text=_("Between two columns; \\t means a tab.")
    )
    ends_with_separator = models.BooleanField(_("each line ends with the separator too"), default=False)
    encoding = models.CharField(_("encoding"), max_length=10, choices=Encoding, default=Encoding.GB18030)
    line_end = models.CharField(_("line end"), max_length=4, choices=LineEnd, default=LineEnd.CRLF)
    header = models.CharField(_("first line"), max_length=200, blank=True, help_text=PLACEHOLDERS)
    footer = models.CharField(_("last line"), max_length=200, blank=True, default="", help_text=PLACEHOLDERS)
    has_titles = models.BooleanField(_("a line with the columns' titles"), default=True)
    has_total = models.BooleanField(_("a last line with count and total"), default=False)
    rows_per_file = models.PositiveIntegerField(
        _("most people in a file"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("More of them go into further files, handed out as one zip. Empty: no limit."),
    )
    in_fen = models.BooleanField(_("amounts in fen"), default=False, help_text=_("Otherwise in yuan: 350.00."))
    longest_name = models.PositiveSmallIntegerField(
        _("longest name in bytes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(6)],
        help_text=_("In the file's encoding: a Chinese character has 2 bytes in GB18030 and 3 in UTF-8."),
    )
    largest_amount = models.DecimalField(
        _("largest amount for one person, in yuan"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    banks = models.CharField(
        _("names of the bank"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("As people's bank of deposit contains them, with commas between. Used for one file for each bank."),
    )
    bank_codes = models.TextField(
        _("interbank numbers"),
        blank=True,
        default="",
        help_text=_("One line for each bank of deposit: name=number. Used by the column with the interbank number."),
    )
    source = models.TextField(_("where the format is described"), blank=True, default="")
    answer = models.JSONField(_("columns of the bank's answer"), default=dict, blank=True)  # learnt from the first

    objects = CityWideQuerySet.as_manager()

    class Meta:
        verbose_name = _("bank template")
        verbose_name_plural = _("bank templates")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("bank-template", args=[self.pk])

    @property
    def bank_names(self) -> list[str]:
        return [name for name in re.split(r"[,，、;；\s]+", self.banks) if name]
