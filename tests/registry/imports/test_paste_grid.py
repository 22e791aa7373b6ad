"""Pasted rows are corrected in the cells of a table, with their errors, and nothing that was typed is lost."""

import tracemalloc
from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jygroups.lib.refusals import Refused
from registry.imports import pasted
from registry.models import Appointment, Member, PastedRows, Position
from tests.registry.imports.paste_form import BAD, Form, address, many, person
from tests.registry.imports.roster_rows import A, B

pytestmark = pytest.mark.usefixtures("real_areas")


class TestErrors:
    def test_a_wrong_cell_is_corrected_in_its_field_and_the_rows_are_saved(self, paste):
        form = paste(person(), person("李四", BAD, day="明天"))
        assert form.answer.status_code == 422
        assert "校验码" in form.error(3, "身份证号")
        assert form.error(3, "任职日期")
        assert not form.error(2, "身份证号")
        assert not form.page.select("button[name=save]")
        form = form.sent(**{"cell__3__1": B, "cell__3__3": "2021年1月5日"})
        assert form.answer.status_code == 200
        assert not form.page.select("[aria-invalid]")
        assert form.field(3, "身份证号")["value"] == B
        assert form.sent(save="1").is_saved
        assert {member.id_number for member in Member.objects.all()} == {A, B}

    def test_what_was_typed_is_kept_where_it_is_wrong_too(self, paste):
        form = paste(person(number=BAD)).sent(**{"cell__2__1": "620", "cell__2__7": "6228 4800"})
        assert form.field(2, "身份证号")["value"] == "620"
        assert form.field(2, "银行账号")["value"] == "6228 4800"
        assert form.error(2, "银行账号")

    def test_that_a_position_belongs_to_no_group_stands_at_the_position(self, paste):
        form = paste(person(position="居委会主任"))
        assert "居民小组一栏应留空" in form.error(2, "职务")
        assert form.sent(**{"cell__2__2": "组长", "save": "1"}).is_saved
        assert Appointment.objects.get().position == Position.GROUP_LEADER

    def test_line_breaks_in_a_cell_stay_while_its_field_is_left_alone(self, paste):
        titles = ["姓名", "身份证号", "职务", "任职日期", "在职情况", "备注"]
        form = paste(titles, person(employed="否么"), person("李四", B, "成员", "2021-01-05", "非在职", '"一\n二"'))
        form = form.sent(**{"cell__2__4": "非在职"})
        assert form.sent(save="1").is_saved
        assert Appointment.objects.get(member__name="李四").note == "一\n二"

    def test_changed_cells_that_give_a_warning_are_shown_before_they_are_saved(self, paste):
        form = paste(person())
        shown = form.sent(**{"cell__2__7": "6228480003000027321", "save": "1"})
        assert shown.answer.status_code == 200
        assert "您改动的单元格有提示" in shown.text
        assert not Member.objects.exists()
        assert shown.sent(save="1").is_saved

    def test_changed_cells_without_a_finding_are_saved_at_once(self, paste):
        assert paste(person()).sent(**{"cell__2__0": "张小三", "save": "1"}).is_saved
        assert Member.objects.get().name == "张小三"


class TestRows:
    def test_a_row_is_left_out_and_taken_back(self, paste):
        form = paste(person(), person("李四", BAD)).sent(leave="3")
        assert form.answer.status_code == 200
        assert form.account == "共2行＝读取1行＋跳过1行（您选择不录入的 1）"
        assert form.data["leave"] == ["3"]
        assert form.sent(leave=None).answer.status_code == 422
        assert form.sent(save="1").is_saved
        assert Member.objects.get().id_number == A

    def test_rows_are_added(self, paste):
        form = paste(person()).sent(
            **{f"cell__3__{place}": text for place, text in enumerate(person("李四", B))},
            **{f"cell__9__{place}": text for place, text in enumerate(person("王五", BAD))},
        )
        assert form.account == "共3行＝读取2行＋拒绝1行"
        assert form.error(4, "身份证号")
        assert form.field(5, "姓名")["value"] == ""

    def test_all_that_is_not_taken_is_counted(self, paste):
        titles = ["姓名", "身份证号码", "岗位", "任职时间", "是否在职"]
        form = paste(["福民社区人员名单"], titles, person(), [""], titles, person("李四", BAD), ["合计", "2人"])
        assert form.account == "共6行＝读取1行＋跳过4行＋拒绝1行（空行 1、列标题 1、合计行 1、表头上方的说明 1）"


