"""One table of people in many disguises: of other programs, with other titles, cells, rows and sheets around."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlsxwriter

from tests import factories

HEADER = [
    "街道", "社区", "居民小组", "姓名", "身份证号", "联系电话", "职务", "任职日期", "离任日期", "离任原因", "在职情况",
    "备注",
]  # fmt: skip
AREA = ["雄关街道", "福民社区", "第一居民小组"]
NAMES = ["赵试甲", "钱试乙", "孙试丙", "李试丁", "周试戊", "吴试己"]
LAST_DAY, LEFT = "2023-06-30", "辞职"


def people(ended: list[bool]) -> list[list[str]]:
    """A row for each; some of them have left."""
    return [
        [
            *AREA, NAMES[number], factories.id_number(date(1970, 1 + number, 1), 100 + number), f"1380000000{number}",
            "居民小组成员", f"2021-0{number + 1}-05", *([LAST_DAY, LEFT] if has_left else ["", ""]), "非在职", "",
        ]
        for number, has_left in enumerate(ended)
    ]  # fmt: skip


def expected(rows: list[list[str]]) -> set[tuple]:
    """Name, number, phone, first and last day of each."""
    return {(row[3], row[4], row[5], row[7], row[8]) for row in rows}


# Writers ----------------------------------------------------------------------------------------------------

Sheets = dict[str, list[list[str]]]


def with_openpyxl(sheets: Sheets, change: Callable | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([cell or None for cell in row])
    if change:
        change(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_xlsxwriter(sheets: Sheets) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy/m/d"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    if len(cell) == 10 and cell[4] == cell[7] == "-":
                        sheet.write_datetime(number, place, date.fromisoformat(cell), day)
                    else:
                        sheet.write(number, place, cell)
    return target.getvalue()


class Raw(str):
    """A cell as it stands in the XML."""


def with_raw_xml(
    sheets: Sheets,
    *,
    prefix: str = "x:",
    named: bool = True,
    quote: str = "'",
    before: str = "",
    after: str = "",
    slash: str = "/",
    edit: Callable[[str], str] = str,
) -> bytes:
    """A workbook as legal XML allows it: a namespace prefix, other quotes, cells without their names, comments.

    `before` and `after` stand around the rows of each sheet; `edit` changes the sheet's text last.
    """
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    related = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    space = f"xmlns:{prefix[:-1]}={quote}{main}{quote}" if prefix else f"xmlns={quote}{main}{quote}"

    def cell(row: int, place: int, text: str) -> str:
        if isinstance(text, Raw):
            return text
        own = f" r={quote}{chr(65 + place)}{row}{quote}" if named else ""
        inside = f"<{prefix}is><{prefix}t>{escape(text)}</{prefix}t></{prefix}is>"
        return f"<{prefix}c t={quote}inlineStr{quote}{own}>{inside}</{prefix}c>"

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:

        def write(name: str, text: str) -> None:
            info = zipfile.ZipInfo(name)
            info.filename = name.replace("/", slash)
            archive.writestr(info, text)

        types = "".join(
            f'<Override PartName="/xl/worksheets/s{number}.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.worksheet+xml"/>'
            for number, _name in enumerate(sheets)
        )
        write(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/'
            'workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
            f"{types}</Types>",
        )
        relation = "http://schemas.openxmlformats.org/package/2006/relationships"
        write(
            "_rels/.rels",
            f'<Relationships xmlns="{relation}"><Relationship Id="r" Type="{related}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(
            f"<{prefix}sheet name={quoteattr(name)} sheetId='{number + 1}' r:id='r{number}'/>"
            for number, name in enumerate(sheets)
        )
        write(
            "xl/workbook.xml",
            f"<{prefix}workbook {space} xmlns:r='{related}'><{prefix}sheets>{listed}</{prefix}sheets>"
            f"</{prefix}workbook>",
        )
        targets = "".join(
            f'<Relationship Id="r{number}" Type="{related}/worksheet" Target="/xl/worksheets/s{number}.xml"/>'
            for number, _name in enumerate(sheets)
        )
        write("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{relation}">{targets}</Relationships>')
        for number, rows in enumerate(sheets.values()):
            lines = "".join(
                f"<{prefix}row>{''.join(cell(line, place, text) for place, text in enumerate(row))}</{prefix}row>"
                for line, row in enumerate(rows, 1)
            )
            write(
                f"xl/worksheets/s{number}.xml",
                edit(
                    f"<!-- rows --><{prefix}worksheet {space}>{before}<{prefix}sheetData>{lines}</{prefix}sheetData>"
                    f"{after}</{prefix}worksheet>"
                ),
            )
    return target.getvalue()


def as_text(rows: list[list[str]], encoding: str = "utf-8-sig", separator: str = ",") -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=separator).writerows(rows)
    return target.getvalue().encode(encoding)


# Disguises: each makes a file of the rows ---------------------------------------------------------------------


def _merged(places: str) -> Callable[[list[list[str]]], bytes]:
    def make(rows: list[list[str]]) -> bytes:
        def change(book):
            sheet, last = book.active, len(rows) + 1
            for letter in places if len(rows) > 1 else "":
                texts = [sheet[f"{letter}{number}"].value for number in range(2, last + 1)]
                sheet[f"{letter}2"] = next(filter(None, texts), None)
                sheet.merge_cells(f"{letter}2:{letter}{last}")

        return with_openpyxl({"花名册": [HEADER, *rows]}, change)

    return make


def _hidden(rows: list[list[str]]) -> bytes:
    def change(book):
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["I"].hidden = True
        book.create_sheet("旧").append(HEADER)
        book["旧"].sheet_state = "hidden"

    return with_openpyxl({"花名册": [HEADER, *rows]}, change)


def _subtotals(rows: list[list[str]]) -> bytes:
    count = ["小计", "", "", "1人", *[""] * 8]
    parts = [part for row in rows for part in (row, count)]
    return with_xlsxwriter({"花名册": [HEADER, *parts, ["合　计", "", "", f"{len(rows)}人", *[""] * 8]]})


def _two_lines(rows: list[list[str]]) -> bytes:
    first = [
        "街道",
        "社区",
        "居民小组",
        "姓名",
        "身份证号",
        "联系电话",
        "职务",
        "任职情况",
        "",
        "离任原因",
        "在职情况",
        "备注",
    ]
    second = [*[""] * 7, "任职日期", "离任日期", "", "", ""]
    return with_openpyxl({"花名册": [["雄关街道花名册"], first, second, *rows]})


def _footers(rows: list[list[str]]) -> bytes:
    above = [["雄关街道2026年居民小组成员花名册"], ["填报单位：雄关街道", "", "", "填报日期：2026年1月5日"], []]
    below = [
        [],
        ["制表人：李试", "", "", "审核人：王试"],
        ["注：本表一式两份，合计人数以盖章为准"],
        ["联系电话：0937-6222222"],
    ]
    return with_xlsxwriter({"花名册": [*above, HEADER, *rows, *below]})


def _spaces(rows: list[list[str]]) -> bytes:
    def spaced(text: str) -> str:
        return f"\u00a0{text}\u3000" if text else text

    wide = str.maketrans("0123456789-", "０１２３４５６７８９－")
    titles = [f" {title[0]} {title[1:]} " for title in HEADER]
    return with_openpyxl({"花名册": [titles, *([spaced(cell).translate(wide) for cell in row] for row in rows)]})


def _unseen(rows: list[list[str]]) -> bytes:
    wraps = ("\u202d{}\u202c", '="{}"', "'{}", "\ufeff{}\u200b", "{}\u2060")
    return as_text(
        [HEADER, *([wraps[n % 5].format(cell) if cell else "" for n, cell in enumerate(row)] for row in rows)]
    )


def _spelled_days(rows: list[list[str]]) -> bytes:
    def spelled(number: int, text: str) -> str:
        year, month, day = text.split("-")
        return (
            f"{text} 00:00:00", f"{year}年{int(month)}月{int(day)}日", f"{year}/{int(month)}/{int(day)} 0:00",
            f"{year}.{int(month)}.{int(day)}", f"{text}T00:00:00", f"{year}{month}{day}",
        )[number % 6]  # fmt: skip

    found = [
        [spelled(number, cell) if place in (7, 8) and cell else cell for place, cell in enumerate(row)]
        for number, row in enumerate(rows)
    ]
    return as_text([HEADER, *found], "gb18030")


def _nothing(rows: list[list[str]]) -> bytes:
    words = {8: "至今", 9: "无", 11: "/"}
    return with_openpyxl(
        {"花名册": [HEADER, *([cell or words.get(place, "") for place, cell in enumerate(row)] for row in rows)]}
    )


def _other_titles(rows: list[list[str]]) -> bytes:
    titles = [
        "所属街道", "所在社区", "小组名称", "*姓名", "身份证号码", "手机号", "担任职务", "任职时间",
        "离任时间（年月日）", "离任原因", "是否在职", "说明",
    ]  # fmt: skip
    order = [11, 3, 4, 8, 9, 7, 6, 5, 10, 2, 1, 0]
    return with_xlsxwriter({"表": [[row[place] for place in order] for row in (titles, *rows)]})


def _cover(rows: list[list[str]]) -> bytes:
    cover = [["填表说明"], ["姓名请与身份证一致，身份证号为18位"], ["列", "填法"], ["姓名", "汉字"]]
    return with_openpyxl({"封面": cover, "空": [], "花名册": [HEADER, *rows]})


def _numbered(rows: list[list[str]]) -> bytes:
    titles = ["序号", *HEADER]
    numbers = [str(number) for number in range(1, len(titles) + 1)]
    body = [[str(number), *row] for number, row in enumerate(rows, 1)]
    half = len(body) // 2
    prepared = [[str(len(body) + number), *AREA] for number in range(1, 4)]
    return with_openpyxl({"花名册": [titles, numbers, *body[:half], titles, *body[half:], *prepared]})


def _sections(rows: list[list[str]]) -> bytes:
    """A line of its own above each person, the first one right below the titles."""
    body = [part for row in rows for part in (["雄关街道福民社区第一居民小组"], row)]
    return with_openpyxl({"花名册": [HEADER, *body, ["合计", "", "", "=COUNTA(D2:D9)", "", "=1", "", "=2"]]})


def _chart_in_front(rows: list[list[str]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        page, sheet, chart = book.add_chartsheet("图"), book.add_worksheet("花名册"), book.add_chart({"type": "bar"})
        for number, row in enumerate([HEADER, *rows]):
            sheet.write_row(number, 0, row)
        chart.add_series({"values": "=花名册!$A$1:$A$3"})
        page.set_chart(chart)
    return target.getvalue()


def _filtered(rows: list[list[str]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd", "date_1904": True}) as book:
        sheet = book.add_worksheet("花名册")
        for number, row in enumerate([HEADER, *rows]):
            for place, cell in enumerate(row):
                is_day = number and place in (7, 8) and cell
                sheet.write(number, place, date.fromisoformat(cell) if is_day else cell)
        sheet.autofilter(0, 0, len(rows), len(HEADER) - 1)
        sheet.filter_column(3, f"x == {rows[0][3]}")
        for number in range(2, len(rows) + 1):
            sheet.set_row(number, None, None, {"hidden": True})
    return target.getvalue()


def _lost_formula(rows: list[list[str]]) -> bytes:
    found = [[*row[:8], "=DATE(2023,6,30)" if row[8] else "", *row[9:]] for row in rows]
    return with_openpyxl({"花名册": [HEADER, *found]})


DISGUISES: dict[str, Callable[[list[list[str]]], bytes]] = {
    "merged areas": _merged("ABC"),
    "merged last day": _merged("IJ"),
    "merged name": _merged("DE"),
    "hidden row, column and sheet": _hidden,
    "subtotals": _subtotals,
    "two lines of titles": _two_lines,
    "headings and footers": _footers,
    "blanks and full width": _spaces,
    "unseen characters": _unseen,
    "days in other spellings, GB18030": _spelled_days,
    "words for nothing": _nothing,
    "other titles in another order": _other_titles,
    "cover in front": _cover,
    "numbered, titles repeated": _numbered,
    "a line above each person": _sections,
    "chart in front": _chart_in_front,
    "filtered, days since 1904": _filtered,
    "formula without a value": _lost_formula,
    "tabs": lambda rows: as_text([HEADER, *rows], "utf-16", "\t"),
    "semicolons": lambda rows: as_text([HEADER, *rows], "gb18030", ";"),
    "namespace prefix": lambda rows: with_raw_xml({"花名册": [HEADER, *rows]}),
    "cells without names": lambda rows: with_raw_xml({"花名册": [HEADER, *rows]}, prefix="", named=False, quote='"'),
    "backslashes": lambda rows: with_raw_xml({"花名册": [HEADER, *rows]}, slash="\\"),
}
