"""The page of a bank template."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from subsidies.models import BankTemplate
from tests.subsidies.bank.steps import url
from tests.test_routes import filled_in

pytestmark = pytest.mark.usefixtures("standard")


def template_data(page, pk):
    text = page.get(url("bank-template", pk)).text
    return filled_in(BeautifulSoup(text, "html.parser").select_one("form.edit"))


def test_a_template_is_previewed_before_it_is_saved(page, sheet):
    template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
    data = template_data(page, template.pk) | {"separator": "~", "in_fen": "on"}
    answer = page.post(url("bank-template", template.pk), data | {"preview": "1"})
    assert "1~张三~622848000000000001~35000~620299197001010011~" in answer.text
    template.refresh_from_db()
    assert template.separator == "|"
    page.post(url("bank-template", template.pk), data)
    template.refresh_from_db()
    assert (template.separator, template.in_fen, template.columns[0]["title"]) == ("~", True, "序号")


def test_a_template_without_an_account_is_refused_in_words(page, sheet):
    template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
    data = template_data(page, template.pk) | {"columns-2-content": ""}
    answer = page.post(url("bank-template", template.pk), data)
    assert answer.status_code == 422
    assert "缺少以下列，银行无法发放：账号" in answer.text


def test_a_workbook_is_saved_without_what_a_text_file_alone_asks_for(page, sheet):
    template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
    of_text = ("encoding", "separator", "ends_with_separator", "line_end")
    data = template_data(page, template.pk)
    sent = {name: each for name, each in data.items() if name not in of_text}
    assert page.post(url("bank-template", template.pk), sent).status_code == 422
    assert page.post(url("bank-template", template.pk), sent | {"kind": "xls"}).status_code == 302
    template.refresh_from_db()
    assert (template.kind, template.separator, template.encoding) == ("xls", "|", "gb18030")


def test_a_new_template_begins_with_five_rows_of_columns(page, sheet):
    text = page.get(reverse("bank-template-add")).text
    assert len(BeautifulSoup(text, "html.parser").select("select[name$=-content]")) == 5
