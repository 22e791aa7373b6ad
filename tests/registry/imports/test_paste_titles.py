"""The titles of pasted rows are known as those of a file are; where they are unclear, the user is asked."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from registry.imports import pasted, privacy
from registry.models import Appointment, ImportRun, ImportState, Member, PastedRows
from tests.registry.imports.import_steps import confirmed, given_in
from tests.registry.imports.paste_form import BAD, Form, address, person
from tests.registry.imports.roster_rows import HEADER, A, B, row

pytestmark = pytest.mark.usefixtures("real_areas")
UNCLEAR = ["居民名字", "身份证", "职务", "任职日期", "在职情况", "是否有单位"]


def options(form: Form) -> dict[str, str]:
    """By title the column that is proposed for it."""
    found = {}
    for field in form.page.select(".field:has(select[name^=title-])"):
        [chosen] = field.select("option[selected]") or field.select("option")[:1]
        found[field.select_one("label").text.strip()] = chosen["value"]
    return found


def chosen(form: Form, **columns) -> Form:
    draft = form.page.select_one("form:has([name=columns]) [name=draft]")["value"]
    names = {each.select_one("label").text.strip(): each.select_one("select")["name"]
             for each in form.page.select(".field:has(select[name^=title-])")}  # fmt: skip
    data = {names[title]: column for title, column in columns.items()}
    answer = form.client.post(address(form.group), {"draft": draft, "columns": "1", **data})
    return Form(form.client, form.group, answer)


class TestUnclear:
    def test_a_row_of_titles_that_are_not_all_known_is_no_person(self, paste):
        form = paste(["福民社区"], UNCLEAR, [*person(), "是"], [*person("李四", B), "否"])
        assert not form.page.select("[data-grid]")
        assert "居民名字" in form.page.select_one("td strong").text
        assert options(form) == {"居民名字": "姓名", "是否有单位": ""}
        assert "张三、李四" in form.text
        assert A not in form.answer.text
        form = chosen(form, 居民名字="姓名")
        assert form.answer.status_code == 200
        assert form.field(4, "姓名")["value"] == "李四"
        assert "是否有单位（不采用）" in form.text
        assert form.sent(save="1").is_saved
        assert {each.name for each in Member.objects.all()} == {"张三", "李四"}

    def test_they_can_be_chosen_later(self, paste, client, group_here):
        form = paste(UNCLEAR, [*person(), "是"])
        again = Form(client, group_here, client.get(f"{address(group_here)}?draft={PastedRows.objects.get().pk}"))
        assert options(again) == options(form)
        assert chosen(again, 居民名字="姓名", 是否有单位="姓名").answer.status_code == 422
        assert chosen(again).error(2, "姓名")

    def test_what_was_chosen_for_a_file_is_remembered_for_a_paste_and_the_other_way_round(self, paste, client):
        header = ["居民名字" if title == "姓名" else title for title in HEADER]
        run = given_in(client, row(), header=header)
        client.post(reverse("import-columns", args=[run.pk]), {"title-0": "姓名"})
        run.refresh_from_db()
        confirmed(client, run)
        assert paste([*UNCLEAR[:5]], person("李四", B)).sent(save="1").is_saved
        assert ImportRun.objects.first().chosen == {"姓名": "居民名字"}

    @pytest.mark.parametrize("first", [person(number="12"), person(number=""), person(number=BAD, day="")])
    def test_a_person_without_a_right_number_is_no_row_of_titles(self, paste, first):
        form = paste(first, person("李四", B), is_titled=False)
        assert form.error(1, "身份证号")
        assert form.field(2, "姓名")["value"] == "李四"


class TestNumbers:
    def test_rows_have_the_numbers_that_they_have_where_they_were_copied(self, paste):
        assert paste(person(number=BAD), is_titled=False).error(1, "身份证号")
        assert paste(["福民社区"], [""], pasted.ORDER, person(number=BAD)).error(4, "身份证号")


class TestImport:
    """Pasted rows are an import: it is listed with what became of its rows, and can be undone."""

    def test_it_is_listed_and_can_be_undone(self, paste, client, keeper):
        assert paste(person(), person("李四", BAD), is_titled=False).sent(leave="2").sent(save="1").is_saved
        run = ImportRun.objects.get()
        assert (run.state, run.uploaded_by, run.new) == (ImportState.LOADED, keeper, 1)
        text = client.get(run.get_absolute_url()).text
        assert "共2行＝读取1行＋跳过1行（您选择不录入的 1）" in text
        assert "张三" in text
        assert A not in text
        assert "第一居民小组" in client.get(reverse("imports")).text
        client.post(reverse("import-undo", args=[run.pk]))
        run.refresh_from_db()
        assert run.state == ImportState.UNDONE
        assert not Appointment.objects.exists()
        assert not Member.objects.exists()

    def test_its_rows_are_dropped_in_time(self, paste):
        assert paste(person()).sent(save="1").is_saved
        run = ImportRun.objects.get()
        assert run.rows.count() == 1
        ImportRun.objects.update(updated_at=timezone.now() - timedelta(days=31))
        assert privacy.sweep((timezone.now() - timedelta(days=30)).date()) == 1
        assert not run.rows.exists()
        ImportRun.objects.update(updated_at=timezone.now() - timedelta(days=31))
        assert privacy.sweep((timezone.now() - timedelta(days=30)).date()) == 0


class TestUnsaved:
    """Rows that are not saved are shown where their user will look for them."""

    def test_they_are_on_the_page_of_the_group_and_on_the_workbench(self, paste, client, group_here, clerk):
        paste(person(number=BAD))
        link = f"{address(group_here)}?draft={PastedRows.objects.get().pk}"
        assert link in client.get(group_here.get_absolute_url()).text
        assert f"粘贴后尚未保存的行：福民社区 {group_here}" in client.get("/workbench/").text
        client.force_login(clerk)
        assert link not in client.get(group_here.get_absolute_url()).text
        assert "粘贴后尚未保存的行" not in client.get("/workbench/").text

    def test_other_rows_are_begun_only_after_the_question_whether_to_go_on(self, paste, client, group_here):
        paste(person(number=BAD))
        shown = BeautifulSoup(client.get(address(group_here)).text, "html.parser")
        assert [each.text for each in shown.select("main .btn-primary")] == ["继续处理"]
        assert shown.select_one("details:not([open]) [name=rows]")
