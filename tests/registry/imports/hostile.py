"""Files that are made to break a reader: too large when unpacked, too deep, too many, cut short, changed at random."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from random import Random

import openpyxl
import xlsxwriter

from tests import factories
from tests.registry.imports.disguises import HEADER, people

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(rows: int = 30) -> bytes:
    """A roster that is as it should be."""
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    for number in range(rows):
        row = people([False])[0]
        row[4] = factories.id_number(date(1970, 1, 1), number)
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_parts(**changed: str | bytes) -> bytes:
    """The workbook with other parts: by the beginning of the part's name, with «/» for «__»."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as given, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        parts = {name: given.read(name) for name in given.namelist()}
        for start, content in changed.items():
            name = next((name for name in parts if name.startswith(start.replace("__", "/"))), start.replace("__", "/"))
            parts[name] = content.encode() if isinstance(content, str) else content
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def sheet(body: str, after: str = "") -> bytes:
    """The workbook with these rows, and this after them."""
    xml = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{body}</sheetData>{after}</worksheet>'
    return with_parts(xl__worksheets__sheet1=xml)


def many_comments(rng: Random) -> bytes:
    """Comments without end, in cells all over the sheet."""
    relation = '<Relationship Id="c" Type="x/comments" Target="../comments1.xml"/>'
    comments = "".join(
        f'<comment ref="A{number}" authorId="0"><text><t>{"批" * 50}</t></text></comment>'
        for number in range(1, rng.randrange(10_000, 400_000))
    )
    parts = {
        "xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships>{relation}</Relationships>",
        "xl/comments1.xml": f'<comments xmlns="{NAMESPACE}"><commentList>{comments}</commentList></comments>',
    }
    return with_parts(**parts)


def struck_strings(rng: Random) -> bytes:
    """Texts without end of which a part is struck through."""
    text = "<si><r><rPr><strike/></rPr><t>x</t></r></si>"
    strings = text * rng.randrange(100_000, 1_000_000)
    return with_parts(xl__sharedStrings=f'<sst xmlns="{NAMESPACE}">{strings}</sst>')


def zip_bomb(rng: Random) -> bytes:
    return with_parts(xl__worksheets__sheet1=b" " * rng.randrange(50_000_000, 300_000_000))


def long_strings(rng: Random) -> bytes:
    text = "长" * rng.randrange(100_000, 1_000_000)
    strings = f'<sst xmlns="{NAMESPACE}">' + f"<si><t>{text}</t></si>" * 10 + "</sst>"
    cells = '<row r="{0}">' + '<c t="s"><v>0</v></c>' * 50 + "</row>"
    return with_parts(
        xl__sharedStrings=strings,
        xl__worksheets__sheet1=f'<worksheet xmlns="{NAMESPACE}"><sheetData>'
        + "".join(cells.format(number) for number in range(1, rng.randrange(100, 3_000)))
        + "</sheetData></worksheet>",
    )


def many_strings(rng: Random) -> bytes:
    count = rng.randrange(200_000, 800_000)
    return with_parts(xl__sharedStrings=f'<sst xmlns="{NAMESPACE}">' + "<si><t>x</t></si>" * count + "</sst>")


def many_rows(rng: Random) -> bytes:
    return sheet("<row/>" * rng.randrange(150_000, 2_000_000))


def many_cells(rng: Random) -> bytes:
    row = "<row>" + "<c><v>1</v></c>" * rng.randrange(300, 16_000) + "</row>"
    return sheet(row * rng.randrange(20, 300))


def far_cells(rng: Random) -> bytes:
    return sheet(f'<row r="{rng.choice([1_048_576, 2**31, 10**18])}"><c r="XFD1048576"><v>1</v></c></row>')


def wrong_places(rng: Random) -> bytes:
    places = ["A0", "-1", "ZZZZ9", "A" * 500, "1A", "é7"]
    return sheet(
        "".join(f'<row r="{number}"><c r="{rng.choice(places)}"><v>1</v></c></row>' for number in range(-5, 50))
    )


def many_merged(rng: Random) -> bytes:
    count = rng.randrange(20_000, 200_000)
    ranges = "".join(f'<mergeCell ref="A{number}:XFD{number}"/>' for number in range(1, count))
    return sheet("", f"<mergeCells>{ranges}</mergeCells>")


def all_merged(rng: Random) -> bytes:
    return sheet("", '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>' * rng.randrange(1, 500))


def many_hidden(rng: Random) -> bytes:
    return sheet("".join(f'<row r="{number}" hidden="1"/>' for number in range(1, rng.randrange(50_000, 199_000))))


def deep(rng: Random) -> bytes:
    depth = rng.randrange(10_000, 1_000_000)
    return sheet("<row>" * depth + "</row>" * depth)


def _declaring(declared: str, name: str) -> bytes:
    body = f'<sheetData><row><c t="str"><v>&{name};</v></c></row></sheetData>'
    return with_parts(
        xl__worksheets__sheet1=f'<!DOCTYPE x [{declared}]><worksheet xmlns="{NAMESPACE}">{body}</worksheet>'
    )


def entities(rng: Random) -> bytes:
    depth = rng.randrange(5, 12)
    names = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, depth)]
    return _declaring('<!ENTITY e0 "哈哈">' + "".join(names), f"e{depth - 1}")


def foreign_entity(rng: Random) -> bytes:
    target = rng.choice(["file:///etc/passwd", "http://127.0.0.1:9/x", "file:///dev/zero"])
    return _declaring(f'<!ENTITY e SYSTEM "{target}">', "e")


