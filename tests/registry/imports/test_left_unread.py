"""What a file has beside its table is read, asked about or named, and a file that is none is refused with its cause."""

import io
import subprocess
import zipfile
from signal import SIGKILL

import pytest

from jygroups.lib import child
from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.file_tables import ROWS, SHEET, Unclear
from registry.imports.templates import roster as template
from registry.models import Community
from tests.registry.imports.disguises import HEADER, as_text, people, with_openpyxl, with_raw_xml
from tests.registry.imports.variants import LAST_DAY, LOADED, NUMBER, PEOPLE, REASON, changed, reason, refused, taken
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
TABLE = [HEADER, *PEOPLE]
OTHERS = people([False] * 6)[4:]


@pytest.fixture(autouse=True)
def _in_process(monkeypatch, request):
    if "in_a_child" not in request.fixturenames:
        monkeypatch.setattr(sandbox, "_parsed", read_in_process)


@pytest.fixture
def in_a_child():
    """The file is read as in life."""


def messages(content: bytes, **options) -> str:
    return " ".join(each.message for each in taken(content, **options).warnings)


# People elsewhere in the file -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more", [OTHERS, [["人员", "证件", "日期"], ["周试戊", OTHERS[0][NUMBER], "2021-01-05"]], [[], [OTHERS[1][NUMBER]]]]
)
def test_a_sheet_of_people_without_titles_is_asked_about(more):
    content = with_raw_xml({"花名册": TABLE, "续": [each or [""] for each in more]})
    with pytest.raises(Unclear, match="续") as asked:
        taken(content)
    assert asked.value.sheets == ["花名册", "续"]
    assert "续" in messages(content, chosen={SHEET: "花名册"})


@pytest.mark.parametrize("more", [[["说明"], ["身份证号", "18位", PEOPLE[0][NUMBER]]], [["合计", "4人"]], [[""]]])
def test_a_sheet_of_no_people_is_passed_by(more):
    assert "另" not in messages(with_raw_xml({"花名册": TABLE, "另": more}))


def test_a_hidden_sheet_of_people_without_titles_is_named():
    def hide(book):
        book["续"].sheet_state = "hidden"

    assert "续" in messages(with_openpyxl({"花名册": TABLE, "续": OTHERS}, hide))


def test_the_template_s_own_guide_is_no_sheet_of_people(client):
    content = template(Community.objects.filter(name="福民社区").select_related("subdistrict"))
    assert "没有" in str([each.message for each in taken(content, rows=[]).problems])


def test_numbers_of_other_people_in_an_unknown_column_are_named():
    beside = [*[["人员", "证件"], *[[each[3], each[NUMBER]] for each in OTHERS]], ["", ""], ["", ""]]
    found = messages(with_raw_xml({"a": [[*row, "", *more] for row, more in zip(TABLE, beside, strict=True)]}))
    assert found.count("其他人员的身份证号") == 1
    own = with_raw_xml({"a": [[*row, row[NUMBER] if at else "证件"] for at, row in enumerate(TABLE)]})
    assert "其他人员的身份证号" not in messages(own)


# Ends of office elsewhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    "note",
    [
        "注：钱试乙已于2023年6月30日离任",
        "说明：1．赵试甲任组长；2．钱试乙2023.6.30辞职。",
        "钱试乙2023年6月30日免职，由郑试庚接任",
    ],
)
def test_a_note_that_somebody_of_the_table_has_left_is_asked_about(note, above):
    table = changed((3, LAST_DAY, ""), (3, REASON, ""))
    rows = [[note], *table] if above else [*table, [note]]
    number = 3 + above
    content = with_raw_xml({"a": rows})
    assert refused(content) == {(number, "")}
    still = [[*each] for each in PEOPLE]
    still[1][LAST_DAY] = still[1][REASON] = ""
    assert not taken(content, still, chosen={ROWS: {str(number): "remark"}}).problems


@pytest.mark.parametrize(
    "note", ["注：郑试庚已于2023年6月30日离任", "注：钱试乙2019年1月5日离任后再次当选", "审核人：钱试乙"]
)
def test_a_note_about_somebody_else_or_before_is_no_end(note):
    table = changed((3, LAST_DAY, ""), (3, REASON, ""))
    still = [[*each] for each in PEOPLE]
    still[1][LAST_DAY] = still[1][REASON] = ""
    assert not taken(with_raw_xml({"a": [*table, [note]]}), still).problems


@pytest.mark.parametrize("separator", [",", ";"])
def test_a_row_that_a_line_break_has_cut_in_two_is_refused(separator):
    order = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 8, 9]
    rows = [[row[place] for place in order] for row in changed((3, 11, "已核\n离任"), (4, 11, '"党员'))]
    lines = [separator.join(f'"{cell}"' if "\n" in cell else cell for cell in row) for row in rows]
    assert 4 in {number for number, _column in refused("\n".join(lines).encode())}


