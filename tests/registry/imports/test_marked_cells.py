"""Comments and struck-through text of every format are reported or asked about, and never loaded in silence."""

import io
import shutil
import struct
import subprocess
import zipfile

import openpyxl
import pytest
import xlsxwriter
import xlwt
from django.core.management import CommandError, call_command
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from jygroups.lib.spreadsheets import errors, parser, sandbox, structures, xlsb
from jygroups.lib.spreadsheets.file_tables import LEAVE, LOAD, REMARK, ROWS, STRUCK, FileTable
from jygroups.lib.spreadsheets.number_formats import ADDED
from jygroups.lib.spreadsheets.row_kinds import WORDS, Reason
from jygroups.lib.spreadsheets.structures import OWN_AUTHOR, Styles
from registry.imports import roster_files as rosters
from registry.models import Appointment
from tests.registry.imports.disguises import HEADER, with_openpyxl
from tests.registry.imports.variants import PEOPLE

pytestmark = pytest.mark.usefixtures("city")
NAME, NUMBER, PHONE, NOTE = "D", "E", "F", "L"
LEFT = "2023年6月30日已离任"


def changed(change, rows=PEOPLE) -> bytes:
    return with_openpyxl({"花名册": [HEADER, *rows]}, lambda book: change(book.active))


def struck(row: int, letters: str = "ABCDEFGHIJKL", font: Font | None = None) -> bytes:
    def change(sheet):
        for letter in letters:
            sheet[f"{letter}{row}"].font = font or Font(strike=True)

    return changed(change)


def commented(cell: str, text: str, author: str = "李") -> bytes:
    def change(sheet):
        sheet[cell].comment = Comment(text, author)

    return changed(change)


def load(content: bytes, **chosen) -> rosters.Loaded:
    loaded = rosters.load_roster(FileTable.read(content, shape=rosters.SHAPE, chosen=chosen), name="花名册.xlsx")
    assert loaded.account.is_whole
    return loaded


def findings(loaded, *, warnings: bool) -> list[tuple]:
    return [(each.row, each.column) for each in (loaded.warnings if warnings else loaded.problems)]


class TestStruckRows:
    @pytest.mark.parametrize("letters", ["ABCDEFGHIJKL", NAME, NUMBER, "ABCDFG"])
    def test_a_row_that_is_struck_through_is_asked_about_and_not_loaded(self, letters):
        loaded = load(struck(3, letters))
        assert (3, "") in findings(loaded, warnings=False)
        assert not Appointment.objects.exists()
        assert [(each.number, each.asks) for each in loaded.outcomes if each.asks] == [(3, LOAD)]

    @pytest.mark.parametrize("rows", [{"3": LEAVE}, {STRUCK: LEAVE}])
    def test_left_out_it_is_counted_as_that(self, rows):
        loaded = load(struck(3), **{ROWS: rows})
        assert loaded.problems == []
        assert loaded.account.skipped[str(WORDS[Reason.LEFT_OUT])] == 1
        assert Appointment.objects.count() == len(PEOPLE) - 1

    @pytest.mark.parametrize("rows", [{"3": LOAD}, {STRUCK: LOAD}])
    def test_loaded_all_the_same_it_has_a_note(self, rows):
        loaded = load(struck(3), **{ROWS: rows})
        assert loaded.problems == []
        assert (3, "") in findings(loaded, warnings=True)
        assert Appointment.objects.count() == len(PEOPLE)

    def test_a_struck_cell_alone_refuses_its_row(self):
        assert findings(load(struck(3, PHONE)), warnings=False) == [(3, "联系电话")]

    def test_a_text_with_a_struck_part_is_noticed(self):
        def change(sheet):
            sheet["F3"] = CellRichText(TextBlock(InlineFont(strike=True), "13800000009"), "13800000001")

        assert (3, "联系电话") in findings(load(changed(change)), warnings=False)

    def test_a_font_without_a_line_is_none(self):
        assert load(struck(3, font=Font(bold=True, strike=False))).problems == []

    def test_empty_cells_and_titles_do_not_count(self):
        assert load(struck(1)).problems == []
        assert load(struck(3, "L")).problems == []

    def test_the_command_names_the_decision_and_takes_it(self, tmp_path, capsys):
        path = tmp_path / "花名册.xlsx"
        path.write_bytes(struck(3))
        with pytest.raises(CommandError):
            call_command("import_roster", path)
        assert """--mapping '{"rows": {"3": "load"}}'""" in capsys.readouterr().err
        call_command("import_roster", path, mapping='{"rows": {"3": "leave"}}')
        assert Appointment.objects.count() == len(PEOPLE) - 1
        with pytest.raises(CommandError) as refused:
            call_command("import_roster", path, mapping='{"rows": {"3": "x"}}')
        assert refused.value.returncode == 2


