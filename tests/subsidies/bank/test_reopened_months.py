"""A settled month that the bank opens again by sending money back."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from registry.models import Role
from subsidies.bank import payments
from subsidies.models import Sheet
from tests import factories
from tests.subsidies.bank.steps import NAMES, file, make, row, standing, take_in, url

pytestmark = pytest.mark.usefixtures("standard")


def test_money_sent_back_after_the_month_is_settled_opens_it_again_for_that_person(page, sheet, payment, finance):
    take_in(page, file(*map(row, NAMES)))
    page.post(url("payment-settle"))
    preview = take_in(page, file(row("钱二", "退票", "账户已销户")))
    assert [match.item.name for match in preview.bounced] == ["钱二"]
    assert standing()["钱二"] == "bounced"
    assert "银行退票1人" in page.get(reverse("workbench")).text
    make(page, {"钱二": "approved"})
    take_in(page, file(row("钱二")))
    assert standing()["钱二"] == "arrived"
    assert "银行退票" not in page.get(reverse("workbench")).text


@pytest.fixture
def reopened(page, sheet, payment):
    """The settled month, one person's money sent back since."""
    take_in(page, file(*map(row, NAMES)))
    page.post(url("payment-settle"))
    take_in(page, file(row("钱二", "退票", "账户已销户")))
    return Sheet.objects.get()


def panel(page):
    """The state and the next step on the sheet's page, and the links."""
    main = BeautifulSoup(page.get(url("sheet")).text, "html.parser").main
    next_panel = main.select_one(".next")
    words = main.select_one(".head .meaning").get_text(), next_panel.get_text(" ", strip=True)
    return *words, [link["href"] for link in next_panel.select("a")]


def test_the_sheet_shows_finance_that_its_month_is_open_again_and_where_to_deal_with_it(page, reopened):
    state, text, links = panel(page)
    assert "重新打开（1人）" in state
    assert "因银行退票，现对1人重新打开" in text
    assert "银行退票1人" in text
    assert "已全部办结" not in text
    assert set(links) == {url("payment")}


def test_the_retried_person_keeps_the_month_open_until_the_money_arrives(page, reopened):
    make(page, {"钱二": "approved"})
    state, text, _links = panel(page)
    assert "重新打开（1人）" in state
    assert "待登记银行回盘，1人" in text
    take_in(page, file(row("钱二")))
    state, text, _links = panel(page)
    assert "已发放" in state
    assert "已全部办结" in text


def test_others_see_that_finance_deals_with_the_open_month(client, clerk, reopened):
    client.force_login(clerk)
    state, text, links = panel(client)
    assert "重新打开（1人）" in state
    assert "待他人处理" in text
    assert set(links) == {url("payment")}


def test_a_community_sees_its_own_people_alone(client, secretary, sibling, reopened):
    client.force_login(secretary)
    assert "重新打开（1人）" in panel(client)[0]
    assert "因银行退票，现对1人重新打开" in panel(client)[1]
    client.force_login(factories.user("other", Role.SECRETARY, community=sibling))
    assert "已发放" in panel(client)[0]
    assert "已全部办结" in panel(client)[1]


def test_the_list_of_months_shows_the_open_month(page, reopened):
    assert "重新打开（1人）" in page.get(reverse("months")).text


def test_of_an_approved_sheet_the_next_act_is_finance_s_own(page, client, clerk, sheet):
    assert "待您处理" in panel(page)[1]
    assert "待他人处理" not in panel(page)[1]
    assert panel(page)[2] == [url("payment-make")]
    payments.first(sheet, actor=None)
    assert "代发文件尚未下载" in panel(page)[1]
    assert "待登记银行回盘，4人" in panel(page)[1]
    client.force_login(clerk)
    assert "待他人处理" in panel(client)[1]
    assert panel(client)[2] == [url("payment")] * 2
