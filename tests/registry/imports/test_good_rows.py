"""The rows of a file without problems are loaded alone; the others stay refused, and are given as a file to correct."""

import io

import pytest
import xlsxwriter
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jygroups.lib.spreadsheets import sandbox
from registry.models import Act, Appointment, AuditEntry, ImportRun, ImportState, Member, RowKind
from tests.registry.imports.import_steps import UPLOAD, confirmed, given_in, page, type_password
from tests.registry.imports.roster_rows import HEADER, A, B, C, row

pytestmark = pytest.mark.usefixtures("real_areas")
WRONG = row(姓名="李四", 身份证号=B, 任职日期="明年")


def only_good(client, run: ImportRun) -> ImportRun:
    client.post(reverse("import-good", args=[run.pk]))
    run.refresh_from_db()
    return run


def test_they_are_loaded_with_one_confirmation_and_every_row_is_accounted_for(client, keeper):
    run = given_in(client, row(), WRONG, row(姓名="王五", 身份证号=C))
    assert "只录入没有问题的 2 行" in page(client, run)
    run = only_good(client, run)
    assert (run.state, run.new, run.wrong) == (ImportState.CHECKED, 2, 1)
    assert not Member.objects.exists()
    text = page(client, run)
    assert "另有1行有问题，不录入" in text
    assert "确认导入 2 行" in text
    assert "共4行＝读取2行＋跳过1行＋拒绝1行（列标题 1）" in text
    run = confirmed(client, run)
    assert run.state == ImportState.LOADED
    assert {member.name for member in Member.objects.all()} == {"张三", "王五"}
    assert "共4行＝读取2行＋跳过1行＋拒绝1行（列标题 1）" in page(client, run)
    assert "下载有问题的 1 行" in page(client, run)
    assert [each.number for each in run.rows.filter(kind=RowKind.WRONG)] == [3]
    entry = AuditEntry.objects.get(act=Act.IMPORT)
    assert (entry.user, entry.details["new"]) == (keeper, 2)


def test_the_choice_is_cleared_on_the_page(client, keeper):
    run = only_good(client, given_in(client, row(), WRONG))
    assert "因有问题不录入：第3行" in page(client, run)
    client.post(reverse("import-columns", args=[run.pk]), {"clear": "rows"})
    run.refresh_from_db()
    assert (run.state, run.new, run.wrong, run.rows.count()) == (ImportState.REFUSED, 1, 1, 2)


def test_what_has_a_problem_only_beside_a_refused_row_is_checked_anew(client, keeper):
    same = row(备注="重复")
    run = only_good(client, given_in(client, row(姓名="李四", 身份证号=B), row(), same))
    assert (run.state, run.wrong) == (ImportState.CHECKED, 1)
    confirmed(client, run)
    assert Appointment.objects.count() == 2


def test_they_are_undone_as_any_import_is(client, keeper):
    run = confirmed(client, only_good(client, given_in(client, row(), WRONG)))
    client.post(reverse("import-undo", args=[run.pk]))
    assert not Member.objects.exists()


def test_who_only_sees_the_import_does_not_load_them(client, keeper, leader):
    run = given_in(client, row(), WRONG)
    client.force_login(leader)
    assert client.post(reverse("import-good", args=[run.pk])).status_code == 403
    run.refresh_from_db()
    assert run.state == ImportState.REFUSED


def test_the_rows_with_a_problem_are_a_file_that_loads_once_they_are_corrected(client, keeper):
    run = given_in(client, row(), WRONG)
    assert "Content-Disposition" not in client.post(reverse("import-wrong", args=[run.pk]))
    type_password(client)
    answer = client.post(reverse("import-wrong", args=[run.pk]), {"purpose": "核对"})
    [[header, *rows]] = [sheet.rows for sheet in sandbox.read_sheets(answer.content).values()]
    assert header[: len(HEADER)] == HEADER
    assert [each[header.index("身份证号")] for each in rows] == [B]
    assert AuditEntry.objects.get().details["lines"] == 1
    rows[0][header.index("任职日期")] = "2021-01-05"
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate([header, *rows]):
            sheet.write_row(place, 0, cells)
    client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("a.xlsx", target.getvalue())})
    assert ImportRun.objects.latest("pk").state == ImportState.CHECKED


def test_only_what_some_row_does_is_counted(client, keeper):
    confirmed(client, given_in(client, row()))
    run = given_in(client, row(), row(姓名="李四", 身份证号=B))
    text = page(client, run)
    assert "确认后：新增 1 行、另有 1 行已登记。" in text
    assert "变更 0 行" not in text
    assert "已导入：新增 1 行。" in page(client, confirmed(client, run))