class TestComments:
    def test_a_comment_is_reported_with_its_cell_and_text(self):
        loaded = load(commented("F3", "电话待核"))
        assert loaded.problems == []
        [found] = [each for each in loaded.warnings if "电话待核" in each.message]
        assert (found.row, found.column) == (3, "联系电话")
        assert "F3" in found.message

    def test_long_numbers_in_it_are_masked(self):
        loaded = load(commented("F3", f"原号{PEOPLE[0][4]}"))
        assert not any(PEOPLE[0][4] in each.message for each in loaded.warnings)

    def test_one_that_means_that_somebody_left_is_asked_about(self):
        loaded = load(commented("D2", LEFT))
        assert findings(loaded, warnings=False) == [(2, "")]
        assert [each.asks for each in loaded.outcomes] == [REMARK, "", "", ""]
        loaded = load(commented("D2", LEFT), **{ROWS: {"2": REMARK}})
        assert loaded.problems == []
        assert Appointment.objects.filter(last_day=None).count() == 2

    def test_one_below_the_table_is_reported_too(self):
        assert any("见附件" in each.message for each in load(commented("D9", "见附件")).warnings)

    def test_our_own_findings_and_those_on_titles_are_none(self):
        assert not any("校验" in each.message for each in load(commented("E3", "校验码", OWN_AUTHOR)).warnings)
        assert not any("填" in each.message for each in load(commented("E1", "填18位")).warnings)

    def test_of_a_conversation_the_texts_are_shown(self):
        old = commented("F3", "[线程批注] 您的Excel版本可读取此线程批注")
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(old)) as source, zipfile.ZipFile(target, "w") as copy:
            for name in source.namelist():
                content = source.read(name)
                if name.endswith("sheet1.xml.rels"):
                    more = b'<Relationship Id="t" Type="x/threadedComment" Target="../threadedComments/t.xml"/>'
                    content = content.replace(b"</Relationships>", more + b"</Relationships>")
                copy.writestr(name, content)
            said = '<threadedComment ref="F3"><text>号码停机</text></threadedComment>'
            both = f"<ThreadedComments xmlns='t'>{said}{said.replace('号码停机', '已换号')}</ThreadedComments>"
            copy.writestr("xl/threadedComments/t.xml", both)
        texts = [each.message for each in load(target.getvalue()).warnings]
        assert any("号码停机 已换号" in text for text in texts)
        assert not any("线程批注" in text for text in texts)


class TestRemarks:
    def test_a_remark_that_seems_to_end_an_office_is_taken_as_a_plain_one_where_that_is_chosen(self):
        rows = [[*PEOPLE[0][:-1], LEFT], *PEOPLE[1:]]
        content = with_openpyxl({"花名册": [HEADER, *rows]})
        assert findings(load(content), warnings=False) == [(2, "备注")]
        loaded = load(content, **{ROWS: {"2": REMARK}})
        assert loaded.problems == []
        assert (2, "备注") in findings(loaded, warnings=True)
        assert Appointment.objects.get(note=LEFT).last_day is None


