"""年度台账 as workbooks: of an area with a row for each person, of one person with a row for each month."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from jygroups.lib import clock
from jygroups.lib.id_numbers import masked
from jygroups.lib.shown import LANGUAGE, amount
from jygroups.lib.spreadsheets.workbooks import FIRST_ROW, HEADER_ROW, Book, Cells, Column, Formula, PrintedSheet
from registry.models import Member
from subsidies.corrections import ledger, ledger_words, yearbook
from subsidies.month import signed

AREA_MONEY = 4  # the first column of yuan


def year_title(area: str, year: int) -> str:
    """The title of the paper and its file, in Chinese for every user."""
    with override(LANGUAGE):
        words = {"city": settings.CITY_NAME, "area": area, "year": year}
        return _("%(city)s %(area)s, %(year)s: account of the year of stipends") % words


def person_title(member: Member, year: int | None) -> str:
    with override(LANGUAGE):
        words = {"city": settings.CITY_NAME, "name": member.name, "year": year}
        if year:
            return _("%(city)s, %(name)s, %(year)s: ledger of stipends") % words
        return _("%(city)s, %(name)s: ledger of stipends") % words


def year_account(rows: Sequence[yearbook.YearRow], *, area: str, year: int, foots: bool) -> bytes:
    """The year's account of the area, named without the city; empty: the whole city."""
    columns = [
        Column(_("No."), 5, "number"),
        Column(_("Community"), 13, "center"),
        Column(_("Full name"), 11, "center"),
        Column(_("ID card number"), 21, "code"),
        Column(_("Carried over from last year"), 13, "signed"),
        *_money(),
        Column(_("By today's register"), 14, "money"),
        Column(_("Balance at the year's end"), 14, "signed"),
        Column(_("Remarks"), 24),
    ]
    with override(LANGUAGE), Book() as paper:
        title = year_title(area, year)
        table = _table(paper, _("Account of the year"), title, columns, area or settings.CITY_NAME)
        table.worksheet.freeze_panes(FIRST_ROW, AREA_MONEY - 1)
        for ordinal, row in enumerate(rows, 1):
            name = f"{row.member.name} *" if row.partly else row.member.name
            table.add(
                [ordinal, row.community.name, name, masked(row.member.id_number), *row.account.amounts, row.remark]
            )
        total = sum((row.account for row in rows), ledger.Account())
        _close(
            table,
            [None, _("Grand total"), _("%(count)s people") % {"count": len(rows)}, None],
            total.amounts,
            after=[None],
        )
        table.remark(_foot(foots))
        table.remark(
            _("Carried over + arrived − repaid − by today's register = balance; below zero is still to be paid.")
        )
        if legend := yearbook.legend(rows):
            table.remark(legend)
        if any(row.partly for row in rows):
            table.remark(_("* Communities outside this area paid this person too; their months are not counted here."))
        table.signatures(signed.signed_by())
    return paper.content


def person_account(member: Member, book: ledger.Book, year: int | None) -> bytes:
    """The person's ledger by month, of the year or of all years; without a balance where not every month is visible."""
    columns = [
        Column(_("Month"), 13, "center"),
        *_money(),
        Column(_("By today's register"), 14, "money"),
        Column(_("Balance carried"), 14, "signed"),
        Column(_("Remarks"), 24),
    ]
    entries = book.of_year(year)
    with override(LANGUAGE), Book() as paper:
        office = member.community.name if member.community else settings.CITY_NAME
        title = person_title(member, year)
        table = _table(paper, _("Ledger"), title, columns, office, masked(member.id_number))
        if (before := book.before(year)) and book.whole:
            table.add([_("Carried over from last year"), *[None] * (len(columns) - 3), before[-1].balance, None])
        for entry in entries:
            month = date_format(entry.month, "YEAR_MONTH_FORMAT")
            balance = entry.balance if book.whole else None
            table.add([month, *entry.sums.amounts, entry.should_be, balance, _remark(entry)])
        found = book.account(year)
        balance = found.balance if book.whole else None
        _close(table, [_("Grand total")], [*found.sums.amounts, found.should_be], after=[balance, None])
        if book.whole:
            table.remark(_foot(book.foots))
            if legend := ledger_words.legend(entries):
                table.remark(legend)
        else:
            table.remark(_("Other communities paid this person too; only the months of yours are shown, "
                           "without a balance."))  # fmt: skip
        table.signatures(signed.signed_by())
    return paper.content


def _table(book: Book, name: str, title: str, columns: list[Column], office: str, number: str = "") -> PrintedSheet:
    book.set_properties({"title": title, "author": office, "company": office})
    unit = _("Prepared by unit: %(office)s") % {"office": office}
    if number:
        unit = _("ID card number: %(number)s") % {"number": number}
    made = _("Prepared on: %(date)s") % {"date": date_format(clock.today(), "DATE_FORMAT")}
    return PrintedSheet(book, name, title, columns, notes={0: unit, 4: made, len(columns) - 2: _("Unit: yuan")})


def _money() -> list[Column]:
    titles = [
        pgettext("ledger", "Due"),
        pgettext("money", "To be paid"),
        _("In transit"),
        _("Arrived"),
        _("Refused (sent back included)"),
        _("Given up"),
        _("Repaid"),
    ]
    return [Column(title, 13, "money") for title in titles]


def _close(table: PrintedSheet, labels: list[object], sums: Sequence[Decimal], *, after: Sequence[object] = ()) -> None:
    """The total row: sums that follow the filter."""
    rows = Cells(table.name, FIRST_ROW, max(table.row - 1, FIRST_ROW))
    if table.row == FIRST_ROW:
        table.sentence(_("There is none."))
    table.worksheet.autofilter(HEADER_ROW, 0, rows.last, table.last_column)
    live = [Formula(f"=SUBTOTAL(9,{rows.address(place)})", value) for place, value in enumerate(sums, len(labels))]
    table.add([*labels, *live, *after], bold=True)


def _foot(foots: bool) -> str:
    if foots:
        return _("Every row foots: due = to be paid + in transit + arrived + refused + given up.")
    return _("The sums do not foot. Report it to the person who runs the system.")


def _remark(entry: ledger.Entry) -> str:
    """What was corrected of the month, what its sheet settled, and whether it was held back."""
    notes = [
        _("corrected %(yuan)s (%(state)s)") % {"yuan": _in_words(each.difference), "state": each.get_state_display()}
        for each in entry.corrections
    ]
    notes += [
        _("%(yuan)s settled for %(month)s")
        % {"yuan": _in_words(each.amount), "month": date_format(each.correction.month, "YEAR_MONTH_FORMAT")}
        for each in entry.settlements
    ]
    notes += ledger_words.given_up(entry)
    if entry.is_held:
        notes.append(_("held back"))
    return _("; ").join(notes)


def _in_words(yuan: Decimal) -> str:
    """A signed correction in words: to the person, or back from the person."""
    text = _("%(yuan)s yuan more") if yuan > 0 else _("%(yuan)s yuan to recover")
    return text % {"yuan": amount(abs(yuan))}