class TestLoadedBefore:
    def test_a_file_that_is_loaded_already_is_loaded_again_only_by_choice(self, client, keeper):
        first = confirmed(client, given_in(client, row(联系电话="13800000001")))
        Member.objects.update(phone="")
        again = given_in(client, row(联系电话="13800000001"))
        text = client.get(again.get_absolute_url()).text
        assert f"同一份文件已由{keeper}于" in text
        assert first.get_absolute_url() in text
        assert confirmed(client, again).state == ImportState.CHECKED
        client.post(reverse("import-confirm", args=[again.pk]), {"again": "1"})
        again.refresh_from_db()
        assert again.state == ImportState.LOADED

    def test_that_is_shown_where_nothing_is_to_be_loaded_too(self, client, keeper):
        confirmed(client, given_in(client, row()))
        again = given_in(client, row())
        assert again.state == ImportState.NOTHING
        assert "同一份文件已由" in page(client, again)


def test_one_number_with_two_names_is_one_cause_with_both_rows(client, keeper):
    run = given_in(client, row(), row(姓名="李四", 身份证号=B), row(姓名="王五", 联系电话="13800000001"))
    assert run.state == ImportState.REFUSED
    text = client.get(f"{run.get_absolute_url()}?rows=all").text
    assert text.count("第2、4行的身份证号相同而姓名不同") == 3  # the cause, and each of the two rows
    assert "李四" not in [each.number for each in run.rows.filter(kind=RowKind.WRONG)]
    assert [each.number for each in run.rows.filter(kind=RowKind.WRONG)] == [2, 4]
    assert A not in text


def test_no_row_of_a_number_with_two_names_is_a_good_one(client, keeper):
    run = given_in(client, row(), row(任职日期="2023-01-05"), row(姓名="王五", 任职日期="2024-01-05"))
    assert [each.number for each in run.rows.filter(kind=RowKind.WRONG)] == [2, 3, 4]


class TestMainAct:
    """A page has one main act, before all others; giving up stands last and apart."""

    @pytest.mark.parametrize("rows", [[row()], [row(), WRONG], [WRONG]])
    def test_it_comes_first_and_once(self, client, keeper, rows):
        run = given_in(client, *([*each, "否"] for each in rows), header=[*HEADER, "是否有单位"])
        shown = BeautifulSoup(client.get(run.get_absolute_url()).text, "html.parser").select_one("main")
        [main] = shown.select(".btn-primary")
        buttons = [each.text for each in main.find_parent(class_="buttons").select(".btn")]
        assert buttons[0] == main.text
        assert buttons[-1] == "放弃导入"
        assert shown.find(class_="note-others") is None or main.sourceline < shown.find(class_="note-others").sourceline

    def test_unclear_titles_are_chosen_first_and_a_few_cells_stand_beside_each(self, client, keeper):
        header = [{"姓名": "居民名字", "工作单位": "是否有单位"}.get(title, title) for title in HEADER]
        others = [row(姓名="李四", 身份证号=B, 工作单位="否"), row(姓名="王五", 身份证号=C, 工作单位="否")]
        run = given_in(client, row(工作单位="是"), *others, header=header)
        shown = BeautifulSoup(client.get(run.get_absolute_url()).text, "html.parser").select_one("main")
        assert [each.text for each in shown.select(".btn-primary")] == ["按所选的列重新检查"]
        placed = BeautifulSoup(client.get(f"{run.get_absolute_url()}?place").text, "html.parser").select_one("main")
        assert [each.text for each in placed.select(".btn-primary")] == ["重新读取"]
        acts = [each.text for each in placed.select(".panel form .btn")]
        assert acts[-3:] == ["重新读取", "按所选的列重新检查", "放弃导入"]
        helps = [each.text for each in shown.select(".field .helptext")]
        assert helps[:2] == ["例：张三、李四、王五", "例：是、否"]
        assert [each["value"] for each in shown.select(".field option[selected]")] == ["姓名", ""]


def test_the_columns_without_a_finding_are_folded_where_rows_are_corrected(client, keeper):
    run = given_in(client, row(), WRONG)
    shown = BeautifulSoup(client.get(reverse("import-rows", args=[run.pk])).text, "html.parser")
    titles = [each.text for each in shown.select("[data-grid] thead th:not(.folded)")]
    assert titles == ["行号", "不录入", "姓名", "身份证号", "任职日期"]
    assert "不是日期" in shown.select_one("[data-grid] td.bad:not(.folded)").text
    assert "显示全部列" in shown.select_one(".show-all").text


def test_a_file_to_print_is_not_said_to_be_the_banks(client, keeper):
    sent = {"kind": "roster", "file": SimpleUploadedFile("a.pdf", b"%PDF-1.7\n1 0 obj")}
    text = client.post(UPLOAD, sent).text
    assert "这是 PDF 文件" in text
    assert "银行" not in BeautifulSoup(text, "html.parser").select_one(".upload").text
