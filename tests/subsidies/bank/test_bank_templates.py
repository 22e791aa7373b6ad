"""Bank templates: the ready ones' bytes, filled lines, interbank numbers, and one file for each bank."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from jygroups.lib import constraints
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from subsidies.bank import files, grouping, ready_templates
from subsidies.bank.files import Occasion, Payee
from subsidies.bank.template_forms import BankTemplateForm
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankTemplate, Export, Payment, Sheet, State
from subsidies.month import sheets
from tests import factories

MAY = Month(2024, 5)
OCCASION = Occasion(MAY, date(2024, 6, 3))
REST = {"community": "福民社区", "remark": "2024年5月工作补贴"}
PEOPLE = [
    Payee("张三", "620299197001010011", "甘肃银行", "622848000000000001", Decimal("350.00"), **REST),
    Payee("阿·䶮𠮷", "62029919700101002X", "农行", "6228480000000000023", Decimal("1200.50"), **REST),
]
GENERIC = [
    ["序号", "姓名", "帐号", "金额", "身份证"],
    [1, "张三", "622848000000000001", 350, "620299197001010011"],
    [2, "阿·䶮𠮷", "6228480000000000023", 1200.5, "62029919700101002X"],
]
ACCOUNTS = [
    ("李建国", "中国农业银行嘉峪关分行", "622848000000000001"),
    ("王秀英", "工商银行", "6222020000000000023"),
    ("赵六", "兰州银行嘉峪关支行", "622848000000000055"),
    ("周七", "中国银行", "622848000000000066"),
    ("吴八", "", "622848000000000077"),
]


@pytest.fixture
def ready(db):
    ready_templates.load_missing()
    return {template.name: template for template in BankTemplate.objects.all()}


@pytest.fixture
def approved(standard, ready, community, group):
    """May, approved: five people at four banks, one of them without a bank's name."""
    for name, bank, account in ACCOUNTS:
        factories.appointment(factories.member(community, name, account=account, bank=bank), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    return Sheet.objects.select_related("subdistrict").get()


def cells(content):
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)]


# The ready templates ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bank", ["农业银行", "建设银行", "邮储银行", "甘肃银行"])
def test_a_bank_without_a_public_description_gets_the_generic_columns_with_a_note(ready, bank):
    template = ready[f"{bank}代发（通用格式）"]
    [content] = files.files(template, PEOPLE, OCCASION)
    assert cells(content) == GENERIC
    assert files.files(template, PEOPLE, OCCASION) == [content]
    assert "通用代发表" in template.source


def test_icbc_has_account_name_amount_and_remark(ready):
    [content] = files.files(ready["工商银行代发"], PEOPLE, OCCASION)
    assert cells(content) == [
        ["账号", "姓名", "金额", "备注"],
        ["622848000000000001", "张三", 350, "2024年5月工作补贴"],
        ["6228480000000000023", "阿·䶮𠮷", 1200.5, "2024年5月工作补贴"],
    ]


def test_bank_of_lanzhou_has_just_these_bytes(ready):
    [content] = files.files(ready["兰州银行代发"], PEOPLE, OCCASION)
    assert content == (
        "序号|姓名|帐号|金额|身份证|\r\n"
        "1|张三|622848000000000001|350.00|620299197001010011|\r\n"
        "2|阿·䶮𠮷|6228480000000000023|1200.50|62029919700101002X|\r\n"
    ).encode("gb18030")


def test_a_database_with_templates_keeps_its_own_until_finance_adds_the_ready_ones(ready, client, finance):
    ready["甘肃银行代发（通用格式）"].delete()
    mine = ready["兰州银行代发"]
    mine.name = "兰州银行雄关支行"
    mine.save()
    constraints.remove_triggers()
    BankTemplate.history.filter(name="甘肃银行代发（通用格式）").delete()  # a database from before it was shipped
    BankTemplate.objects.filter(name="工商银行代发").update(banks="工行")
    call_command("setup", verbosity=0)
    before = {*ready, "兰州银行雄关支行"} - {"兰州银行代发", "甘肃银行代发（通用格式）"}
    assert set(BankTemplate.objects.values_list("name", flat=True)) == before
    client.force_login(finance)
    for _time in range(2):
        client.post(reverse("bank-templates-ready"))
        names = set(BankTemplate.objects.values_list("name", flat=True))
        assert names == before | {"甘肃银行代发（通用格式）"}
    assert BankTemplate.objects.get(name="工商银行代发").banks == "工行"


# First and last line ----------------------------------------------------------------------------------------------


def test_the_first_and_last_line_are_filled_in_for_each_file(ready):
    template = ready["兰州银行代发"]
    template.header, template.footer = "{month}|{date}|{count}|{total}", "END {total_fen} {other}"
    [content] = files.files(template, PEOPLE, OCCASION)
    lines = content.decode("gb18030").splitlines()
    assert (lines[0], lines[-1]) == ("2024-05|20240603|2|1550.50", "END 155050 {other}")
    template.rows_per_file = 1
    firsts = [content.decode("gb18030").splitlines()[0] for content in files.files(template, PEOPLE, OCCASION)]
    assert firsts == ["2024-05|20240603|1|350.00", "2024-05|20240603|1|1200.50"]


