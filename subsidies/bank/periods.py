"""The months that a bank's answer names, and the sheets of it that are not about this payment's month."""

from pathlib import Path

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets import parser, row_kinds
from subsidies.bank import named_dates
from subsidies.bank.named_dates import Named
from subsidies.bank.reading import SHEETS, SKIP, BankTable, Choices, File, Question, body


def questions(file: File, choices: Choices, month: Month) -> list[Question]:
    """Which sheets to read: asked of one that names another month while a sheet beside it does not, or is hidden."""
    named = {table.name: _named(table) for table in file.tables if choices.sheets.get(table.name) != SKIP}
    own = {name for name, each in named.items() if any(one.is_of(month) for one in each)}
    others = {  # a later month alone may be the one in which the bank answered
        name: each
        for name, each in named.items()
        if name not in own and each and (own or any(not one.is_after(month) for one in each))
    }
    are_alike = all(each == next(iter(named.values())) for each in named.values())  # a doubt about the whole file
    found = []
    for table in file.tables:
        is_hidden = parser.HIDDEN in table.name
        is_other = table.name in others and not are_alike and len(named) > 1
        if not (is_other or is_hidden) or table.name in [*choices.sheets, *choices.chosen]:
            continue
        if is_other:
            text = _(
                "The sheet names %(named)s, and the payment is of %(month)s: is it about this payment at all? Choose "
                "the outcome of its rows, or leave it out."
            )
            about = {"named": _(", ").join(sorted(map(in_words, others[table.name])))}
        else:
            text = _("The sheet is hidden: is it about this payment? Choose the outcome of its rows, or leave it out.")
            about = {}
        about["month"] = date_format(month.first_day, "YEAR_MONTH_FORMAT")
        found.append(Question(SHEETS, table.labelled(text % about), {"sheets": {table.name: SKIP}}, table.name))
    return found


def months(file: File, choices: Choices, file_name: str) -> set[Named]:
    """The months that the file's name and the sheets to be read name without a day.

    Of a sheet count its name, the lines above its titles, and the notes below its rows.
    """
    found = named_dates.months_alone(Path(file_name).stem)
    for table in file.tables:
        if choices.sheets.get(table.name) != SKIP:
            texts = [table.name, table.above, *_notes(table, choices)]
            found.update(*map(named_dates.months_alone, texts))
    return found


def _notes(table: BankTable, choices: Choices) -> list[str]:
    layout = choices.layout(table.head.names)
    if layout is None:
        return []
    numbers = [each.number for each in body(table, layout).skipped if each.reason == row_kinds.Reason.FOOTER]
    return [" ".join(table.rows[number - 1]) for number in numbers]


def in_words(named: Named) -> str:
    if named.year:
        return date_format(Month(named.year, named.month).first_day, "YEAR_MONTH_FORMAT")
    return _("month %(number)s") % {"number": named.month}


def _alone(table: BankTable) -> set[Named]:
    return named_dates.months_alone(table.name) or named_dates.months_alone(table.above)


def _named(table: BankTable) -> set[Named]:
    """The months of the sheet's name, else of the lines above its titles; a day only where no month stands alone."""
    return _alone(table) or {Named(day.month, day.year) for day in named_dates.days(table.above)}