def many_attributes(rng: Random) -> bytes:
    return sheet("<row " + " ".join(f'a{n}="1"' for n in range(rng.randrange(10_000, 200_000))) + "/>")


def many_sheets(rng: Random) -> bytes:
    book = xlsxwriter.Workbook(target := io.BytesIO(), {"in_memory": True})
    for _number in range(rng.randrange(100, 900)):
        book.add_worksheet().write(0, 0, "姓名")
    book.close()
    return target.getvalue()


def many_entries(rng: Random) -> bytes:
    with zipfile.ZipFile(target := io.BytesIO(), "w") as made:
        for number in range(rng.randrange(900, 20_000)):
            made.writestr(f"xl/{number}.xml", b"")
    return target.getvalue()


def names_outside(rng: Random) -> bytes:
    with zipfile.ZipFile(target := io.BytesIO(), "w") as made:
        for name in ("../../evil.xml", "/etc/passwd", "xl\\..\\..\\x", "a" * 60_000, f"xl/{rng.random()}\0.xml"):
            made.writestr(name.replace("\0", "0"), b"x")
    return target.getvalue()


def nested_zip(rng: Random) -> bytes:
    content = b"0" * 10_000_000
    for _level in range(rng.randrange(1, 6)):
        with zipfile.ZipFile(target := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("a.xlsx", content)
        content = target.getvalue()
    return content


def many_formats(rng: Random) -> bytes:
    formats = "".join(
        f'<numFmt numFmtId="{n}" formatCode="0{"," * (n % 50)}"/>' for n in range(rng.randrange(20_000, 200_000))
    )
    return with_parts(xl__styles=f'<styleSheet xmlns="{NAMESPACE}"><numFmts>{formats}</numFmts></styleSheet>')


def long_formula(rng: Random) -> bytes:
    formula = "SUM(" * rng.randrange(1_000, 500_000)
    return sheet(f'<row r="1"><c r="A1"><f>{formula}</f></c></row>')


def shared_formulas(rng: Random) -> bytes:
    cell = '<c><f t="shared" si="0" ref="A1:XFD1048576">A1</f></c>'
    return sheet(f"<row>{cell * 100}</row>" * rng.randrange(10, 3_000))


def wide_csv(rng: Random) -> bytes:
    return b"," * rng.randrange(1_000_000, 19_000_000)


def long_csv(rng: Random) -> bytes:
    return b"a\n" * rng.randrange(150_000, 9_000_000)


def one_quote(rng: Random) -> bytes:
    return b'"' + b"a,b\n" * rng.randrange(100_000, 4_000_000)


def many_quotes(rng: Random) -> bytes:
    return b'"","",\n' * rng.randrange(50_000, 2_000_000)


def noughts(rng: Random) -> bytes:
    return b"\0" * rng.randrange(1_000, 19_000_000)


def noise(rng: Random) -> bytes:
    return rng.choice(
        [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"", b"<html>", b"%PDF"]
    ) + rng.randbytes(rng.randrange(10, 3_000_000))


def changed_bytes(rng: Random) -> bytes:
    content = bytearray(workbook())
    for _number in range(rng.randrange(1, 200)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


def cut_short(rng: Random) -> bytes:
    content = workbook()
    return content[: rng.randrange(len(content))]


def open_document(rng: Random) -> bytes:
    """A row that is repeated up to a thousand million times, each with 16,384 cells."""
    names = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text")}
    cell = '<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>x</text:p>'
    row = f'<table:table-row table:number-rows-repeated="{rng.randrange(10**5, 10**9)}">{cell}</table:table-cell>'
    content = f'<table:table table:name="a">{row}</table:table-row></table:table>'
    for name in ("spreadsheet", "body"):
        content = f"<office:{name}>{content}</office:{name}>"
    declared = " ".join(f'xmlns:{name}="{address}"' for name, address in names.items())
    with zipfile.ZipFile(target := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", f"<office:document-content {declared}>{content}</office:document-content>")
    return target.getvalue()


def compound(rng: Random) -> bytes:
    """A compound file whose tables point in circles or nowhere."""
    head = bytearray(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + b"\x3e\0\x03\0\xfe\xff\x09\0\x06\0" + b"\0" * 476
    )
    for place in (44, 48, 60, 64, 68, 72, 76, 80):
        head[place : place + 4] = rng.choice([0, 1, 2, 0xFFFFFFFE, 0x7FFFFFFF]).to_bytes(4, "little")
    return bytes(head) + rng.randbytes(512 * rng.randrange(1, 2_000))


KINDS: dict[str, Callable[[Random], bytes]] = {
    each.__name__: each
    for each in (
        many_comments, struck_strings, zip_bomb, long_strings, many_strings, many_rows, many_cells, far_cells,
        wrong_places, many_merged, all_merged, many_hidden, deep, entities, foreign_entity, many_attributes,
        many_sheets, many_entries, names_outside, nested_zip, many_formats, long_formula, shared_formulas,
        wide_csv, long_csv, one_quote, many_quotes, noughts, noise, changed_bytes, cut_short, open_document,
        compound,
    )
}  # fmt: skip


def uploads(count: int):
    """So many uploads, each kind in turn with its own numbers: kind, content."""
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        yield kind, KINDS[kind](Random(f"{kind} {number // len(KINDS)}"))
