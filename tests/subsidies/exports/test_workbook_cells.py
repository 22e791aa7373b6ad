"""The workbook of a few people made by hand: drafts, hostile texts, corrections, and months without content."""

import io
from datetime import date

import openpyxl
import pytest

from jygroups.lib.months import Month
from registry.models import Position, Subdistrict
from subsidies.corrections import holds, proposals
from subsidies.corrections import services as corrections
from subsidies.exports.workbook import workbook
from subsidies.models import Correction, Sheet, SheetLine, State
from subsidies.month import sheets
from tests import factories

PAYROLL, CHANGES, UNPAID = "发放表", "变动表", "不发放人员"


def opened(content, **options):
    return openpyxl.load_workbook(io.BytesIO(content), **options)


def cells(page):
    return [cell for row in page.iter_rows() for cell in row if cell.value is not None]


def formulas(content):
    return [cell.value for page in opened(content) for cell in cells(page) if cell.data_type == "f"]


def people(page):
    """The rows with a number of their own."""
    return [row for row in page.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]


@pytest.fixture
def small(community, standard):
    """A leader and an employed member, of whom the month before knows nothing."""
    group = factories.group(community)
    leader = factories.member(community, bank="甘肃银行", account="6228480003000027320")
    factories.appointment(leader, group, Position.GROUP_LEADER)
    employed = factories.member(community)
    factories.employment(employed)
    factories.appointment(employed, group)
    return sheets.prepare(Month(2024, 5), Subdistrict.objects.all())[0]


def test_an_approved_sheet_is_no_draft(small):
    factories.brought_to(small, State.APPROVED)
    for page in opened(workbook(Sheet.objects.get(pk=small.pk))):
        assert "草稿" not in page["A1"].value
        assert page.oddHeader.right.text is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_no_text_becomes_a_formula_a_link_or_a_number(small, start):
    text = f'{start}HYPERLINK("http://example.com")'
    changed = {"name": text, "bank": text, "account": "0012345678901234567890"}
    for line in SheetLine.objects.filter(sheet=small):
        for name, value in changed.items():
            setattr(line, name, value)
        line.save()
    content = workbook(small)
    payroll = opened(content)[PAYROLL]
    assert [payroll.cell(4, column).value for column in (4, 14, 15)] == [text, text, "0012345678901234567890"]
    assert {payroll.cell(4, column).data_type for column in (4, 14, 15)} == {"s"}
    assert not any("HYPERLINK" in formula for formula in formulas(content))
    assert opened(content)[UNPAID].cell(4, 4).data_type == "s"


def test_what_a_correction_takes_and_gives_is_noted(small):
    SheetLine.objects.filter(outcome="paid").update(adjustment=-50, net=400)
    SheetLine.objects.filter(outcome="employed").update(adjustment=200, net=200)
    leader, employed = people(opened(workbook(small))[PAYROLL])
    assert [leader[place] for place in (10, 11, 12, 16)] == [450, -50, 400, "含扣回"]
    assert [employed[place] for place in (10, 11, 12, 16)] == [0, 200, 200, "核定日在职；含补发"]


def test_who_is_on_hold_stays_on_the_payroll_with_the_reason(small):
    SheetLine.objects.filter(outcome="paid").update(outcome="held", gross=0, net=0)
    ((*_cells, note),) = people(opened(workbook(small))[PAYROLL])
    assert note == "暂停发放"


def test_the_changes_show_a_correction_and_a_hold(community, standard, clerk):
    group = factories.group(community)
    corrected, held = (factories.member(community, name) for name in ("李建国", "王秀英"))
    office, _other = (factories.appointment(each, group, first_day=date(2021, 1, 1)) for each in (corrected, held))
    [april] = sheets.prepare(Month(2024, 4), Subdistrict.objects.all())
    factories.brought_to(april, State.APPROVED)
    office.position = Position.GROUP_LEADER  # as it had been all along
    office.save()
    proposals.propose()
    corrections.decide(correction=Correction.objects.get(), state="accepted", actor=clerk, reason="任职登记有误")
    holds.hold(member=held, first=Month(2024, 5), last=None, reason="待核查", actor=clerk)
    [may] = sheets.prepare(Month(2024, 5), Subdistrict.objects.all())
    page = opened(workbook(may), data_only=True)[CHANGES]
    assert [(row[1], row[4], *row[7:]) for row in people(page)] == [
        ("职务变动", "李建国", 350, 450, 100),
        ("暂停变动", "王秀英", 350, 0, -350),
        ("补扣更正", "李建国", 450, 550, 100),
    ]
    assert page.cell(page.max_row, 10).value == 0  # nothing is left unexplained


def test_without_the_month_before_a_note_shows_that_nothing_is_compared(small):
    page = opened(workbook(small))[CHANGES]
    assert page["A4"].value == "2024年4月无发放表，本月不作比较。"
    assert people(page) == []


def test_a_sheet_without_people_is_whole(community, standard):
    (empty,) = sheets.prepare(Month(2024, 5), Subdistrict.objects.all())
    book = opened(workbook(empty), data_only=True)
    assert book[PAYROLL]["A4"].value == "本月无发放人员。"
    assert "实发合计（大写）：零元整" in [cell.value for cell in cells(book[PAYROLL])]
    assert book[UNPAID]["A4"].value == "本月在任人员全部发放。"


def test_a_long_text_has_a_row_high_enough(small):
    SheetLine.objects.filter(outcome="paid").update(name="长" * 50)
    payroll = opened(workbook(small))[PAYROLL]
    assert payroll.row_dimensions[4].height >= 13 * 50 * 2 / payroll.column_dimensions["D"].width