class TestColumns:
    def test_a_missing_column_is_added_to_be_filled_in(self, paste):
        form = paste(["姓名", "身份证号", "职务", "任职日期"], person()[:4])
        assert form.error(2, "在职情况")
        assert form.sent(**{"cell__2__4": "非在职", "save": "1"}).is_saved

    def test_columns_in_another_order_are_exchanged(self, paste):
        rows = [[A, "张三", *person()[2:]]]
        form = paste(*rows).sent(title__0="身份证号")
        assert form.answer.status_code == 200
        assert form.sent(save="1").is_saved
        assert Member.objects.get().name == "张三"

    def test_a_column_that_has_no_title_is_left_out_or_named(self, paste):
        titles = ["姓名", "身份证号", "职务", "任职日期", "在职情况"]
        form = paste(titles, [*person(), "2023-01-31"])
        assert form.answer.status_code == 422
        form = form.sent(title__5=pasted.NO_COLUMN)
        assert form.answer.status_code == 200
        assert "2023-01-31" in form.text
        assert form.sent(title__5="离任日期").sent(save="1").is_saved
        assert Appointment.objects.get().last_day == date(2023, 1, 31)

    def test_a_column_that_is_left_out_is_taken_again(self, paste):
        form = paste([*pasted.ORDER], [*person(), "13800000001"]).sent(title__5=pasted.NO_COLUMN)
        assert "联系电话（不采用）" in form.text
        assert not form.page.select("input[aria-label='联系电话 2']")
        form = form.sent(title__5=pasted.TAKEN)
        assert form.field(2, "联系电话")["value"] == "13800000001"
        assert form.sent(title__5=pasted.NO_COLUMN).sent(save="1").is_saved
        assert Member.objects.get().phone == ""

    def test_a_required_column_that_is_left_out_is_taken_again_in_place_of_the_empty_one(self, paste):
        form = paste(person()).sent(title__2=pasted.NO_COLUMN)
        assert form.error(2, "职务")
        form = form.sent(title__2=pasted.TAKEN)
        assert form.answer.status_code == 200
        assert len(form.page.select("[data-grid] thead select")) == len(pasted.ORDER)
        assert form.sent(save="1").is_saved


class TestManyRows:
    def test_of_many_rows_those_with_errors_are_shown_page_by_page(self, paste):
        form = paste(*many(120), *(person("李四", BAD) for _each in range(70)))
        assert len(form.page.select("[data-grid] tbody tr:not(.line-notes)")) == 51  # with the empty one
        assert form.page.select_one("[data-grid] tbody th").text == "122"
        assert form.data["kind"] == ["wrong"]
        later = form.sent(page="2", **{"cell__122__1": "改过"})
        assert later.page.select_one("[data-grid] tbody th").text == "172"
        assert later.sent(page="1").field(122, "身份证号")["value"] == "改过"
        everything = form.sent(kind="all")
        assert everything.page.select_one("[data-grid] tbody th").text == "2"

    def test_a_row_left_out_on_another_page_stays_left_out(self, paste):
        form = paste(*many(60)).sent(kind="all", leave="2").sent(page="2")
        assert form.data.get("leave") is None
        assert form.sent(page="1").data["leave"] == ["2"]

    def test_neither_queries_nor_fields_grow_with_the_rows(self, paste):
        asked = {}
        for count in (60, 600):
            with CaptureQueriesContext(connection) as queries:
                form = paste(*many(count), person("李四", BAD))
            asked[count] = len(queries)
            assert len(form.page.select("form:has([data-grid]) [name]")) < 900
        assert asked[60] == asked[600]

    def test_titles_without_end_make_no_form_that_is_too_large(self, paste):
        form = paste([*pasted.ORDER, *map(str, range(300))], *(person("李四", BAD) for _each in range(60)))
        assert len(form.page.select("form:has([data-grid]) [name]")) < 1000


@pytest.mark.parametrize(
    "sent",
    [
        {"cell-1-1": "x", "cell-999999-0": "x", "leave": "x", "shown": "²,a", "take": "-1"},
        {"title-0": "姓名", "page": "x", "kind": "x"},
        {"title-0": "职务", "title-1": "姓名"},
    ],
)
def test_a_form_that_was_tampered_with_is_refused(paste, sent):
    form = paste(person(number=BAD))
    answer = form.client.post(address(form.group), {"draft": form.data["draft"], "save": "1", **sent})
    assert answer.status_code == 422
    assert not Member.objects.exists()


@pytest.mark.parametrize("draft", ["", "0", "x", "9" * 30])
def test_rows_that_are_not_stored_are_none(client, keeper, group_here, draft):
    answer = client.post(address(group_here), {"draft": draft, "save": "1"})
    assert answer.status_code in (200, 302)


