"""The finance workbook, which is printed, signed and filed, always in Chinese."""

import io

from django.utils.translation import override

from jygroups.lib.printed import LANGUAGE
from jygroups.lib.sheets import safe_workbook
from subsidies.exports.workbook import differences, payroll, settlements, summary, unpaid
from subsidies.exports.workbook.book import Book
from subsidies.models import Sheet

__all__ = ["workbook"]


def workbook(sheet: Sheet) -> bytes:
    """The sheet's workbook; the same bytes from the same lines."""
    target = io.BytesIO()
    with override(LANGUAGE), safe_workbook(target) as file:
        book = Book(file, sheet)
        paid = payroll.add(book)
        total = summary.add(book, paid)
        differences.add(book, total)
        unpaid.add(book)
        if any(line.adjustment for line in book.lines):
            settlements.add(book)
    return target.getvalue()
