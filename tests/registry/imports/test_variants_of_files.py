"""Files of every format and encoding load the same people, or are refused with what is really wrong with them."""

import io
import shutil
import subprocess
import zipfile
from datetime import date

import openpyxl
import pytest
import xlsxwriter

from jygroups.lib.spreadsheets import parser, sandbox
from registry.models import Community
from tests.registry.imports.disguises import HEADER, Raw, as_text, with_openpyxl, with_raw_xml, with_xlsxwriter
from tests.registry.imports.roster_rows import load, row
from tests.registry.imports.variants import FIRST_DAY, LAST_DAY, LOADED, PEOPLE, changed, reason, refused
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
TABLE = [HEADER, *PEOPLE]
WORKBOOK = with_raw_xml({"花名册": TABLE})


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(sandbox, "_parsed", read_in_process)


# Read -------------------------------------------------------------------------------------------------------

ENCODINGS = ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_text_is_read_in_every_encoding_with_every_separator(encoding, separator):
    assert refused(as_text(TABLE, encoding, separator)) == LOADED


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\n\n", "\r\n\r\n"])
@pytest.mark.parametrize("quoted", [True, False])
def test_a_text_is_read_with_every_end_of_line(end, quoted):
    lines = [[f'"{cell}"' if quoted else cell for cell in each] for each in TABLE]
    assert refused(end.join(map(",".join, lines)).encode()) == LOADED


@pytest.mark.parametrize("change", ["\\", "first", "folder", "comment", "store"])
@pytest.mark.parametrize("write", [with_openpyxl, with_raw_xml])
def test_an_archive_is_read_however_it_is_packed(write, change):
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(write({"花名册": TABLE}))) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if change == "store" else zipfile.ZIP_DEFLATED) as copy,
    ):
        names = source.namelist()
        if change == "folder":
            copy.writestr("xl/", b"")
        for name in reversed(names) if change == "first" else names:
            info = zipfile.ZipInfo(name)
            info.filename = name.replace("/", "\\") if change == "\\" else name
            copy.writestr(info, source.read(name))
        copy.comment = b"WPS" if change == "comment" else b""
    assert refused(target.getvalue()) == LOADED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_sheet_is_read_in_every_encoding_of_xml(encoding):
    def edit(text: str) -> str:
        return f'<?xml version="1.0" encoding="{encoding}" standalone="yes"?>\n{text}'

    assert refused(with_raw_xml({"花名册": TABLE}, edit=edit)) == LOADED


# Days and numbers -------------------------------------------------------------------------------------------

FORMATS = [
    "yyyy-mm-dd", "yyyy/m/d", 'yyyy"年"m"月"d"日"', "m/d/yy", "d-mmm-yy", "[$-804]yyyy年m月d日", "yyyy-mm-dd hh:mm:ss",
    "[$-F800]dddd, mmmm dd, yyyy", "yyyy.mm.dd", "mmm yyyy", "aaaa", "e/m/d",
]  # fmt: skip


@pytest.mark.parametrize("number_format", FORMATS)
@pytest.mark.parametrize("is_1904", [False, True])
def test_a_day_is_the_same_in_every_format_and_since_1904(number_format, is_1904):
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"date_1904": is_1904}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": number_format})
        for number, each in enumerate(TABLE):
            for place, cell in enumerate(each):
                if number and cell and place in (FIRST_DAY, LAST_DAY):
                    sheet.write_datetime(number, place, date.fromisoformat(cell), day)
                elif cell:
                    sheet.write_string(number, place, cell)
    found = refused(target.getvalue())
    assert found in (LOADED, {(number, "任职日期") for number in range(2, 6)} | {(3, "离任日期"), (4, "离任日期")})
    assert (found == LOADED) is (number_format != "aaaa")  # weekdays alone


@pytest.mark.parametrize(
    "epoch", [openpyxl.utils.datetime.CALENDAR_WINDOWS_1900, openpyxl.utils.datetime.CALENDAR_MAC_1904]
)
@pytest.mark.parametrize("number_format", ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "mm-dd-yy"])
def test_a_day_that_openpyxl_wrote_is_the_same_since_1904(epoch, number_format):
    def change(book):
        book.epoch = epoch
        for number, place in ((3, LAST_DAY), (4, LAST_DAY), (2, FIRST_DAY)):
            cell = book.active.cell(number, place + 1)
            cell.value, cell.number_format = date.fromisoformat(cell.value), number_format

    assert refused(with_openpyxl({"花名册": TABLE}, change)) == LOADED


