"""The finance workbook: what is on it, that its figures are live and right, and that nothing in it comes alive."""

import csv
import io
import os
import re
import shutil
import subprocess
import zipfile
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from jygroups.lib.capitals import in_capitals
from jygroups.lib.months import Month
from subsidies.exports.month_csv import month_csv
from subsidies.exports.workbook import workbook
from subsidies.models import Sheet
from subsidies.month.changes import against_previous
from tests.subsidies import expected

PAYROLL, SUMMARY, CHANGES, UNPAID = NAMES = ["发放表", "汇总表", "变动表", "不发放人员"]
TITLES = [
    *("序号", "社区", "居民小组", "姓名", "身份证号", "职务", "视同任职起始日", "满年数", "基础补贴", "年限增长"),
    *("应发", "补扣", "实发", "开户银行", "银行账号", "签领", "备注"),
]
pytestmark = pytest.mark.django_db  # the demo is loaded into the test database alone
JANUARY = Month(2026, 1)  # a new term: hundreds of changes


def opened(content, **options):
    return openpyxl.load_workbook(io.BytesIO(content), **options)


def cells(page):
    return [cell for row in page.iter_rows() for cell in row if cell.value is not None]


def people(page):
    """The rows with a number of their own."""
    return [row for row in page.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]


def yuan(number):
    return Decimal(str(number)).quantize(Decimal("0.01"))


@pytest.fixture(scope="module")
def sheet(demo):
    demo.month(JANUARY.previous)
    return demo.month(JANUARY)["雄关街道"]


@pytest.fixture(scope="module")
def content(sheet):
    return workbook(sheet)


@pytest.fixture(scope="module")
def wanted(sheet):
    """The lines as a second way works them out from the roster, in the order of the csv."""
    second = expected.month(JANUARY.first_day)
    order = csv.DictReader(io.StringIO(month_csv([sheet]).decode("utf-8-sig"), newline=""))
    return [second[row["id_number"]] for row in order]


def test_it_has_four_sheets_and_the_agreed_titles(content):
    book = opened(content)
    assert book.sheetnames == NAMES
    assert [cell.value for cell in book[PAYROLL][3]] == TITLES
    title = "嘉峪关市雄关街道2026年1月居民委员会和居民小组成员工作补贴发放表（草稿）"
    assert book[PAYROLL]["A1"].value == title
    notes = [cell.value for cell in book[PAYROLL][2] if cell.value]
    assert notes[0] == "编制单位：雄关街道办事处\n发放依据：嘉政办发〔2020〕97号"
    assert notes[1].startswith("编制日期：20")
    assert notes[2:] == ["编号：雄关-2026-01", "单位：元"]


def test_the_payroll_names_who_is_paid_in_the_csv_s_order_and_nobody_else(content, wanted):
    def shown(row):
        start = row[6].date().isoformat() if isinstance(row[6], datetime) else ""
        amounts = [f"{yuan(amount)}" for amount in row[8:13]]
        return [row[1], row[2] or "", row[3], row[4], row[5], start, str(row[7]), *amounts]

    columns = ["community", "group", "name", "id_number", "position", "deemed_start", "full_years"]
    columns += ["rate", "increment", "gross", "adjustment", "net"]
    paid = [[line[name] for name in columns] for line in wanted if line["outcome"] == "paid"]
    rows = people(opened(content)[PAYROLL])
    assert [shown(row) for row in rows] == paid
    assert [row[0] for row in rows] == list(range(1, len(paid) + 1))


def test_id_and_account_numbers_are_text_and_amounts_numbers_with_two_decimals(content):
    for row in opened(content)[PAYROLL].iter_rows(min_row=4):
        if not isinstance(row[0].value, int):
            continue
        assert (row[4].data_type, row[4].number_format, len(row[4].value)) == ("s", "@", 18)
        assert row[14].value is None or (row[14].data_type, row[14].number_format) == ("s", "@")
        for cell in row[8:13]:
            assert cell.data_type == "n"
            assert cell.number_format.startswith("#,##0.00")