@pytest.mark.parametrize("row", [["填报日期", "2026年1月5日"], ["2026年1月5日"], ["审核日期：", "2026-01-05"]])
def test_a_day_below_the_table_is_no_row(row):
    assert refused(with_raw_xml({"a": [*TABLE, row]})) == LOADED


# Files of other kinds ---------------------------------------------------------------------------------------


def packed(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, with_raw_xml({"a": TABLE}) if name.endswith("xlsx") else b"<x/>")
    return target.getvalue()


CAUSES = {
    "a packed workbook": ("archive", packed("花名册.xlsx")),
    "several packed files": ("archive", packed("雄关/花名册.xlsx", "雄关/说明.txt")),
    "a text document": ("document", packed("[Content_Types].xml", "word/document.xml")),
    "a presentation": ("document", packed("[Content_Types].xml", "ppt/presentation.xml")),
    "rich text": ("document", rb"{\rtf1\ansi x}"),
    "some XML": ("other_xml", b'<?xml version="1.0"?>\n<root><row/></root>'),
    "a page with a declaration": ("html", b'<?xml version="1.0"?>\n<!DOCTYPE html><html/>'),
    "a workbook of 1992": ("old", bytes.fromhex("09040600") + b"\0\0\x10\0" + b"\xfe\xff" * 50),
}


@pytest.mark.parametrize("name", CAUSES)
def test_a_file_of_another_kind_is_refused_as_what_it_is(name):
    cause, content = CAUSES[name]
    assert reason(content) == str(sandbox.REASONS[cause])


@pytest.mark.parametrize("separator", ["，", "、", "    "])
def test_rows_that_are_not_divided_into_columns_are_refused_with_that(separator):
    rows = "\n".join(separator.join(row) for row in TABLE)
    assert "同一个单元格" in reason(rows.encode("gb18030"))


def test_a_workbook_protected_against_changes_is_read_without_a_password():
    content = sandbox.locked(with_openpyxl({"花名册": TABLE}), "VelvetSweatshop")
    assert refused(content) == LOADED


@pytest.mark.usefixtures("in_a_child")
def test_a_password_that_cannot_be_used_here_is_no_damage():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("META-INF/manifest.xml", b"<m><encryption-data/></m>")
    with pytest.raises(sandbox.Locked):
        sandbox.read_sheets(target.getvalue())
    with pytest.raises(sandbox.Unreadable, match="无法使用"):
        sandbox.unlocked(target.getvalue(), "secret")


@pytest.mark.usefixtures("in_a_child")
@pytest.mark.parametrize(
    ("code", "written", "cause"),
    [(-SIGKILL, b"", "bomb"), (-6, b"memory allocation of 536870912 bytes failed", "bomb"), (1, b"", "malformed")],
)
def test_a_file_that_ends_its_reader_is_refused_with_why(monkeypatch, code, written, cause):
    def run(*_arguments, **_options):
        raise subprocess.CalledProcessError(code, "reader", stderr=written)

    monkeypatch.setattr(child, "run", run)
    with pytest.raises(sandbox.Unreadable) as refusal:
        sandbox.read_sheets(f"{code} {written}".encode())
    assert str(refusal.value) == str(sandbox.REASONS[cause])


@pytest.mark.parametrize("folder", ["", "office/", "xl/deep/"])
def test_a_workbook_whose_parts_stand_elsewhere_is_read_with_its_structure(folder):
    merged = '<x:mergeCells><x:mergeCell ref="I3:I4"/></x:mergeCells>'
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(with_raw_xml({"花名册": TABLE}, after=merged))) as given,
        zipfile.ZipFile(target, "w") as made,
    ):
        for name in given.namelist():
            made.writestr(name.replace("xl/", folder), given.read(name).replace(b"xl/", folder.encode()))
    assert refused(target.getvalue()) == {(3, "离任日期"), (4, "离任日期")}


@pytest.mark.parametrize("text", ["620299700201101", "620299 700201 101"])
def test_an_old_number_of_15_digits_is_named_as_one(text):
    loaded = taken(as_text(changed((3, NUMBER, text))))
    assert "15" in loaded.problems[0].message
    assert "18" in loaded.problems[0].message
    assert (loaded.problems[0].row, loaded.problems[0].column) == (3, "身份证号")


@pytest.mark.parametrize("text", ["2023-13", "2023年13月", "2023.00"])
def test_a_month_that_there_is_none_of_is_no_month(text):
    assert "没有这一天" in taken(as_text(changed((3, LAST_DAY, text)))).problems[0].message
