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
from jygroups.lib.shown import LANGUAGE
from jygroups.lib.spreadsheets.workbooks import A4, STYLES, WIDEST, Book, Column, SheetWriter, digits
from subsidies.models import BankFileKind, BankTemplate, Content, LineEnd

LINE_ENDS = {LineEnd.CRLF: "\r\n", LineEnd.LF: "\n"}
FORMULA = ("=", "+", "-", "@", "\t")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
CENT = Decimal("0.01")
XLS_LINES = 65_536  # that an .xls can have
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
    besides = [template.header, template.has_titles, template.has_total, template.footer]
    lines = min(len(payees), template.rows_per_file or len(payees)) + sum(map(bool, besides))
    if template.kind == BankFileKind.XLS and lines > XLS_LINES:
        words = {"lines": lines, "most": XLS_LINES}
        text = _("An .xls file has at most %(most)s lines; this one would have %(lines)s. Limit the people in a file.")
        found.append(text % words)
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
        yield _("«%(text)s» (%(column)s) holds an invisible character.") % words
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
    with override(LANGUAGE):
        return [MAKERS[BankFileKind(template.kind)](template, part, occasion) for part in parts]


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


def _styles(template: BankTemplate) -> list[str]:
    """The style of each column of a workbook."""
    styles = {Content.ORDINAL: "plain", Content.AMOUNT: "whole" if template.in_fen else "cents"}
    return [styles.get(column["content"], "as_text") for column in template.columns]


def _workbook(template: BankTemplate, payees: Sequence[Payee], occasion: Occasion) -> bytes:
    pairs = zip(template.columns, _styles(template), strict=True)
    columns = [Column(column["title"], style=style) for column, style in pairs]
    with Book(font={}, created=datetime.combine(occasion.day, time())) as book:
        sheet = SheetWriter(book, _("Payment"), columns)
        first = 1 if template.header else 0
        sheet.on_paper(0, first if template.has_titles else first - 1, footer=template.name)
        if template.header:
            sheet.line([filled(template.header, payees, occasion)], "bold_text")
        found = rows(template, payees)
        if template.has_titles:
            next(found)
            sheet.titles("bold_text")
        for row in found:
            sheet.add(row)
        if template.footer:
            sheet.line([filled(template.footer, payees, occasion)], "as_text")
    return book.content


def _old_workbook(template: BankTemplate, payees: Sequence[Payee], occasion: Occasion) -> bytes:
    """The same cells as .xls, the format of before 2007 that some banks' programs still ask for."""
    import xlwt  # seldom needed

    book = xlwt.Workbook()
    sheet = book.add_sheet(_("Payment"))
    sheet.portrait, sheet.paper_size_code, sheet.fit_num_pages = False, A4, 1
    sheet.fit_width_to_pages, sheet.fit_height_to_pages = 1, 0
    sheet.header_str, sheet.footer_str = b"", b"&R&P / &N"  # Latin letters alone
    formats = {
        name: xlwt.easyxf(f"font: bold {bool(style.get('bold'))}", num_format_str=style.get("num_format", "General"))
        for name, style in STYLES.items()
    }
    styles = _styles(template)
    lines: list[tuple[list[Cell], list[str]]] = [(row, styles) for row in rows(template, payees)]
    if template.has_titles:
        lines[0] = lines[0][0], ["bold_text"] * len(styles)
    if template.header:
        lines.insert(0, ([filled(template.header, payees, occasion)], ["bold_text"]))
    if template.footer:
        lines.append(([filled(template.footer, payees, occasion)], ["as_text"]))
    widths = [6] * len(styles)
    for number, (row, names) in enumerate(lines):
        for place, (cell, name) in enumerate(zip(row, names, strict=True)):
            value = cell if isinstance(cell, int) else float(cell) if isinstance(cell, Decimal) else cell
            sheet.write(number, place, value, formats[name])
            if len(row) > 1:
                widths[place] = max(widths[place], digits(str(cell)))
    for place, width in enumerate(widths):
        sheet.col(place).width = 256 * (min(width, WIDEST) + 2)  # in 256ths of a digit
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


MAKERS = {BankFileKind.TEXT: _text, BankFileKind.XLSX: _workbook, BankFileKind.XLS: _old_workbook}
