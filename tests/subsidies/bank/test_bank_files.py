"""The bank's files: the bytes of the ready templates, what a bank would refuse, and the other files of a month."""

import io
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal

import msoffcrypto
import openpyxl
import pytest
from django.db import IntegrityError, transaction

from jygroups.lib import constraints
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Act, AuditEntry, Position
from subsidies.bank import files, payments, ready_templates
from subsidies.bank.files import Occasion, Payee
from subsidies.bank.payments import Choice
from subsidies.exports import services as exports
from subsidies.exports.notice import Objections
from subsidies.exports.services import Options
from subsidies.models import BankTemplate, Export, Payment, PaymentItem, Sheet, SheetLine, State
from subsidies.month import sheets
from tests import factories

MAY = Month(2024, 5)
OCCASION = Occasion(MAY, date(2024, 6, 3))
pytestmark = pytest.mark.usefixtures("standard")
REST = {"community": "福民社区", "remark": "2024年5月工作补贴"}
PEOPLE = [
    Payee("张三", "620299197001010011", "农行", "622848000000000001", Decimal("350.00"), **REST),
    Payee("阿·䶮𠮷", "62029919700101002X", "", "6228480000000000023", Decimal("1200.50"), **REST),
]


@pytest.fixture
def templates(db):
    ready_templates.load_missing()
    return {
        "text": BankTemplate.objects.get(name="代发工资文本（竖线分隔）"),
        "xlsx": BankTemplate.objects.get(name="批量转账工作簿"),
    }


@pytest.fixture
def sheet(community, group):
    """May: two people, 300 + 150 and 200 + 150 yuan, approved."""
    for name, position, account in [
        ("李建国", Position.GROUP_LEADER, "622848000000000001"),
        ("王秀英", Position.GROUP_MEMBER, "6228480000000000023"),
    ]:
        factories.appointment(factories.member(community, name, account=account), group, position)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    return sheet


@pytest.fixture
def approved(sheet):
    factories.brought_to(sheet, State.APPROVED)
    return Sheet.objects.select_related("subdistrict").get()


def cells(content, name=None):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [list(row) for row in (book[name] if name else book.active).iter_rows(values_only=True)]


# The ready templates ----------------------------------------------------------------------------------------------


def test_the_payroll_text_has_just_these_bytes(templates):
    [content] = files.files(templates["text"], PEOPLE, OCCASION)
    assert content == (
        "序号|姓名|帐号|金额|身份证|\r\n"
        "1|张三|622848000000000001|350.00|620299197001010011|\r\n"
        "2|阿·䶮𠮷|6228480000000000023|1200.50|62029919700101002X|\r\n"
    ).encode("gb18030")


def test_the_transfer_workbook_has_numbers_as_text_and_amounts_as_numbers_and_the_same_bytes_each_time(templates):
    [content] = files.files(templates["xlsx"], PEOPLE, OCCASION)
    assert cells(content) == [
        ["序号", "收款账号", "收款户名", "收款行名称", "金额(元)", "用途"],
        [1, "622848000000000001", "张三", "农行", 350, "2024年5月工作补贴"],
        [2, "6228480000000000023", "阿·䶮𠮷", None, 1200.5, "2024年5月工作补贴"],
    ]
    assert files.files(templates["xlsx"], PEOPLE, OCCASION) == [content]
    page = openpyxl.load_workbook(io.BytesIO(content)).active
    assert (page.page_setup.paperSize, page.print_title_rows) == (9, "$1:$1")


# The texts of a template ------------------------------------------------------------------------------------------


def test_fen_utf_8_a_fixed_line_a_total_and_lf(templates):
    template = templates["text"]
    template.in_fen, template.has_total, template.header = True, True, "嘉峪关|20240510"
    template.encoding, template.line_end, template.has_titles = "utf-8", "lf", False
    [content] = files.files(template, PEOPLE, OCCASION)
    assert content.decode("utf-8").split("\n") == [
        "嘉峪关|20240510",
        "1|张三|622848000000000001|35000|620299197001010011|",
        "2|阿·䶮𠮷|6228480000000000023|120050|62029919700101002X|",
        "2|合计||155050||",
        "",
    ]


