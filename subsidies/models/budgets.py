"""Yearly budgets of the stipends of subdistricts."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import Record, ScopedQuerySet, Subdistrict


class BudgetQuerySet(ScopedQuerySet):
    scope_path = "subdistrict__communities"
    office_path = "subdistrict"


class Budget(Record):
    """年度预算: yuan for the stipends of one subdistrict in one year."""

    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(2000), MaxValueValidator(2999)])
    subdistrict = models.ForeignKey(Subdistrict, models.PROTECT, related_name="budgets", verbose_name=_("subdistrict"))
    amount = models.DecimalField(
        _("budget in yuan"), max_digits=14, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    source = models.CharField(_("source of funds"), max_length=100, blank=True)
    funds_document = models.CharField(_("document that grants the funds"), max_length=100, blank=True)
    account = models.CharField(_("budget account"), max_length=100, blank=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["-year", "subdistrict__code"]
        constraints = [
            models.UniqueConstraint("year", "subdistrict", name="budget_once_a_year"),
            models.CheckConstraint(name="budget_not_negative", condition=Q(amount__gte=0)),
        ]

    def __str__(self):
        return f"{self.subdistrict.name} {self.year}"

    @property
    def funds(self) -> str:
        """资金来源, 指标文号 and 预算科目 in one line, as papers name them; empty when none is given."""
        return " · ".join(filter(None, [self.source, self.funds_document, self.account]))