def sums_of(lines):
    names = ("rate", "increment", "gross", "adjustment", "net")
    return [sum(Decimal(line[name] or 0) for line in lines) for name in names]


def test_each_community_has_its_subtotal_and_the_whole_its_total_in_capitals(content, wanted):
    paid = [line for line in wanted if line["outcome"] == "paid"]
    by_community = defaultdict(list)
    for line in paid:
        by_community[line["community"]].append(line)
    rows = list(opened(content, data_only=True)[PAYROLL].iter_rows(min_row=4, values_only=True))
    subtotals = {row[1]: (row[3], [yuan(value) for value in row[8:13]]) for row in rows if row[2] == "小计"}
    assert subtotals == {name: (f"{len(lines)}人", sums_of(lines)) for name, lines in by_community.items()}
    (total,) = (row for row in rows if row[1] == "合计")
    assert (total[3], [yuan(value) for value in total[8:13]]) == (f"{len(paid)}人", sums_of(paid))
    words = [row[0] for row in rows if str(row[0]).startswith("实发合计（大写）：")]
    assert words == ["实发合计（大写）：" + in_capitals(sums_of(paid)[-1])]
    last = [value for row in rows[-1:] for value in row if value]
    assert last == ["制表人：", "审核人：", "批准：", "单位负责人（盖章）："]


def test_the_summary_counts_heads_and_yuan_of_each_community(content, wanted):
    paid = [line for line in wanted if line["outcome"] == "paid"]
    page = opened(content, data_only=True)[SUMMARY]
    positions = list(expected.POSITIONS)
    assert [cell.value for cell in page[3]] == [
        *("序号", "社区", *positions, "仅结算往月", "人数合计", "基础补贴", "年限增长", "应发", "补扣", "实发"),
    ]
    communities = dict.fromkeys(line["community"] for line in paid)
    shown = {row[1]: row[2:] for row in page.iter_rows(min_row=4, max_row=4 + len(communities), values_only=True)}
    assert list(shown) == [*communities, "合计"]
    for name, row in shown.items():
        lines = [line for line in paid if name in (line["community"], "合计")]
        heads = Counter(line["position"] for line in lines)
        assert list(row[:8]) == [*(heads[position] for position in positions), 0, len(lines)]
        assert [yuan(value) for value in row[8:]] == sums_of(lines)


def test_the_changes_lead_from_last_month_to_this_one(sheet, content, wanted):
    page = opened(content, data_only=True)[CHANGES]
    before = [
        line for line in expected.month(JANUARY.previous.first_day).values() if line["subdistrict_code"] == "620201001"
    ]
    last, this = sums_of(before)[-1], sums_of(wanted)[-1]
    rows = people(page)
    with translation.override("zh-hans"):
        changes = against_previous(sheet).changes
    assert [(row[1], row[4], row[5], row[6], yuan(row[9])) for row in rows] == [
        (str(change.kind.label), change.line.name, change.line.id_number, change.detail, change.difference)
        for change in changes
    ]
    assert sum(yuan(row[9]) for row in rows) == this - last
    foot = {row[0]: (row[6], yuan(row[9])) for row in page.iter_rows(min_row=4 + len(rows), values_only=True)}
    kinds = Counter(row[1] for row in rows)
    assert foot == {
        **{
            f"其中：{kind}（笔数、金额）": (count, sum(yuan(row[9]) for row in rows if row[1] == kind))
            for kind, count in kinds.items()
        },
        "变动合计": (None, this - last),
        "上月实发合计": (None, last),
        "本月实发合计": (None, this),
        "核对差额（应为零）": (None, 0),
    }


def test_who_is_not_paid_is_named_with_the_offices_held_and_the_reason(content, wanted):
    rows = people(opened(content)[UNPAID])
    unpaid = [line for line in wanted if line["outcome"] != "paid"]
    assert [row[4] for row in rows] == [line["id_number"] for line in unpaid]
    for row, line in zip(rows, unpaid, strict=True):
        held = {
            f"{office['社区']}{office['居民小组']} {office['职务']}"
            for office in expected.ROWS[line["id_number"]]
            if office["任职日期"] <= "2026-01-01" <= (office["离任日期"] or "9999")
        }
        assert set(row[5].split("；")) == held
        assert row[6].startswith(line["reason"])


