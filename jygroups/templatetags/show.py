"""How values look on a page; built into every template."""

from datetime import date
from decimal import Decimal

from django import template
from django.forms import BoundField, Select
from django.utils.formats import date_format

from jygroups.lib import id_numbers
from jygroups.lib.months import Month

register = template.Library()


@register.filter
def money(amount: Decimal | None) -> str:
    """1,250.00; zero is –, none is empty."""
    if amount is None:
        return ""
    return f"{amount:,.2f}" if amount else "–"


@register.filter
def month(value: Month | date) -> str:
    """2024年5月, or as the language has it."""
    return date_format(value.first_day if isinstance(value, Month) else value, "YEAR_MONTH_FORMAT")


@register.filter
def day(value: date | None) -> str:
    """2024-05-20; none is empty."""
    return value.isoformat() if value else ""


@register.filter
def masked(number: str) -> str:
    """6202**********1234."""
    return id_numbers.masked(number)


@register.filter
def ends(number: str) -> str:
    """6228…1234: the same where room is short."""
    return f"{number[:4]}…{number[-4:]}" if len(number) > 8 else masked(number)


@register.filter
def control(field: BoundField):
    """The form field's widget, dressed for the page."""
    classes = "form-select" if isinstance(field.field.widget, Select) else "form-control"
    return field.as_widget(attrs={"class": f"{classes} is-invalid" if field.errors else classes})
