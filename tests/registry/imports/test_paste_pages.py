"""Other pages of pasted rows, and the same rows in two windows."""

from datetime import date

import pytest

from registry.imports import pasted
from registry.imports.roster import RosterResource
from registry.models import Appointment, Member, PastedRows
from tests import factories
from tests.registry.imports.paste_form import BAD, many, person
from tests.registry.imports.roster_rows import A, B

pytestmark = pytest.mark.usefixtures("real_areas")


def cells_read(monkeypatch) -> list:
    """The rows that are checked from now on."""
    checked: list = []
    read = RosterResource.read_row
    monkeypatch.setattr(RosterResource, "read_row", lambda *row: checked.append(row) or read(*row))
    return checked


class TestPages:
    """Another page of the rows is shown by the last check of them."""

    def test_no_row_is_checked_for_another_page(self, paste, monkeypatch):
        form = paste(*many(120), *(person("李四", BAD) for _each in range(70)))
        checked = cells_read(monkeypatch)
        later = form.sent(page="2")
        warned = later.sent(kind="all", page="1")
        assert not checked
        assert later.answer.status_code == form.answer.status_code == 422
        assert later.account == warned.account == form.account
        assert later.error(172, "身份证号") == form.error(122, "身份证号")
        assert warned.page.select_one("[data-grid] tbody th").text == "2"
        assert later.sent().answer.status_code == 422
        assert len(checked) == 190

    def test_what_was_changed_before_is_checked(self, paste, monkeypatch):
        form = paste(*many(120), *(person("李四", BAD) for _each in range(70)))
        checked = cells_read(monkeypatch)
        later = form.sent(page="2", **{"cell__122__1": A})
        assert len(checked) == 190
        assert len(later.sent(page="1").page.select("[data-grid] tbody tr:not(.line-notes)")) == 51
        assert len(checked) == 190

    def test_another_day_or_other_answers_need_another_check(self, paste, monkeypatch):
        form = paste(*many(60))
        checked = cells_read(monkeypatch)
        form.sent(kind="all", page="2", **{"answer-1-2": "apart"})
        assert checked
        checked.clear()
        monkeypatch.setattr("jygroups.lib.clock.today", lambda: date(2030, 1, 5))
        form.sent(kind="all", page="2")
        assert len(checked) == 60

    def test_rows_are_saved_as_they_are_checked_then_whatever_the_stored_check_found(self, paste, community):
        form = paste(*many(60)).sent(kind="all", page="2")
        number = factories.id_number(date(1972, 1, 1), 1)
        factories.member(community, id_number=number, name="王五")
        assert form.sent(save="1").answer.status_code in (409, 422)
        assert not Appointment.objects.exists()


class TestTwoWindows:
    """Who sends a page after the rows were changed in another window is told, and undoes nothing."""

    def test_nothing_of_the_older_page_is_stored_and_both_texts_are_shown(self, paste):
        first = paste(person(number=BAD), person("李四", BAD))
        second = first.opened_again()
        assert first.sent(**{"cell__2__1": A}).answer.status_code == 422
        told = second.sent(**{"cell__3__1": B})
        assert told.answer.status_code == 409
        assert "另一个窗口" in told.text
        assert told.field(2, "身份证号")["value"] == A
        assert told.field(3, "身份证号")["value"] == BAD
        assert "6202**********" in told.text
        assert pasted.Grid.stored(PastedRows.objects.get()).rows[1][1] == BAD
        again = told.sent(**{"cell__3__1": B})
        assert again.answer.status_code == 200
        assert again.sent(save="1").is_saved
        assert {member.id_number for member in Member.objects.all()} == {A, B}

    def test_the_older_page_saves_nothing(self, paste):
        first = paste(person(), person("李四", B))
        second = first.opened_again()
        first.sent(**{"cell__3__0": "李小四"})
        told = second.sent(save="1")
        assert told.answer.status_code == 409
        assert not Member.objects.exists()
        assert second.sent(later="1").answer.status_code == 409
        assert told.sent(save="1").is_saved
        assert {member.name for member in Member.objects.all()} == {"张三", "李小四"}

    @pytest.mark.parametrize("change", [{"leave": "2"}, {"title-0": "备注"}])
    def test_rows_and_columns_left_out_there_count_too(self, paste, change):
        first = paste(person(), person("李四", B))
        second = first.opened_again()
        first.sent(**{"cell__3__0": "李小四"})
        assert second.sent(**change).answer.status_code == 409

    def test_another_page_of_them_is_turned_to_as_before(self, paste):
        form = paste(*many(120))
        second = form.sent(kind="all", page="2")
        assert form.sent(kind="all", page="1", **{"cell__2__0": "李四"}).answer.status_code == 200
        assert second.sent(page="3").answer.status_code == 200


def test_a_member_without_titles_is_in_the_right_column(paste):
    assert "列的内容不符" not in paste(person(day=""), is_titled=False).text
    assert "“职务”列的内容不符" in paste(person(position="2021"), is_titled=False).text
