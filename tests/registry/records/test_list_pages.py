"""What every list shares: filter, sort, page, choice of columns, export, all in the address."""

import csv
import io
from urllib.parse import parse_qs

import django_filters
import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from jygroups.lib import tables
from registry.models import AuditEntry, Member
from registry.records.list_pages import ROWS, ListPage
from tests import factories


class MemberTable(tables.Table):
    name = tables.Column(key=True, verbose_name="姓名")
    id_number = tables.MaskedColumn(verbose_name="身份证号")
    birth_date = tables.DayColumn(verbose_name="出生日期")
    bank = tables.Column(verbose_name="开户银行")


class MemberFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(label="姓名", lookup_expr="icontains")
    born = django_filters.DateFilter(label="出生日期", field_name="birth_date")


class Members(ListPage):
    model = Member
    permission_required = "registry.view_member"
    table_class = MemberTable
    filterset_class = MemberFilter
    title = "成员"
    chosen = ("id_number", "birth_date")


def ask(user, query="", **data):
    maker = RequestFactory()
    request = maker.post(f"/?{query}", data) if data else maker.get(f"/?{query}")
    request.user, request.session, request.htmx = user, {}, False
    request.resolver_match = None
    request._messages = FallbackStorage(request)
    answer = Members.as_view()(request)
    return answer.render() if hasattr(answer, "render") else answer


@pytest.fixture
def people(community, sibling):
    factories.member(sibling, "乙金雀")
    return [factories.member(community, name, bank="=1+1") for name in ("赵一", "钱二", "孙三")]


def test_a_list_shows_who_is_in_sight_with_the_count_and_numbers_masked(secretary, people):
    text = ask(secretary).text
    assert "(3)" in text
    assert all(person.name in text for person in people)
    assert "乙金雀" not in text
    assert people[0].id_number not in text


def test_a_list_can_be_narrowed_and_sorted_by_its_address(secretary, people):
    text = ask(secretary, "sort=-name").text
    assert text.index("钱二") != -1
    by_name = sorted((person.name for person in people), reverse=True)
    assert sorted(by_name, key=text.index) == by_name
    text = ask(secretary, "name=钱").text
    assert "钱二" in text
    assert "赵一" not in text


def test_a_filter_filled_in_wrong_is_reported_and_the_others_stay_at_work(secretary, people):
    text = ask(secretary, "name=钱&born=明天").text
    assert "明天" in text
    assert "钱二" in text
    assert "赵一" not in text


def test_columns_are_chosen_and_the_first_always_stays(secretary, people):
    assert "=1+1" not in ask(secretary).text
    text = ask(secretary, "columns=bank").text
    assert "=1+1" in text
    assert "赵一" in text
    assert "6202**" not in text


def test_a_column_that_needs_a_permission_is_neither_shown_nor_exported_without(secretary, people, monkeypatch):
    monkeypatch.setattr(MemberTable, "needs", {"bank": "registry.view_member"})
    assert "开户银行" in ask(secretary).text
    monkeypatch.setattr(MemberTable, "needs", {"bank": "registry.keep_user"})
    assert "开户银行" not in ask(secretary, "columns=bank").text
    assert "开户银行" not in ask(secretary, "columns=bank", export="csv").content.decode()


def test_a_long_list_is_paged(secretary, community):
    for _ in range(ROWS + 1):
        factories.member(community, "众人")
    page = ask(secretary, "sort=name").text
    assert page.count("众人") == ROWS
    assert page.count('href="?sort=name&amp;page=2"') == 2  # the second page and the next
    assert ask(secretary, "sort=-name&page=2").text.count('href="?sort=name"') == 1  # sorted, it begins again
    assert ask(secretary, "page=2").text.count("众人") == 1


def test_a_print_holds_all_rows_of_a_long_list(secretary, community):
    for _ in range(ROWS + 1):
        factories.member(community, "众人")
    assert 'href="?sort=name&amp;print=all"' in ask(secretary, "sort=name&page=2").text
    page = ask(secretary, "sort=name&print=all").text
    assert page.count("众人") == ROWS + 1
    assert 'data-print="now"' in page
    assert "print=all" not in page.split("<thead>")[1]  # neither a sorted nor an exported list is printed by itself


def test_an_export_holds_what_is_shown_of_all_pages_as_text_and_leaves_an_entry(secretary, community, people):
    for _ in range(ROWS):
        factories.member(community, "众人", bank="农行")
    answer = ask(secretary, "columns=id_number&columns=bank&sort=name&page=2", export="csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["姓名", "身份证号", "开户银行"]
    assert len(rows) == 1 + ROWS + len(people)
    assert {row[2] for row in rows[1:]} == {"'=1+1", "农行"}
    assert all("**********" in row[1] for row in rows[1:])
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user, entry.details["lines"]) == ("export", secretary, len(rows) - 1)


def test_an_exported_workbook_takes_no_text_for_a_formula(secretary, people):
    answer = ask(secretary, "columns=bank", export="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert {sheet.cell(row, 2).value for row in (2, 3, 4)} == {"=1+1"}
    assert {sheet.cell(row, 2).data_type for row in (2, 3, 4)} == {"s"}


def test_an_export_in_no_known_form_is_refused(secretary, people):
    assert ask(secretary, export="exe").status_code == 400
    assert not AuditEntry.objects.exists()


def test_a_list_is_closed_to_whose_post_does_not_open_it(sysadmin):
    with pytest.raises(PermissionDenied):
        ask(sysadmin)


def test_each_filter_in_force_is_a_chip_that_removes_it(secretary, people):
    page = BeautifulSoup(ask(secretary, "name=赵&born=1960-01-01&sort=name&page=2").text, "html.parser")
    *chips, end = page.select(".chips li")
    assert [chip.get_text().split("✕")[0].strip() for chip in chips] == ["姓名：赵", "出生日期：1960-01-01"]
    assert [parse_qs(each.a["href"][1:]) for each in (*chips, end)] == [
        {"born": ["1960-01-01"], "sort": ["name"]}, {"name": ["赵"], "sort": ["name"]}, {"sort": ["name"]},
    ]  # fmt: skip
    assert not BeautifulSoup(ask(secretary, "sort=name").text, "html.parser").select(".chips")
