"""Where a file's table is, and what its days are: chosen on the page or for the command where it is unclear."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from registry.models import Appointment, ImportRun, ImportState
from tests.registry.imports import disguises
from tests.registry.imports.import_steps import UPLOAD, confirmed, file, given_in, page
from tests.registry.imports.roster_rows import HEADER, A, B, C, row

TWO = {"老名单": [HEADER, row()], "新名单": [HEADER, row(姓名="李四", 身份证号=B)], "说明": [["填表说明"]]}
UNLIKE = [f"第{number}项" for number in range(len(HEADER))]


pytestmark = pytest.mark.usefixtures("real_areas")


def upload(client, sheets, name="名单.xlsx") -> ImportRun:
    content = disguises.with_openpyxl(sheets)
    answer = client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.text
    return ImportRun.objects.latest("pk")


def choose(client, run: ImportRun, **sent) -> ImportRun:
    client.post(reverse("import-columns", args=[run.pk]), sent)
    run.refresh_from_db()
    return run


def command(path, **mapping) -> str:
    out = io.StringIO()
    call_command("import_roster", path, mapping=json.dumps(mapping), stdout=out)
    return out.getvalue()


# The sheet ----------------------------------------------------------------------------------------------------


def test_of_several_sheets_the_user_chooses_one_and_is_asked_again_for_another_file(client, keeper):
    run = upload(client, TWO)
    assert run.state == ImportState.REFUSED
    text = page(client, run)
    assert all(words in text for words in ("老名单", "新名单", "填表说明", "文件开头各行"))
    run = choose(client, run, place="1", sheet="新名单", header="")
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    assert "表格在工作表“新名单”" in page(client, run)
    assert "工作表“老名单”也有这样的表格，未读取" in page(client, run)
    confirmed(client, run)
    assert Appointment.objects.get().member.name == "李四"
    again = upload(client, TWO | {"新名单": [HEADER, row(姓名="王五", 身份证号=C)]})
    assert (again.state, again.chosen) == (ImportState.REFUSED, {})
    one = given_in(client, row())  # a file that has no such sheet, and needs none
    assert (one.state, one.chosen) == (ImportState.CHECKED, {})


def test_a_choice_of_a_sheet_can_be_cleared(client, keeper):
    run = choose(client, upload(client, TWO), place="1", sheet="新名单", header="")
    run = choose(client, run, clear="sheet")
    assert run.state == ImportState.REFUSED
    assert "清除这项选择" not in page(client, run)


def test_the_command_takes_the_sheet(tmp_path):
    path = tmp_path / "roster.xlsx"
    path.write_bytes(disguises.with_openpyxl(TWO))
    with pytest.raises(CommandError, match='"sheet": "老名单"'):
        call_command("import_roster", path)
    command(path, sheet="新名单")
    assert Appointment.objects.get().member.name == "李四"
    with pytest.raises(CommandError, match="说明"):
        command(path, sheet="没有")


# The row of the titles ------------------------------------------------------------------------------------------


def test_titles_without_a_known_word_are_found_by_their_row_and_then_mapped(client, keeper):
    lines = [["福民社区人员名单"], ["单位：", "福民"], UNLIKE, row(离任日期="2023-06-30")]
    run = upload(client, {"表": lines})
    assert run.state == ImportState.REFUSED
    run = choose(client, run, place="1", header="3")
    assert run.state == ImportState.REFUSED
    assert run.unread["titles"] == UNLIKE
    fields = {f"title-{place}": title for place, title in enumerate(HEADER)}
    run = choose(client, run, **fields)
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    confirmed(client, run)
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_a_row_of_titles_is_chosen_where_another_was_taken(client, keeper):
    empty = [HEADER, *[[""] * len(HEADER)] * 16]  # an empty form above the list
    run = upload(client, {"表": [*empty, HEADER, row()]})
    assert "?place" in client.get(run.get_absolute_url()).text
    assert 'name="header"' in client.get(f"{run.get_absolute_url()}?place").text
    run = choose(client, run, place="1", header="18")
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    assert "表头在第18行" in page(client, run)


def test_a_choice_of_the_row_of_titles_can_be_cleared(client, keeper):
    run = choose(client, upload(client, {"表": [HEADER, row()]}), place="1", header="1")
    assert (run.state, run.chosen["header"]) == (ImportState.CHECKED, 1)
    run = choose(client, run, clear="header")
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    assert "清除这项选择" not in page(client, run)


def test_a_row_that_the_file_does_not_have_is_refused_and_asked_for_again(client, keeper):
    run = upload(client, {"表": [UNLIKE, row()]})
    run = choose(client, run, place="1", header="99")
    assert run.state == ImportState.REFUSED
    text = page(client, run)
    assert "没有第99行" in text
    assert "表格的位置" in text
    assert choose(client, run, place="1", header="0").chosen["header"] == 99  # no row: nothing is chosen


def test_the_command_takes_the_row_of_titles(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(UNLIKE, row(), header=["一"] * len(HEADER)).read())
    command(path, header=2, **dict(zip(HEADER, UNLIKE, strict=True)))
    assert Appointment.objects.get().member.name == "张三"


@pytest.mark.parametrize(
    "mapping", [{"header": 0}, {"header": "3"}, {"header": True}, {"other": "离岗日子"}, {"sheet": 1}]
)
def test_a_place_of_the_wrong_form_is_a_mistake_of_usage(tmp_path, mapping):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(row()).read())
    with pytest.raises(CommandError) as refused:
        command(path, **mapping)
    assert refused.value.returncode == 2


# Days that are no end of office ---------------------------------------------------------------------------------

OTHER_DAYS = ["离岗日子" if title == "离任日期" else title for title in HEADER]


def test_a_column_of_days_can_be_marked_as_something_else(client, keeper):
    run = given_in(client, row(离任日期="2023-06-30"), header=OTHER_DAYS)
    assert run.state == ImportState.REFUSED
    assert "其他日期，不是离任日期" in page(client, run)
    run = choose(client, run, **{f"title-{run.unread['titles'].index('离岗日子')}": "other"})
    assert run.state == ImportState.CHECKED
    assert "“离岗日子”是其他日期" in page(client, run)
    confirmed(client, run)
    assert Appointment.objects.get().last_day is None
    # The next file is asked about again: an end of office is never lost by an answer about another file.
    assert given_in(client, row(离任日期="2023-06-30"), header=OTHER_DAYS).state == ImportState.REFUSED


def test_what_was_marked_as_something_else_can_be_chosen_otherwise(client, keeper):
    run = given_in(client, row(离任日期="2023-06-30"), header=OTHER_DAYS)
    field = f"title-{run.unread['titles'].index('离岗日子')}"
    run = choose(client, run, **{field: "other"})
    run = choose(client, run, **{field: "离任日期"})
    assert "不是离任日期" not in page(client, run)
    confirmed(client, run)
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_the_command_is_answered_that_days_are_something_else(tmp_path, capsys):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(row(离任日期="2023-06-30"), header=OTHER_DAYS).read())
    with pytest.raises(CommandError):
        call_command("import_roster", path)
    assert '--mapping \'{"other": ["离岗日子"]}\'' in capsys.readouterr().err
    command(path, other=["离岗日子"])
    assert Appointment.objects.get().last_day is None


# Findings by cause ----------------------------------------------------------------------------------------------


def test_findings_are_grouped_by_cause_with_their_count_and_rows(client, keeper):
    rows = [row(身份证号=number, 社区="大众社区") for number in (A, B, C)]
    run = given_in(client, *rows, row(姓名="李", 身份证号="62029919700101001"))
    text = page(client, run)
    assert "× 3 第2、3、4行" in text
    many = [row(身份证号="62029919700101001") for _number in range(7)]
    shown = client.get(given_in(client, *many).get_absolute_url()).text
    assert "<summary>第2、3、4、5、6行…</summary>" in shown
    assert "2、3、4、5、6、7、8" in shown


def test_the_command_lists_every_problem_and_then_counts_each_cause(tmp_path, capsys):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(*[row(身份证号="62029919700101001") for _number in range(7)]).read())
    with pytest.raises(CommandError):
        call_command("import_roster", path)
    lines = capsys.readouterr().err.splitlines()
    assert sum("应为18位" in line for line in lines) == 8
    assert any(line.endswith("× 7：第2、3、4、5、6…行") for line in lines)
