"""A payment as a bank file, written by a template.

The same people give the same bytes; a value that the format cannot hold is refused, never changed.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib.months import Month
from jygroups.lib.printed import LANGUAGE, on_paper
from jygroups.lib.sheets import fit_columns, safe_workbook
from subsidies.models import BankFileKind, BankTemplate, Content, LineEnd

LINE_ENDS = {LineEnd.CRLF: "\r\n", LineEnd.LF: "\n"}
FORMULA = ("=", "+", "-", "@", "\t")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CENT = Decimal("0.01")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = ("count", "total", "total_fen", "month", "date")  # of a first or last line
BANK_CODE = re.compile(r"([^=]+)=([0-9]{3,14})")
Cell = str | Decimal | int


@dataclass(frozen=True)
class Payee:
    """One person to be paid; the amount in yuan."""

    name: str
    id_number: str
    bank: str
    account: str
    amount: Decimal
    community: str
    remark: str


@dataclass(frozen=True)
class Occasion:
    """The month that is paid, and the day on which the payment was made."""

    month: Month
    day: date


def problems(template: BankTemplate, payees: Sequence[Payee]) -> list[str]:
    """The errors for which the bank would refuse the file, each with the person's name; empty when there is none."""
    found = []
    for payee in payees:
        found += [f"{payee.name}: {text}" for text in _problems(template, payee)]
    return found


def _problems(template: BankTemplate, payee: Payee) -> Iterator[str]:
    if not payee.account:
        yield _("there is no bank account.")
    if payee.amount <= 0:
        yield _("there is nothing to pay.")
    if template.largest_amount is not None and payee.amount > template.largest_amount:
        words = {"amount": payee.amount, "largest": template.largest_amount}
        yield _("%(amount)s yuan are more than the bank's largest amount of %(largest)s.") % words
    size = len(payee.name.encode(template.encoding))
    if template.longest_name is not None and size > template.longest_name:
        limits = {"size": size, "longest": template.longest_name}
        yield _("the name takes %(size)s bytes; the bank takes %(longest)s at most.") % limits
    if any(column["content"] == Content.BANK_CODE for column in template.columns) and not _bank_code(template, payee):
        yield _("«%(bank)s» has no interbank number in the template.") % {"bank": payee.bank or "–"}
    if template.kind == BankFileKind.TEXT:
        for column, cell in zip(template.columns, _cells(template, 1, payee), strict=True):
            yield from _unfit(template, column, str(cell))


def _unfit(template: BankTemplate, column: dict, text: str) -> Iterator[str]:
    """The errors of a text that the file format cannot hold unchanged."""
    words = {"column": column["title"], "text": text}
    if separator(template) in text:
        yield _("«%(text)s» (%(column)s) holds the separator.") % words
    elif CONTROL.search(text):
        yield _("«%(text)s» (%(column)s) holds a character that is not seen.") % words
    elif text.startswith(FORMULA):
        yield _("«%(text)s» (%(column)s) begins like a formula.") % words


def separator(template: BankTemplate) -> str:
    return template.separator.replace("\\t", "\t")


def parse_bank_codes(text: str) -> tuple[dict[str, str], list[str]]:
    """The interbank numbers by bank of deposit, and the lines that do not give one or contradict another."""
    found: dict[str, str] = {}
    wrong = []
    for line in filter(None, map(str.strip, text.splitlines())):
        match = BANK_CODE.fullmatch(re.sub(r"\s", "", line.replace("＝", "=")))
        if not match or found.setdefault(match[1], match[2]) != match[2]:
            wrong.append(line)
    return found, wrong


_parsed = lru_cache(maxsize=8)(parse_bank_codes)


def _bank_code(template: BankTemplate, payee: Payee) -> str:
    """Empty where the template's list does not name the payee's bank of deposit."""
    return _parsed(template.bank_codes)[0].get(re.sub(r"\s", "", payee.bank), "")


def filled(line: str, payees: Sequence[Payee], occasion: Occasion) -> str:
    """A first or last line with its placeholders filled in for these people; other braces stay."""
    total = sum((payee.amount for payee in payees), Decimal(0))
    words = {
        "count": len(payees),
        "total": total.quantize(CENT),
        "total_fen": int(total * 100),
        "month": occasion.month,
        "date": f"{occasion.day:%Y%m%d}",
    }
    return PLACEHOLDER.sub(lambda match: str(words.get(match[1], match[0])), line)