def formulas(content):
    return {
        (page.title, cell.coordinate): cell.value
        for page in opened(content)
        for cell in cells(page)
        if cell.data_type == "f"
    }


def test_formulas_stand_where_sums_are_and_nowhere_else(content):
    book = opened(content)
    allowed = set()
    for row in book[PAYROLL].iter_rows(min_row=4):
        if "小计" in (row[1].value, row[2].value) or row[1].value == "合计":
            allowed |= {(PAYROLL, cell.coordinate) for cell in row[8:13]}
    for row in book[SUMMARY].iter_rows(min_row=4):
        if isinstance(row[0].value, int) or row[1].value == "合计":
            allowed |= {(SUMMARY, cell.coordinate) for cell in row[2:]}
    for row in book[CHANGES].iter_rows(min_row=4):
        if str(row[0].value).startswith("其中："):
            allowed |= {(CHANGES, row[6].coordinate), (CHANGES, row[9].coordinate)}
        elif row[0].value in ("变动合计", "本月实发合计", "核对差额（应为零）"):
            allowed.add((CHANGES, row[9].coordinate))
    assert set(formulas(content)) == allowed


def without_results(content):
    """The workbook without the stored results of formulas, so that the program that opens it must calculate."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/"):
                data, count = re.subn(rb"(<f>[^<]*</f>)<v>[^<]*</v>", rb"\1", data)
                assert count or name.endswith("sheet4.xml")
            new.writestr(name, data)
    return target.getvalue()


def converted(path, form):
    """What LibreOffice makes of the file."""
    office = shutil.which("soffice")
    if not office and not os.environ.get("CI"):
        pytest.skip("needs LibreOffice: apt install libreoffice-calc")
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    target = path.parent / form
    subprocess.run(
        [office or "soffice", "--headless", profile, "--convert-to", form, "--outdir", target, path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return (target / path.with_suffix(f".{form}").name).read_bytes()


def test_a_calculation_by_another_program_comes_to_the_same_figures(sheet, content, tmp_path):
    path = tmp_path / "month.xlsx"
    path.write_bytes(without_results(content))
    calculated = opened(converted(path, "xlsx"), data_only=True)
    written = opened(content, data_only=True)
    found = formulas(content)
    assert len(found) > 300
    for name, place in found:
        assert calculated[name][place].value == pytest.approx(written[name][place].value), (name, place)
    lines = list(csv.DictReader(io.StringIO(month_csv([sheet]).decode("utf-8-sig"), newline="")))
    (total,) = (row for row in calculated[PAYROLL].iter_rows(values_only=True) if row[1] == "合计")
    assert [yuan(value) for value in total[8:13]] == sums_of(lines)
    numbers = [row[4] for row in people(calculated[PAYROLL])]
    assert numbers == [line["id_number"] for line in lines if line["outcome"] == "paid"]


def test_it_is_made_for_a4_paper(content):
    for page in opened(content):
        assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
        assert page.print_title_rows == "$3:$3"
        assert page.oddFooter.right.text == "第&P页 共&N页"
        assert page.oddHeader.right.text == "草稿"
    payroll = opened(content)[PAYROLL]
    assert payroll.freeze_panes == "E4"
    assert payroll.auto_filter.ref.startswith("A3:Q")


def test_the_same_figures_make_the_same_bytes_in_any_language(sheet, content):
    with translation.override("en"):
        assert workbook(Sheet.objects.get(pk=sheet.pk)) == content


def test_a_sheet_takes_few_queries_however_many_lines(sheet):
    again = Sheet.objects.select_related("subdistrict", "standard").prefetch_related("standard__rates").get(pk=sheet.pk)
    with CaptureQueriesContext(connection) as queries:
        workbook(again)
    assert len(queries) <= 9