def test_more_people_than_a_file_takes_go_into_further_files_each_with_its_own_total(templates):
    template = templates["text"]
    template.rows_per_file, template.has_total = 1, True
    first, second = (content.decode("gb18030").splitlines() for content in files.files(template, PEOPLE, OCCASION))
    assert (first[1:], second[-1]) == (
        ["1|张三|622848000000000001|350.00|620299197001010011|", "1|合计||350.00||"],
        "1|合计||1200.50||",
    )


def test_several_files_make_a_zip_of_the_same_bytes_each_time(templates):
    contents = {"x-1.txt": b"a", "x-2.txt": b"b"}
    zipped = files.bundle(contents, date(2024, 5, 9))
    assert zipped == files.bundle(contents, date(2024, 5, 9))
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2024, 5, 9, 0, 0, 0)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account": ""}, "没有银行账号"),
        ({"amount": Decimal(0)}, "没有可发"),
        ({"amount": Decimal("50000.01")}, "50000.01"),
        ({"name": "长" * 31}, "62"),
        ({"name": "张|三"}, "分隔符"),
        ({"name": "张\t三"}, "不可见"),
        ({"name": "=张三"}, "公式"),
        ({"name": "@张三"}, "公式"),
    ],
)
def test_whom_the_bank_would_not_take_is_named_with_the_reason(templates, change, reason):
    [problem] = files.problems(templates["text"], [PEOPLE[0], replace(PEOPLE[1], **change)])
    assert problem.startswith(change.get("name", PEOPLE[1].name))
    assert reason in problem


def test_a_workbook_takes_what_looks_like_a_formula_for_text(templates):
    [content] = files.files(templates["xlsx"], [replace(PEOPLE[0], name="=1+1", bank="@x")], OCCASION)
    assert cells(content)[1][2:4] == ["=1+1", "@x"]
    assert "<f>" not in str(content)


# A sheet's payment ------------------------------------------------------------------------------------------------


def test_a_sheet_that_is_not_approved_does_not_go_to_the_bank(sheet, templates):
    with pytest.raises(Refused, match="尚未审批"):
        exports.export([sheet], "bank")
    assert not Payment.objects.exists()
    assert not Export.objects.exists()


def test_the_bank_file_is_logged_with_its_people_its_purpose_and_its_digest(approved, templates, finance):
    made = exports.export([approved], "bank", actor=finance, options=Options(purpose="5月代发"))
    assert made.name == "雄关街道2024年5月工作补贴代发文件.txt"
    row = Export.objects.get()
    assert (row.sheet, row.by, row.purpose, row.lines) == (approved, finance, "5月代发", 2)
    assert AuditEntry.objects.get(act=Act.EXPORT).details["sha256"] == row.sha256
    assert [(item.name, item.amount) for item in PaymentItem.objects.all()] == [("李建国", 450), ("王秀英", 350)]


def test_a_second_export_is_the_same_payment_and_the_same_bytes(approved, templates):
    one = exports.export([approved], "bank")
    with pytest.raises(exports.HandedOut):
        exports.export([approved], "bank")
    two = exports.export([approved], "bank", options=Options(again=True))
    assert one.content == two.content
    assert (Payment.objects.count(), Export.objects.count()) == (1, 2)