def files(template: BankTemplate, payees: Sequence[Payee], occasion: Occasion) -> list[bytes]:
    """The payment's files, one unless the template limits their rows."""
    size = template.rows_per_file or max(len(payees), 1)
    parts = [payees[start : start + size] for start in range(0, len(payees), size)] or [payees]
    make = _text if template.kind == BankFileKind.TEXT else _workbook
    with override(LANGUAGE):
        return [make(template, part, occasion) for part in parts]


def bundle(contents: Mapping[str, bytes], day: date) -> bytes:
    """Several files, by name, as one zip, each dated the day of its payment: the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()


def _cells(template: BankTemplate, ordinal: int, payee: Payee) -> list[Cell]:
    return [_cell(template, column, ordinal, payee) for column in template.columns]


def _cell(template: BankTemplate, column: dict, ordinal: int, payee: Payee) -> Cell:
    match column["content"]:
        case Content.ORDINAL:
            return ordinal
        case Content.AMOUNT:
            return _money(template, payee.amount)
        case Content.TEXT:
            return column.get("text", "")
        case Content.BANK_CODE:
            return _bank_code(template, payee)
        case content:
            return getattr(payee, content)


def _money(template: BankTemplate, amount: Decimal) -> Cell:
    """The amount in the template's unit: 350.00 yuan, or 35000 fen."""
    return int(amount * 100) if template.in_fen else amount.quantize(CENT)


def rows(template: BankTemplate, payees: Sequence[Payee]) -> Iterator[list[Cell]]:
    """The cells of a file: titles, people, and the total where the template wants them."""
    if template.has_titles:
        yield [column["title"] for column in template.columns]
    for ordinal, payee in enumerate(payees, 1):
        yield _cells(template, ordinal, payee)
    if template.has_total:
        yield _total(template, payees)


def _total(template: BankTemplate, payees: Sequence[Payee]) -> list[Cell]:
    """The count under the ordinal numbers and the sum under the amounts; the word in the first column that is free."""
    total: list[Cell] = [""] * len(template.columns)
    contents = [column["content"] for column in template.columns]
    for place, content in enumerate(contents):
        if content == Content.AMOUNT:
            total[place] = _money(template, sum((payee.amount for payee in payees), Decimal(0)))
        elif content == Content.ORDINAL:
            total[place] = len(payees)
    if "" in total:
        total[total.index("")] = _("Grand total")
    return total


def _text(template: BankTemplate, payees: Sequence[Payee], occasion: Occasion) -> bytes:
    between = separator(template)
    end = between if template.ends_with_separator else ""
    lines = [between.join(map(str, row)) + end for row in rows(template, payees)]
    if template.header:
        lines.insert(0, filled(template.header, payees, occasion))
    if template.footer:
        lines.append(filled(template.footer, payees, occasion))
    return "".join(line + LINE_ENDS[LineEnd(template.line_end)] for line in lines).encode(template.encoding)


def _workbook(template: BankTemplate, payees: Sequence[Payee], occasion: Occasion) -> bytes:
    target = io.BytesIO()
    with safe_workbook(target) as book:
        book.set_properties({"created": datetime.combine(occasion.day, time())})
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
        money = book.add_format({"num_format": "0" if template.in_fen else "0.00"})
        sheet = book.add_worksheet(_("Payment"))
        found = list(rows(template, payees))
        first = 1 if template.header else 0
        on_paper(sheet, 0, first if template.has_titles else first - 1, footer=template.name)
        if first:
            sheet.write_string(0, 0, filled(template.header, payees, occasion), bold)
        for number, row in enumerate(found, first):
            is_title = template.has_titles and number == first
            for place, cell in enumerate(row):
                match cell:
                    case Decimal():
                        sheet.write_number(number, place, float(cell), money)
                    case int():
                        sheet.write_number(number, place, cell)
                    case "":
                        sheet.write_blank(number, place, None, text)
                    case _:
                        sheet.write_string(number, place, cell, bold if is_title else text)
        if template.footer:
            sheet.write_string(first + len(found), 0, filled(template.footer, payees, occasion), text)
        # An account number is meant to be text: no green corners.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        fit_columns(sheet, found)
    return target.getvalue()