@pytest.mark.parametrize("text", ["620299197002010017", "6.20299197002011E+17", "6.20299E+17", "620299197002011000"])
def test_a_number_that_a_spreadsheet_rounded_is_refused_in_its_cell(text):
    cell = Raw(f'<c r="E3"><v>{text}</v></c>')
    assert refused(with_raw_xml({"花名册": changed((3, 4, cell))}, prefix="", quote='"')) == {(3, "身份证号")}


# Written by an office suite ---------------------------------------------------------------------------------


def suite(change=None, rows=TABLE):
    return with_openpyxl({"花名册": rows}, change and (lambda book: change(book.active)))


def _dates(sheet):
    for number, place in ((3, LAST_DAY), (4, LAST_DAY), (2, FIRST_DAY)):
        cell = sheet.cell(number, place + 1)
        cell.value, cell.number_format = date.fromisoformat(cell.value), "yyyy-mm-dd"


def _dates_of_mac(sheet):
    sheet.parent.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    _dates(sheet)


def _set(place: str, value: str, number_format: str = "yyyy-mm-dd"):
    def change(sheet):
        sheet[place], sheet[place].number_format = value, number_format

    return change


def _hide(sheet):
    sheet.row_dimensions[3].hidden = sheet.column_dimensions["I"].hidden = True


LAST = {(3, "离任日期")}
OF_A_SUITE = {
    "plain": (suite(), LOADED),
    "days": (suite(_dates), LOADED),
    "days since 1904": (suite(_dates_of_mac), LOADED),
    "calculated day": (suite(_set("I3", "=DATE(2023,6,30)")), LOADED),
    "calculated text": (suite(_set("I3", '=TEXT(DATE(2023,6,30),"yyyy-mm-dd")', "General")), LOADED),
    "calculated error": (suite(_set("I3", "=1/0")), LAST),
    "calculated nothing": (suite(_set("I3", '=""')), LAST),
    "calculated zero": (suite(_set("I3", "=Z9")), LAST),
    "day without its format": (suite(_set("I3", "=DATE(2023,6,30)", "0")), LAST),
    "merged area": (suite(lambda sheet: sheet.merge_cells("A2:A5")), LOADED),
    "merged last day": (suite(lambda sheet: sheet.merge_cells("I3:I4")), {(3, "离任日期"), (4, "离任日期")}),
    "hidden": (suite(_hide), LOADED),
    "heading and totals": (
        suite(rows=[["花名册"], HEADER, *PEOPLE, ["合计", "", "", "=COUNTA(D3:D6)"], ["制表人：李试"]]), LOADED,
    ),
    "number": (suite(lambda sheet: sheet.__setitem__("E3", 620299197002010017)), {(3, "身份证号")}),
}  # fmt: skip


@pytest.fixture(scope="module")
def of_a_suite(tmp_path_factory):
    """By format and name the workbooks as LibreOffice writes them."""
    folder = tmp_path_factory.mktemp("suite")
    names = [*enumerate(OF_A_SUITE)]
    for number, name in names:
        (folder / f"{number}.xlsx").write_bytes(OF_A_SUITE[name][0])
    command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
    found = {}
    for ending in ("xls", "ods"):
        target = folder / ending
        files = sorted(folder.glob("*.xlsx"))
        subprocess.run([*command, ending, "--outdir", target, *files], check=True, capture_output=True, timeout=200)
        found |= {(ending, name): (target / f"{number}.{ending}").read_bytes() for number, name in names}
    return found


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("ending", ["xls", "ods"])
@pytest.mark.parametrize("name", OF_A_SUITE)
def test_a_workbook_of_an_office_suite_loads_the_same_people(of_a_suite, ending, name):
    assert refused(of_a_suite[ending, name]) == OF_A_SUITE[name][1]


