"""The finance workbook, which is printed, signed and filed, always in Chinese."""

from django.utils.translation import override

from jygroups.lib.shown import LANGUAGE
from subsidies.exports.workbook import differences, payroll, settlements, summary, unpaid
from subsidies.exports.workbook.book import Book
from subsidies.models import Sheet

__all__ = ["workbook"]


def workbook(sheet: Sheet) -> bytes:
    """The sheet's workbook; the same bytes from the same lines."""
    with override(LANGUAGE), Book(sheet) as book:
        paid = payroll.add(book)
        total = summary.add(book, paid)
        differences.add(book, total)
        unpaid.add(book)
        if any(line.adjustment for line in book.lines):
            settlements.add(book)
    return book.content