@pytest.fixture(scope="module")
def in_formats(tmp_path_factory):
    """A roster with a struck row, a struck part and two comments, as an office suite writes it."""
    folder = tmp_path_factory.mktemp("marked")

    def change(sheet):
        for cell in sheet[3]:
            cell.font = Font(strike=True)
        sheet["L4"] = CellRichText("备注", TextBlock(InlineFont(strike=True), "2023年已离任"), "。")
        sheet["A2"].comment, sheet["F4"].comment = Comment("甲\n乙", "李"), Comment("x" * 300, "李")

    (folder / "a.xlsx").write_bytes(changed(change, [[*row[:-1], "1.5"] for row in PEOPLE]))
    for ending in ("xls", "ods"):
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", ending]
        subprocess.run([*command, "--outdir", folder, folder / "a.xlsx"], check=True, capture_output=True, timeout=120)
    return {ending: folder / f"a.{ending}" for ending in ("xlsx", "xls", "ods")}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_every_format_shows_what_is_struck_through_and_commented(in_formats, ending):
    [sheet] = sandbox.read_sheets(in_formats[ending]).values()
    filled = {(2, place) for place, text in enumerate(PEOPLE[1]) if text} | {(2, 11), (3, 11)}
    assert {tuple(each) for each in sheet.structure.struck} == filled
    assert sorted(map(tuple, sheet.structure.comments)) == [(1, 0, "甲 乙"), (3, 5, "x" * 300)]


def test_an_old_workbook_shows_a_struck_part_of_a_long_text():
    """The texts go on in further records, which may begin within one of them."""
    book = xlwt.Workbook()
    sheet, line = book.add_sheet("花名册"), xlwt.easyfont("struck_out true")
    for row in range(0, 20, 2):
        sheet.write_rich_text(row, 0, [f"{row}甲" * 1_500, ("已离任", line)])
        sheet.write(row + 1, 0, f"{row}" + "a" * 3_000)
    target = io.BytesIO()
    book.save(target)
    [found] = sandbox.read_sheets(target.getvalue()).values()
    assert sorted(map(tuple, found.structure.struck)) == [(row, 0) for row in range(0, 20, 2)]


class TestBinaryWorkbooks:
    @staticmethod
    def record(kind: int, data: bytes) -> bytes:
        kinds = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return kinds + bytes([len(data)]) + data

    def test_styles_and_cells(self):
        fonts = [self.record(43, struct.pack("<HH", 200, bit)) for bit in (0, 8)]
        styles = [self.record(47, struct.pack("<HHH", 0, 0, font)) for font in (0, 1, 0)]
        part = b"".join([*fonts, styles[1], self.record(617, b""), *styles, self.record(618, b""), styles[1]])
        assert xlsb.xlsb_styles(part).struck == {1}
        cells = [self.record(7, struct.pack("<IIB", place, style, 0)) for place, style in enumerate((0, 1, 2))]
        found = xlsb.of_xlsb(self.record(0, struct.pack("<I", 4)) + b"".join(cells), Styles(frozenset({1})))
        assert found.struck == [(4, 1)]

    def test_a_struck_part_of_a_text(self):
        fonts = b"".join(self.record(43, struct.pack("<HH", 200, bit)) for bit in (0, 8))
        plain, content = (struct.pack("<I", len(each)) + each.encode("utf-16-le") for each in ("甲", "乙丙"))
        runs = [struct.pack("<IHH", 1, first, font) for first, font in ((1, 1), (1, 0), (2, 1))]
        texts = self.record(19, b"\0" + plain) + b"".join(self.record(19, b"\1" + content + run) for run in runs)
        styles = xlsb.xlsb_styles(fonts, texts)
        assert styles.texts == {1}
        cells = [self.record(7, struct.pack("<3I", place, 0, place)) for place in range(4)]
        found = xlsb.of_xlsb(self.record(0, struct.pack("<I", 4)) + b"".join(cells), styles)
        assert found.struck == [(4, 1)]

    def test_numbers_with_digits_of_their_format(self):
        code = struct.pack("<HI", 170, 7) + '"6228"0'.encode("utf-16-le")
        formats = [self.record(47, struct.pack("<HHH", 0, each, 0)) for each in (0, 170)]
        styles = xlsb.xlsb_styles(
            b"".join([self.record(44, code), self.record(617, b""), *formats, self.record(618, b"")])
        )
        cells = [self.record(5, struct.pack("<IId", place, place, 480003000027)) for place in range(2)]
        found = xlsb.of_xlsb(self.record(0, struct.pack("<I", 4)) + b"".join(cells), styles)
        assert found.padded == [(4, 1, ADDED)]

    def test_a_rule_of_a_conditional_format(self):
        def style(*properties: tuple[int, int]) -> bytes:
            parts = [struct.pack("<HHB", kind, 5, value) for kind, value in properties]
            return self.record(507, struct.pack("<3H", 0, 0, len(parts)) + b"".join(parts))

        styles = xlsb.xlsb_styles(style((0x1C, 1)) + style((0x1C, 0), (0x1D, 1)) + style((0x1D, 0)))
        assert styles.rules == {1}
        formats = [
            self.record(461, struct.pack("<7I", 1, 0, 1, 1, 4, 3, 4 + rule))
            + self.record(463, struct.pack("<4I", 2, 0, rule, 1))
            for rule in range(3)
        ]
        assert xlsb.of_xlsb(b"".join(formats), styles).struck_if == [(1, 3, 4, 5)]

    def test_comments(self):
        def text(content: str) -> bytes:
            return struct.pack("<I", len(content)) + content.encode("utf-16-le")

        part = self.record(632, text("李")) + self.record(632, text(OWN_AUTHOR))
        for author in (0, 1):
            place = struct.pack("<5I", author, 3, 3, 2, 2) + b"\0" * 16
            part += self.record(635, place) + self.record(637, b"\0" + text("离任"))
        assert [*xlsb.xlsb_comments(part, OWN_AUTHOR)] == [(3, 2, "离任")]