def test_people_without_an_account_are_named_and_nothing_is_handed_out(sheet, community, group, templates):
    factories.appointment(factories.member(community, "赵六"), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    with pytest.raises(Refused, match="赵六"):
        exports.export([sheet], "bank")
    assert not Payment.objects.exists()


@pytest.mark.usefixtures("as_owner")
def test_nothing_of_a_payment_can_be_changed_or_taken_away(approved, templates):
    exports.export([approved], "bank")
    for act in (
        lambda: PaymentItem.objects.update(amount=1),
        lambda: PaymentItem.objects.all().delete(),
        lambda: Payment.objects.update(amount=1),
        lambda: Export.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    PaymentItem.objects.first().save(update_fields=["account"])  # a new ciphertext of the same number
    exports.export([approved], "bank", options=Options(again=True))
    item = PaymentItem.objects.get(name="李建国")
    item.account = "622848000000000099"
    item.save(update_fields=["account"])  # the guard takes it for a new ciphertext of the same
    assert constraints.missing() == []
    with pytest.raises(Refused, match="李建国"):
        exports.export([approved], "bank", options=Options(again=True))


def test_nothing_is_handed_out_of_a_sheet_that_is_not_as_it_was_sealed(approved, templates):
    line = SheetLine.objects.get(name="李建国")
    line.account = "622848000000000099"
    line.save(update_fields=["account"])
    for form in ("bank", "xlsx", "csv"):
        with pytest.raises(Refused, match="李建国"):
            exports.export([approved], form)
    assert not Payment.objects.exists()
    assert not Export.objects.exists()


def test_account_numbers_lie_encrypted(approved, templates):
    exports.export([approved], "bank")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT account, id_number FROM subsidies_paymentitem")
        assert not any("622848" in cell or "620299" in cell for row in cursor.fetchall() for cell in row)


# Notice, summary, password ----------------------------------------------------------------------------------------


def test_the_notice_names_people_and_amounts_and_no_number(approved):
    made = exports.export([approved], "notice", options=Options(objections=Objections(5, "福民社区党群服务中心")))
    rows = cells(made.content)
    assert rows[0][0] == "嘉峪关市雄关街道2024年5月工作补贴发放公示"
    assert rows[3] == [1, "福民社区", "第一居民小组", "李建国", "居民小组长", 450]
    text = str(rows)
    assert "公示5天" in text
    assert "福民社区党群服务中心" in text
    assert not any(number in text for number in ("6228", "620299"))
    assert (
        exports.export([approved], "notice", options=Options(objections=Objections(5, "福民社区党群服务中心"))) == made
    )


def test_the_notice_is_posted_upright_with_its_title_on_each_page(approved):
    page = openpyxl.load_workbook(io.BytesIO(exports.export([approved], "notice").content)).active
    assert page.page_setup.orientation == "portrait"
    assert (page.print_title_rows, page.row_dimensions[4].height) == ("$1:$3", 16.5)


def test_the_city_summary_sums_each_subdistrict_and_the_city(approved, stranger):
    factories.appointment(factories.member(stranger, "周七", account="622848000000000033"), factories.group(stranger))
    sheets.prepare(MAY, [stranger.subdistrict])
    made = exports.export(Sheet.objects.all(), "summary")
    assert made.name == "嘉峪关市2024年5月工作补贴汇总表（草稿）.xlsx"
    rows = openpyxl.load_workbook(io.BytesIO(made.content), data_only=True).active
    values = [row for row in rows.iter_rows(values_only=True) if row[1] or row[2]]
    assert [row[-1] for row in values[1:]][-5:] == [800, 800, 350, 350, 1150]
    assert exports.export(Sheet.objects.all(), "summary").content == made.content


def test_a_workbook_under_a_password_opens_with_it_alone(approved):
    plain = exports.export([approved], "xlsx")
    locked = exports.export([approved], "xlsx", options=Options(password="Kx7-m2Pq-9RtW"))
    file = msoffcrypto.OfficeFile(io.BytesIO(locked.content))
    assert file.is_encrypted()
    file.load_key(password="Kx7-m2Pq-9RtW")
    target = io.BytesIO()
    file.decrypt(target)
    assert target.getvalue() == plain.content
    assert "Kx7" not in str([*AuditEntry.objects.values_list("details", flat=True)])


def test_who_is_tried_once_more_gets_it_on_the_account_of_today(approved, templates, finance, community):
    factories.answered(approved, refused=["王秀英"])
    [each] = payments.candidates(approved)
    line, each.member.account = each.line, "622848000000009999"
    each.member.save()
    payment = payments.pay(approved, {line.pk: Choice.TODAY}, actor=finance)
    [payee] = payments.payees(payment)
    assert (payee.name, payee.account, payee.amount) == ("王秀英", "622848000000009999", 350)
    line.refresh_from_db()
    assert line.account == "6228480000000000023"
    made = exports.bank_file(payment, options=Options())
    assert made.name == "雄关街道2024年5月工作补贴代发文件（第2批）.txt"
