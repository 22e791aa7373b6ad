"""How amounts and days are shown, on pages and in words."""

from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from jygroups.lib import names

LANGUAGE = "zh-hans"  # filed papers are in Chinese, for every user
# By how something concerns its reader: done, waiting for the reader, wrong, or a matter of others.
SIGNS = {"done": "✓", "you": "●", "wrong": "▲", "others": "○"}


def badge(meaning: str, word) -> str:
    """A word that stands out, by how it concerns the reader."""
    html = '<span class="meaning meaning-{}"><span aria-hidden="true">{}</span>{}</span>'
    return format_html(html, meaning, SIGNS[meaning], word)


def money(amount: Decimal | None) -> str:
    """1,250.00; zero is –, none is empty."""
    if amount is None:
        return ""
    return f"{amount:,.2f}" if amount else "–"


def exact(amount: Decimal) -> str:
    """The same in a sentence, of zero too: 1,250.00."""
    return f"{amount:,.2f}"


def signed(amount: Decimal | None) -> str:
    """A difference: +1,250.00 or −1,250.00; zero is –, none is empty."""
    if not amount:
        return money(amount)
    return f"{'+' if amount > 0 else '−'}{money(abs(amount))}"


def amount(value: Decimal) -> str:
    """The same inside a sentence or a chart: 1,250 or −1,250; cents only where there are any."""
    text = f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"
    return text.replace("-", "−")


def day(value: date | None) -> str:
    """2024-05-20; none is empty."""
    return value.isoformat() if value else ""


def moment(value: datetime | None) -> str:
    """2024-05-20 09:05, by the clock on the wall; none is empty."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def fact(record, name: str) -> tuple[str, object]:
    """A field of a record: its label, and its value as pages show it; an area leads to its page."""
    field, value = record._meta.get_field(name), getattr(record, name)
    if field.choices:
        value = getattr(record, f"get_{name}_display")()
    elif isinstance(value, bool):
        value = _("yes") if value else _("no")
    elif isinstance(value, datetime):
        value = moment(value)
    elif isinstance(value, date):
        value = day(value)
    elif hasattr(value, "trail"):
        value = format_html('<a href="{}">{}</a>', value.get_absolute_url(), " ".join(map(str, value.trail[-2:])))
    return field.verbose_name, value


def highlight(name: str, words: str) -> str:
    """The name, with what the words find of it marked."""
    start, end = names.matched(name, words)
    return format_html("{}<mark>{}</mark>{}", name[:start], name[start:end], name[end:]) if end else name
