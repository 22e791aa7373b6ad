"""Columns of lists: how a value looks on the page, and what an export writes of it."""

import django_tables2
from django.contrib.auth.context_processors import PermWrapper
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from jygroups.lib import id_numbers, shown

KEY = {"th": {"class": "key", "scope": "col"}, "td": {"class": "key"}}
NUMBER = {"th": {"class": "num", "scope": "col"}, "td": {"class": "num"}, "tf": {"class": "num"}}
DIGITS = {"td": {"class": "digits"}}
SHORT = {"td": {"class": "nowrap"}}


class Column(django_tables2.Column):
    """Text; `key` for the one that names the row and stays in sight on a phone."""

    def __init__(self, *args, key: bool = False, short: bool = True, **kwargs):
        kwargs.setdefault("attrs", KEY if key else SHORT if short else {})
        super().__init__(*args, **kwargs)


class NumberColumn(django_tables2.Column):
    def __init__(self, *args, **kwargs):
        kwargs.setdefault("attrs", NUMBER)
        super().__init__(*args, **kwargs)


class CountColumn(NumberColumn):
    """A number of people or rows; zero is –."""

    def render(self, value):
        return value or "–"


class MoneyColumn(NumberColumn):
    """Yuan: 1,250.00 on the page, a number in an export."""

    def render(self, value):
        return shown.money(value)

    def value(self, value):
        return value


class BadgeColumn(Column):
    """A state as a badge: `of` gives how the row concerns its reader (shown.SIGNS), and the word for it."""

    def __init__(self, of, **kwargs):
        super().__init__(empty_values=(), **kwargs)
        self.of = of

    def render(self, record):
        return shown.badge(*self.of(record))

    def value(self, record):
        return str(self.of(record)[1])


class DayColumn(django_tables2.Column):
    """2024-05-20 on the page and in an export."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("attrs", DIGITS)
        super().__init__(*args, **kwargs)

    def render(self, value):
        return shown.day(value)


class MomentColumn(DayColumn):
    """A day and the time of it."""

    def render(self, value):
        return shown.moment(value)


class MonthColumn(DayColumn):
    """A month: 2024年5月 on the page, 2024-05 in an export."""

    def render(self, value):
        return date_format(value, "YEAR_MONTH_FORMAT")

    def value(self, value):
        return f"{value:%Y-%m}"


class SignedColumn(MoneyColumn):
    """Signed yuan: + for an amount to pay, − for an amount to recover."""

    def render(self, value):
        return shown.signed(value)


class PartColumn(Column):
    """A part of a page from its own template, filled in with what `context` gives for the row."""

    def __init__(self, template: str, context, **kwargs):
        super().__init__(empty_values=(), **kwargs)
        self.template, self.context = template, context

    def render(self, record, table):
        perms = PermWrapper(table.request.user)
        return render_to_string(self.template, {"perms": perms, **self.context(record)})


class ByColumn(Column):
    """Who did something and when, from these fields of the row; `nobody` stands where no user did it."""

    def __init__(self, by: str = "by", at: str = "at", *, nobody="", **kwargs):
        super().__init__(accessor=at, **kwargs)
        self.by, self.nobody = by, nobody

    def render(self, record, value):
        who = getattr(record, self.by) or self.nobody
        return format_html('<span class="digits">{}</span> {}', shown.moment(value), who)


class MaskedColumn(DayColumn):
    """A personal number, masked wherever it goes."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("orderable", False)  # encrypted: its order would mean nothing
        super().__init__(*args, **kwargs)

    def render(self, value):
        return id_numbers.masked(value)


class _Rows(django_tables2.data.TableQuerysetData):
    """The rows in a stable order: equal rows are ordered by their keys."""

    def order_by(self, aliases):
        super().order_by(aliases)
        self.data = self.data.order_by(*self.data.query.order_by, "pk")  # type: ignore[has-type]


class Table(django_tables2.Table):
    """A list. Text of an empty one comes from the page, which knows what to do about it."""

    needs: dict[str, str] = {}  # by column, the permission without which it is not shown

    def before_render(self, request):
        for name, permission in self.needs.items():
            if not request.user.has_perm(permission):
                self.columns.hide(name)

    def __init__(self, data=None, **kwargs):
        super().__init__(
            _Rows(data) if isinstance(data, QuerySet) else data,
            **{"attrs": {"class": "list"}, "default": "–", "empty_text": _("Nothing fits."), **kwargs},
        )
