"""The refused rows of an upload are corrected on the page, and loaded with the rest of the file."""

import re

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from openpyxl.styles import Font

from registry.imports import services
from registry.models import Appointment, ImportRun, ImportState, Member
from tests.registry.imports.disguises import with_openpyxl
from tests.registry.imports.import_steps import UPLOAD, confirmed, given_in, page
from tests.registry.imports.roster_rows import ACCOUNT, HEADER, A, B, C, row

pytestmark = pytest.mark.usefixtures("real_areas")
BAD = "62029919700101001X"


class Form:
    def __init__(self, client, run):
        self.client, self.run = client, run
        self.answer = client.get(_address(run))
        self.page = BeautifulSoup(self.answer.content, "html.parser")

    def field(self, number: int, title: str):
        [found] = self.page.select(f"input[aria-label='{title} {number}']")
        return found

    def sent(self, *, button: tuple[str, str] = ("check", "1"), **changed) -> ImportRun:
        """With texts by `r2_身份证号`, and boxes."""
        data: dict = {}
        for field in self.page.select("form.pasted input[name]"):
            if field.get("type") != "checkbox" or field.has_attr("checked"):
                data.setdefault(field["name"], []).append(field.get("value", ""))
        for name, value in changed.items():
            cell = re.fullmatch(r"r(\d+)_(.+)", name)
            data[self.field(int(cell[1]), cell[2])["name"] if cell else name] = value
        self.client.post(_address(self.run), data | dict([button]))
        self.run.refresh_from_db()
        return self.run


def _address(run) -> str:
    return reverse("import-rows", args=[run.pk])


def refused(client, *rows) -> ImportRun:
    run = given_in(client, *rows)
    assert run.state == ImportState.REFUSED
    return run


def struck_through(client) -> ImportRun:
    def change(book):
        for cell in book.active[3]:
            cell.font = Font(strike=True)

    rows = [HEADER, row(), row(姓名="李四", 身份证号=B)]
    content = with_openpyxl({"花名册": rows}, change)
    client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("花名册.xlsx", content)})
    return ImportRun.objects.latest("pk")


def test_a_refused_row_is_corrected_and_all_rows_are_loaded(client, keeper):
    run = refused(client, row(), row(姓名="李四", 身份证号=BAD, 任职日期="明天"))
    assert _address(run) in client.get(run.get_absolute_url()).text
    form = Form(client, run)
    assert form.field(3, "身份证号")["value"] == BAD
    run = form.sent(r3_身份证号=B, r3_任职日期="2021-01-05")
    assert (run.state, run.new) == (ImportState.CHECKED, 2)
    assert run.account.startswith("共3行＝读取2行")
    assert confirmed(client, run).state == ImportState.LOADED
    assert {each.id_number for each in Member.objects.all()} == {A, B}


def test_a_correction_that_is_wrong_too_stays_in_its_field(client, keeper):
    run = Form(client, refused(client, row(身份证号=BAD))).sent(r2_身份证号="620")
    assert run.state == ImportState.REFUSED
    assert Form(client, run).field(2, "身份证号")["value"] == "620"


def test_a_row_is_left_out_and_counted_as_that(client, keeper):
    run = Form(client, refused(client, row(), row(姓名="李四", 身份证号=BAD))).sent(leave="3")
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    assert "您选择不录入的 1" in run.account
    assert "不录入第3行" in page(client, run)
    confirmed(client, run)
    assert Member.objects.count() == 1


def test_numbers_that_are_right_stay_masked_and_as_they_are(client, keeper):
    run = refused(client, row(银行账号=ACCOUNT, 联系电话="1"))
    form = Form(client, run)
    assert A not in form.answer.text
    assert ACCOUNT not in form.answer.text
    confirmed(client, form.sent(r2_联系电话="13800000001"))
    assert (Member.objects.get().id_number, Member.objects.get().account) == (A, ACCOUNT)