def test_comments_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(structures, "MOST_COMMENTS", 1)

    def change(sheet):
        for cell in ("A2", "A3"):
            sheet[cell].comment = Comment("x", "李")

    with pytest.raises(errors.FileRefused, match="malformed"):
        parser.read(changed(change))


def test_a_workbook_of_many_struck_rows_is_read_in_the_reader_s_time():
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _row in range(5_000):
        cell = openpyxl.cell.WriteOnlyCell(sheet, "甲")
        cell.font = Font(strike=True)
        sheet.append([cell] * 10)
    target = io.BytesIO()
    book.save(target)
    [found] = sandbox.read_sheets(target.getvalue()).values()
    assert len(found.structure.struck) == 50_000


@pytest.fixture(scope="module")
def around_cells(tmp_path_factory):
    """A roster with two text boxes, a comment and a conditional format that strikes through, in each format."""
    folder = tmp_path_factory.mktemp("around")
    with xlsxwriter.Workbook(folder / "a.xlsx") as book:
        sheet = book.add_worksheet("花名册")
        for number, row in enumerate([HEADER, *PEOPLE]):
            sheet.write_row(number, 0, row)
        sheet.insert_textbox(8, 2, f"赵试甲已于6月去世\n{PEOPLE[0][4]}")
        sheet.insert_textbox(9, 2, "以街道盖章版为准")
        sheet.write_comment(1, 5, "停机")
        strike, red = book.add_format({"font_strikeout": True}), book.add_format({"bg_color": "red"})
        sheet.conditional_format(1, 3, 4, 4, {"type": "formula", "criteria": '=$I2<>""', "format": strike})
        sheet.conditional_format(1, 0, 4, 0, {"type": "formula", "criteria": '=$I2<>""', "format": red})
    for ending in ("xls", "ods"):
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", ending]
        subprocess.run([*command, "--outdir", folder, folder / "a.xlsx"], check=True, capture_output=True, timeout=120)
    return {ending: folder / f"a.{ending}" for ending in ("xlsx", "xls", "ods")}


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("ending", ["xlsx", "xls", "ods"])
def test_text_boxes_and_strikes_under_a_condition_are_reported_once(around_cells, ending):
    loaded = load(around_cells[ending].read_bytes())
    assert loaded.problems == []
    [box] = [each for each in loaded.warnings if "文本框" in each.message]
    assert "去世" in box.message
    assert "盖章版" in box.message
    assert PEOPLE[0][4] not in box.message
    assert "停机" not in box.message
    strikes = [each.message for each in loaded.warnings if "条件格式" in each.message]
    assert ["D2:E5" in each for each in strikes] == [True]