def test_a_workbook_has_the_filled_lines_around_its_rows(ready):
    template = ready["工商银行代发"]
    template.header, template.footer = "{count}笔", "合计{total}元"
    [content] = files.files(template, PEOPLE, OCCASION)
    rows = cells(content)
    assert (rows[0][0], rows[1][0], rows[-1][0], len(rows)) == ("2笔", "账号", "合计1550.50元", 5)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("header", "{count}|{bank}", "{bank}"),
        ("footer", "{}", "{}"),
        ("bank_codes", "农行嘉峪关分行=103827000011\n工行嘉峪关分行", "工行嘉峪关分行"),
        ("bank_codes", "农行=103827000011\n农行=103827000012", "103827000012"),
    ],
)
def test_the_form_refuses_unknown_placeholders_and_unreadable_numbers(ready, field, value, error):
    form = BankTemplateForm({field: value}, instance=ready["兰州银行代发"])
    assert error in str(form.errors[field])


# Interbank numbers ------------------------------------------------------------------------------------------------


def test_a_person_whose_bank_has_no_interbank_number_is_named(ready):
    template = ready["兰州银行代发"]
    template.columns = [*template.columns, {"content": "bank_code", "title": "联行号", "text": ""}]
    template.bank_codes = "甘肃银行 = 313827000011\n农行＝103827000011\n"
    assert files.problems(template, PEOPLE) == []
    [content] = files.files(template, PEOPLE, OCCASION)
    assert content.decode("gb18030").splitlines()[2].endswith("|103827000011|")
    [problem] = files.problems(template, [*PEOPLE, replace(PEOPLE[0], name="赵六", bank="兰州银行")])
    assert problem.startswith("赵六")
    assert "兰州银行" in problem


# One file for each bank -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bank", "expected"),
    [
        ("中国农业银行嘉峪关分行", "农业银行代发（通用格式）"),
        ("农行", "农业银行代发（通用格式）"),
        ("建设银行甘肃省分行", "建设银行代发（通用格式）"),
        ("工商银行兰州银行街支行", "工商银行代发"),
        ("中国邮政储蓄银行", "邮储银行代发（通用格式）"),
        ("农商行", None),
        ("中国农业发展银行", None),
        ("", None),
    ],
)
def test_a_bank_is_recognised_by_the_name_that_stands_first(ready, bank, expected):
    found = grouping.own_template(bank, BankTemplate.objects.order_by("id"))
    assert (found and found.name) == expected


def test_one_file_for_each_bank_together_pays_the_payment(approved, ready, finance):
    chosen = ready["批量转账工作簿"]
    made = exports.export([approved], "bank", actor=finance, options=Options(template=chosen, each_bank=True))
    assert (made.name, made.lines) == ("雄关街道2024年5月工作补贴代发文件.zip", 5)
    archive = zipfile.ZipFile(io.BytesIO(made.content))
    names = ["农业银行.xlsx", "工商银行.xlsx", "兰州银行.txt", "批量转账工作簿.xlsx"]
    names = [f"雄关街道2024年5月工作补贴代发文件-{name}" for name in names]
    assert sorted(archive.namelist()) == sorted(names)
    abc, icbc, lanzhou, others = map(archive.read, names)
    [text] = [line.split("|") for line in lanzhou.decode("gb18030").splitlines()[1:]]
    assert {row[2] for row in cells(others)[1:]} == {"周七", "吴八"}
    amounts = [cells(abc)[1][3], cells(icbc)[1][2], text[3], *(row[4] for row in cells(others)[1:])]
    assert sum(Decimal(str(amount)) for amount in amounts) == Payment.objects.get().amount == approved.net
    row = Export.objects.get()
    assert (row.lines, row.template, row.name) == (5, None, made.name)
    again = Options(template=chosen, each_bank=True, again=True)
    assert exports.export([approved], "bank", options=again).content == made.content


def test_whom_one_of_the_banks_would_not_take_stops_all_files(approved, ready):
    BankTemplate.objects.filter(name="兰州银行代发").update(largest_amount=Decimal("0.01"))
    with pytest.raises(Refused, match="赵六"):
        exports.export([approved], "bank", options=Options(each_bank=True))
    assert not Export.objects.exists()


def test_people_of_one_bank_get_its_template_without_a_zip(approved, ready):
    BankTemplate.objects.exclude(name="农业银行代发（通用格式）").update(banks="")
    chosen = ready["农业银行代发（通用格式）"]
    made = exports.export([approved], "bank", options=Options(template=chosen, each_bank=True))
    assert made.name.endswith(".xlsx")
    assert len(cells(made.content)) == 6


def test_the_date_in_a_file_is_the_day_of_the_payment(approved, ready):
    BankTemplate.objects.filter(name="兰州银行代发").update(header="{date}")
    chosen = BankTemplate.objects.get(name="兰州银行代发")
    made = exports.export([approved], "bank", options=Options(template=chosen))
    assert made.content.decode("gb18030").splitlines()[0] == f"{timezone.localdate(Payment.objects.get().at):%Y%m%d}"


def test_the_page_proposes_a_file_for_each_bank_where_people_are_at_several(approved, ready, client, finance):
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 4_000_000_000  # the password, just now
    session.save()
    url = reverse("export", args=[MAY, approved.subdistrict.code])
    assert client.get(url).context["form"]["each_bank"].initial is True
    answer = client.post(
        url, {"format": "bank", "purpose": "代发", "template": ready["工商银行代发"].pk, "each_bank": "on"}
    )
    assert answer["Content-Type"] == "application/zip"
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 3
    BankTemplate.objects.exclude(name="工商银行代发").update(banks="")
    assert client.get(url).context["form"]["each_bank"].initial is False


def test_the_template_page_shows_where_the_format_is_described(ready, client, finance):
    client.force_login(finance)
    page = client.get(ready["兰州银行代发"].get_absolute_url()).content.decode()
    assert "兰州银行企业网银代发工资操作手册" in page
    assert "请与本单位开户银行的要求核对" in page
