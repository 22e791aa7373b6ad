"""Numbers that are shown with digits which only their format has are refused: nobody knows which ones are meant."""

import io
import shutil
import subprocess

import pytest
import xlwt

from jygroups.lib.spreadsheets.file_tables import FileTable
from jygroups.lib.spreadsheets.number_formats import ADDED, least_digits
from registry.imports import roster_files as rosters
from tests.registry.imports.disguises import HEADER, with_openpyxl
from tests.registry.imports.variants import PEOPLE

pytestmark = pytest.mark.usefixtures("city")
TITLES, NUMBER, GROUP = [*HEADER, "银行账号"], 480003000027, HEADER.index("居民小组")
PLACE = len(HEADER)
REFUSED = [
    '"6228"0', r"\6\2\2\80", "0000000000000000", "0000 0000 0000 0000", '[Red]"6228 "0;-0', "[$-804]000000000000000",
]  # fmt: skip
TAKEN = ["000000000000", "0", "0_ ", "#,##0", "0.00", '0"号";"6228"0', "General", "@"]
CODES = [*((code, True) for code in REFUSED), *((code, False) for code in TAKEN)]


def problems(content: bytes) -> list[tuple]:
    loaded = rosters.load_roster(FileTable.read(content, shape=rosters.SHAPE), name="花名册", dry_run=True)
    return [(each.row, each.column) for each in loaded.problems if "数字格式" in each.message]


def in_format(code: str, row: list, place: int) -> bytes:
    def change(book):
        book.active.cell(2, place + 1).number_format = code

    return with_openpyxl({"花名册": [TITLES, row]}, change)


@pytest.mark.parametrize(("code", "is_refused"), CODES)
def test_an_account_with_digits_of_its_format_is_refused(code, is_refused):
    found = problems(in_format(code, [*PEOPLE[0], NUMBER], PLACE))
    assert found == ([(2, "银行账号")] if is_refused else [])


@pytest.mark.parametrize(("code", "is_refused"), CODES)
def test_so_it_is_in_an_old_workbook(code, is_refused):
    book = xlwt.Workbook()
    sheet = book.add_sheet("花名册")
    for at, row in enumerate([TITLES, PEOPLE[0]]):
        for place, value in enumerate(row):
            sheet.write(at, place, value)
    sheet.write(1, PLACE, NUMBER, xlwt.easyxf(num_format_str=code))
    target = io.BytesIO()
    book.save(target)
    assert problems(target.getvalue()) == ([(2, "银行账号")] if is_refused else [])


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_so_it_is_in_a_workbook_of_another_suite(tmp_path):
    rows = [[*PEOPLE[0], NUMBER] for _code in CODES]

    def change(book):
        for at, (code, _is_refused) in enumerate(CODES, 2):
            book.active.cell(at, PLACE + 1).number_format = code

    (tmp_path / "a.xlsx").write_bytes(with_openpyxl({"花名册": [TITLES, *rows]}, change))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "ods"]
    subprocess.run([*command, "--outdir", tmp_path, tmp_path / "a.xlsx"], check=True, capture_output=True, timeout=120)
    refused = {row for row, _column in problems((tmp_path / "a.ods").read_bytes())}
    assert refused == {at for at, (_code, is_refused) in enumerate(CODES, 2) if is_refused}


@pytest.mark.parametrize(
    ("code", "digits"),
    [("yyyy-mm-dd", 1),
     ('yyyy"年"m"月"d"日"', 1), ("0000-0000-0000-0000", 16), ("0.00E+00", 1), ("00%", 1), ('"第"0"组"', 1),
     ('"第1组"', ADDED), ("", 1)],
)  # fmt: skip
def test_digits_of_a_format(code, digits):
    assert least_digits(code) == digits


def test_a_group_may_be_shown_with_zeros_before_its_number():
    row = [*PEOPLE[0], ""]
    row[GROUP] = 1
    assert problems(in_format("00", row, GROUP)) == []