class TestStored:
    """Pasted rows stand on the server, encrypted, until they are saved or discarded."""

    def test_what_was_typed_is_there_after_the_session_has_ended(self, paste, client, keeper, group_here):
        form = paste(person(), person("李四", BAD))
        assert form.sent(**{"cell__3__1": "620", "later": "1"}).answer.status_code == 302
        client.logout()
        client.force_login(keeper)
        page = BeautifulSoup(client.get(address(group_here)).content, "html.parser")
        [link] = page.select("a[href^='?draft=']")
        assert link["href"] == f"?draft={form.data['draft'][0]}"
        again = Form(client, group_here, client.get(address(group_here) + link["href"]))
        assert again.answer.status_code == 200
        assert again.field(3, "身份证号")["value"] == "620"
        assert again.sent(**{"cell__3__1": B, "save": "1"}).is_saved
        assert Member.objects.count() == 2
        assert not PastedRows.objects.exists()
        assert not BeautifulSoup(client.get(address(group_here)).content, "html.parser").select("a[href^='?draft=']")

    def test_only_their_user_finds_them_and_may_discard_them(self, paste, client, clerk, group_here):
        form = paste(person(number=BAD))
        client.force_login(clerk)
        client.post(address(group_here), {"discard": form.data["draft"]})
        assert PastedRows.objects.count() == 1
        assert client.get(f"{address(group_here)}?draft={form.data['draft'][0]}").status_code == 302
        client.force_login(PastedRows.objects.get().by)
        client.post(address(group_here), {"discard": form.data["draft"]})
        assert not PastedRows.objects.exists()

    def test_they_are_stored_encrypted_and_dropped_in_time(self, paste, settings):
        paste(person(number=A, name="李四"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT content FROM registry_pastedrows")
            assert A.encode() not in bytes(cursor.fetchone()[0])
        PastedRows.objects.update(updated_at=timezone.now() - timedelta(days=31))
        paste(person())
        assert PastedRows.objects.count() == 1

    def test_the_page_of_thousands_of_rows_is_small(self, paste):
        rows = [[*each, "13800000001", "中国农业银行", "6228480003000027320"] for each in many(4_990)]
        form = paste(*rows, *([*person("李四", BAD), "1", "2", "3"] for _each in range(10)))
        assert len(form.answer.content) <= 150_000
        assert len(form.sent(kind="all", page="3").answer.content) <= 150_000

    def test_all_columns_left_out_leave_no_rows(self, paste):
        form = paste(person(), person("李四", B))
        form = form.sent(**{f"title__{place}": pasted.NO_COLUMN for place in range(8)})
        assert form.account == "共2行＝跳过2行（空行 2）"

    def test_without_titles_columns_that_do_not_fit_are_named(self, paste):
        form = paste([A, "张三", *person()[2:]], [B, "李四", *person()[2:]], is_titled=False)
        assert "没有列标题" in form.text
        assert "姓名、身份证号" in form.page.select_one(".note-wrong + p + .note-wrong, p + .note-wrong").text
        assert "没有列标题" in paste(person(), is_titled=False).text
        assert "没有列标题" not in paste(pasted.ORDER, person()).text

    def test_a_remark_is_taken_as_a_plain_one(self, paste):
        titles = ["姓名", "身份证号", "职务", "任职日期", "在职情况", "备注"]
        form = paste(titles, [*person(), "2023年6月30日离任"])
        assert form.answer.status_code == 422
        [box] = form.page.select("input[name=take]")
        assert form.sent(take=box["value"]).sent(save="1").is_saved
        office = Appointment.objects.get()
        assert (office.note, office.last_day) == ("2023年6月30日离任", None)


class TestWidth:
    def test_empty_cells_at_the_ends_of_rows_are_no_columns(self):
        grid = pasted.Grid.pasted("\t".join([*person(), *[""] * 200_000]) + "\n" + "\n".join(["x"] * 300))
        assert grid.titles == pasted.ORDER
        assert {len(row) for row in grid.rows} == {len(pasted.ORDER)}

    def test_too_many_columns_are_refused_before_the_rows_are_widened(self, client, keeper, group_here):
        text = "\t" * 200_000 + "x\n" + "\n".join(["x"] * 300)
        tracemalloc.start()
        with pytest.raises(Refused, match="60"):
            pasted.Grid.pasted(text)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
        tracemalloc.stop()
        answer = client.post(address(group_here), {"rows": text})
        assert answer.status_code == 422
        assert "60" in answer.text

    def test_the_most_columns_with_more_rows_than_a_page_has_are_corrected_and_saved(self, paste):
        more = [f"其他{number}" for number in range(pasted.MOST_PASTED_COLUMNS - len(pasted.ORDER))]
        wide = [*pasted.ORDER, *more]
        form = paste(wide, [*person(number=BAD), "", "", "", *more], *[["", "", "x"] for _ in range(60)])
        assert form.answer.status_code == 422
        assert sum(map(len, form.data.values())) < 1_000
        form = form.sent(**{"cell__2__1": A})
        assert A in PastedRows.objects.get().content.decode()


class TestWhatChangedSinceTheCheck:
    def test_the_table_is_shown_again_where_something_else_would_become_of_the_rows(self, paste):
        form = paste([*pasted.ORDER], [*person(), "13800000001"])
        assert form.answer.status_code == 200
        assert form.sent(save="1").is_saved
        first = paste([*pasted.ORDER], [*person(), "13800000002"])
        member = Member.objects.get()
        member.phone = "13800000003"
        member.save()
        again = first.sent(save="1")
        assert again.answer.status_code == 409
        assert "核对之后登记册已有变动" in again.text
        assert Member.objects.get().phone == "13800000003"
        assert again.sent(save="1").is_saved
        assert Member.objects.get().phone == "13800000002"