# Passwords --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["a", "机密2026", " leading blank", "x" * 60, "“”—√"])
@pytest.mark.parametrize("write", [with_openpyxl, with_xlsxwriter])
def test_a_protected_workbook_is_asked_about_and_opened(password, write):
    content = sandbox.locked(write({"花名册": TABLE}), password)
    assert reason(content) == str(sandbox.REASONS["locked"])
    with pytest.raises(sandbox.Locked):
        sandbox.unlocked(content, f"{password}!")
    assert refused(sandbox.unlocked(content, password)) == LOADED


# Refused with the cause -------------------------------------------------------------------------------------


def _table(tag: str) -> str:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in each)}</tr>" for each in TABLE)
    return tag % f"<table>{rows}</table>"


TRADITIONAL = [
    "街道,社區,姓名,身分證字號,就任日期,離任日期",
    "雄關街道,福民社區,趙試甲,620299197001011001,2021-01-05,2023-06-30",
]
CAUSES = {
    "page": ("html", _table("<html><body>%s</body></html>").encode()),
    "page in GB18030": ("html", _table('<html><meta charset="gb2312">%s</html>').encode("gb18030")),
    "page with a declaration": ("html", _table("<!DOCTYPE html>\n<html>%s</html>").encode("utf-8-sig")),
    "a table alone": ("html", _table("%s").encode()),
    "page by a report": ("html", _table('\r\n\r\n<HTML xmlns:x="urn:x">%s</HTML>').encode()),
    "page in UTF-16": ("html", _table("<html>%s</html>").encode("utf-16")),
    "page after a comment": ("html", _table("<!-- report --><html>%s</html>").encode()),
    "page that begins with a style": ("html", _table("<style>td{mso-number-format:'@'}</style>%s").encode()),
    "page in parts": ("html", b"MIME-Version: 1.0\nX-Document-Type: Workbook\n\n--x\n"),
    "XML table": ("xml", b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:x"/>'),
    "XML table in UTF-16": ("xml", '<?xml version="1.0" encoding="UTF-16"?><Workbook xmlns="urn:x"/>'.encode("utf-16")),
    "XML table of a prefix": ("xml", b"\xef\xbb\xbf<ss:Workbook xmlns:ss='urn:x'></ss:Workbook>"),
    "flat document": ("flat", b'<?xml version="1.0"?><office:document xmlns:office="urn:o"/>'),
    "Big5": ("big5", "\r\n".join(TRADITIONAL).encode("big5")),
    "Big5 with tabs": ("big5", "\r\n".join(TRADITIONAL).replace(",", "\t").encode("big5")),
    "half a character": ("encoding", "姓名".encode("utf-16")[:-1]),
    "PDF": ("pdf", b"%PDF-1.7\n"),
    "picture": ("picture", b"\xff\xd8\xff\xe0\0\x10JFIF"),
    "archive": ("archive", b"7z\xbc\xaf\x27\x1c"),
    "packed": ("archive", b"\x1f\x8b\x08\0"),
    "half of a workbook": ("malformed", WORKBOOK[: len(WORKBOOK) // 2]),
    "a workbook without its end": ("malformed", WORKBOOK[:-30]),
    "an archive of something else": ("malformed", b"PK\5\6" + b"\0" * 18),
    "an old workbook cut short": ("malformed", parser.OLE + b"\0" * 3_000),
    "zeros": ("malformed", b"\0" * 3_000),
    "a sheet that is no XML": ("malformed", with_raw_xml({"a": TABLE}, edit=lambda text: text[:-400])),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSES)
def test_a_file_is_refused_with_what_is_wrong_with_it(name):
    cause, content = CAUSES[name]
    assert reason(content) == str(sandbox.REASONS[cause])


@pytest.mark.parametrize("cells", [{}, {"居民小组": "", "职务": "委员"}, {"离任日期": "2023-06-30"}])
@pytest.mark.parametrize("spelt", ["胜利社区", "胜利", "胜利 社区"])
def test_an_area_of_others_is_no_missing_area(cells, spelt):
    own = Community.objects.filter(name="福民社区")
    theirs = load(row(社区=spelt, **cells), communities=own)
    nowhere = load(row(社区="桃花源社区", **cells), communities=own)
    assert {(each.row, each.column) for each in theirs.problems} == {(2, "社区")}
    assert theirs.problems[0].message != nowhere.problems[0].message