def test_another_user_sees_no_number_of_the_file(client, keeper, clerk):
    run = refused(client, row(身份证号=BAD))
    client.force_login(clerk)
    form = Form(client, run)
    assert form.answer.status_code == 200
    assert BAD not in form.answer.text
    assert form.sent(r2_身份证号=B).state == ImportState.CHECKED


def test_an_end_of_office_is_added_where_the_file_has_no_such_column(client, keeper):
    header = [title for title in HEADER if title != "离任日期"]
    cells = [text for title, text in zip(HEADER, row(备注="2023年6月30日离任"), strict=True) if title != "离任日期"]
    run = given_in(client, cells, header=header)
    assert run.state == ImportState.REFUSED
    run = Form(client, run).sent(r2_离任日期="2023-06-30")
    assert services.table_of(run).rows[0][-1] == "离任日期"
    confirmed(client, run)
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_a_remark_is_taken_as_a_plain_one(client, keeper):
    run = refused(client, row(备注="2023年6月30日离任"))
    run = Form(client, run).sent(take="2")
    assert run.state == ImportState.CHECKED
    assert "备注" in page(client, run)
    confirmed(client, run)
    assert Appointment.objects.get().last_day is None


@pytest.mark.parametrize(("sent", "count"), [({"leave": "3"}, 1), ({"take": "3"}, 2)])
def test_a_struck_row_is_left_out_or_loaded(client, keeper, sent, count):
    run = struck_through(client)
    assert run.state == ImportState.REFUSED
    confirmed(client, Form(client, run).sent(**sent))
    assert Member.objects.count() == count


@pytest.mark.parametrize(("decision", "count"), [("leave", 1), ("load", 2)])
def test_all_struck_rows_are_decided_at_once(client, keeper, decision, count):
    run = Form(client, struck_through(client)).sent(button=("struck", decision))
    assert run.state == ImportState.CHECKED
    assert "删除线" in page(client, run)
    confirmed(client, run)
    assert Member.objects.count() == count


def test_a_choice_of_rows_is_cleared(client, keeper):
    run = Form(client, struck_through(client)).sent(leave="3")
    client.post(reverse("import-columns", args=[run.pk]), {"clear": "rows"})
    run.refresh_from_db()
    assert (run.state, run.wrong) == (ImportState.REFUSED, 1)


def test_what_is_typed_is_kept_from_page_to_page_without_a_check(client, keeper):
    rows = [row(姓名="李四", 身份证号=f"{number}") for number in range(60)]
    run = refused(client, row(), *rows)
    form = Form(client, run)
    assert len(form.page.select("[data-grid] tbody tr:not(.line-notes)")) < 60
    run = form.sent(button=("page", "2"), r3_姓名="王五")
    assert run.state == ImportState.REFUSED
    assert Form(client, run).field(3, "姓名")["value"] == "王五"


def test_corrections_are_stored_encrypted_and_dropped_with_the_file(client, keeper):
    run = Form(client, refused(client, row(身份证号=BAD), row(姓名="", 身份证号=C))).sent(r2_身份证号=B)
    with connection.cursor() as cursor:
        cursor.execute("SELECT corrections FROM registry_importrun")
        assert B.encode() not in bytes(cursor.fetchone()[0])
    services.abandon(run, actor=keeper)
    run.refresh_from_db()
    assert run.corrected == {}


def test_a_loaded_file_has_no_rows_to_correct(client, keeper):
    run = confirmed(client, given_in(client, row()))
    assert client.get(_address(run)).status_code == 302
    assert client.post(_address(run), {"check": "1", "cell-2-3": "x"}).status_code == 302
    assert Member.objects.get().name == "张三"


def test_what_is_no_row_number_decides_nothing(client, keeper):
    run = refused(client, row(身份证号=BAD), row(姓名="李四", 身份证号=B))
    run = Form(client, run).sent(shown=f"{'9' * 5000},²,2", leave=["9" * 5000, "x"])
    assert run.state == ImportState.REFUSED
