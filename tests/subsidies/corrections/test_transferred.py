"""Who is transferred between subdistricts is paid once a month, by the side in office on the reference date."""

from datetime import date

import pytest

from jygroups.lib.months import Month
from registry.models import Position, Role, Subdistrict, TransferState
from registry.people.transfers import services
from subsidies.corrections import proposals
from subsidies.models import Correction, SheetLine, Standard
from subsidies.month import sheets
from subsidies.month.freshness import changed_people
from tests import factories

pytestmark = pytest.mark.usefixtures("standard")
MONTHS = [Month(2024, 4), Month(2024, 5), Month(2024, 6)]
FIRST = date(2024, 5, 15)


@pytest.fixture
def person(community):
    return factories.member(community, "王调动", account="6228480003000027320")


@pytest.fixture
def transferred(person, group, stranger, clerk):
    office = factories.appointment(person, group, Position.GROUP_LEADER, date(2021, 1, 1))
    receiver = factories.user("receiver", Role.CLERK, subdistrict=stranger.subdistrict)

    def run():
        row = services.send(
            member=person, office=office, body=factories.group(stranger), position=Position.GROUP_MEMBER,
            first_day=FIRST, actor=clerk,
        )  # fmt: skip
        services.end(TransferState.ACCEPTED, transfer=row, actor=receiver)

    return run


def paid(person) -> list[tuple]:
    """By month: where the person's one line is, and what it pays."""
    return [
        (line.month.month, line.community.name, line.gross, line.full_years)
        for line in SheetLine.objects.filter(member=person).select_related("community").order_by("month")
    ]


def prepare():
    for month in MONTHS:
        sheets.prepare(month, Subdistrict.objects.all())


@pytest.mark.parametrize(
    ("day", "in_may"),
    [(1, "福民社区"), (14, "福民社区"), (15, "大众社区"), (31, "大众社区")],
)
def test_each_month_is_paid_once_by_the_side_of_the_reference_date(transferred, person, day, in_may):
    Standard.objects.update(reference_day=day)
    transferred()
    prepare()
    may = {"福民社区": (5, "福民社区", 450, 3), "大众社区": (5, "大众社区", 350, 3)}[in_may]
    assert paid(person) == [(4, "福民社区", 450, 3), may, (6, "大众社区", 350, 3)]
    line = SheetLine.objects.get(member=person, month=MONTHS[2].first_day)
    assert line.deemed_start == date(2021, 1, 1)  # service runs on


def test_accepted_after_the_drafts_it_makes_both_sheets_stale_and_is_paid_once(transferred, person, finance):
    prepare()
    drafts = list(SheetLine.objects.filter(member=person).values_list("sheet", flat=True))
    transferred()
    [here, there] = sheets.Sheet.objects.of(MONTHS[2]).order_by("subdistrict__code")
    assert changed_people(finance, [here, there]) == {here.pk: 1, there.pk: 1}
    [before] = sheets.Sheet.objects.of(MONTHS[1]).filter(pk__in=drafts)
    assert not changed_people(finance, [before])  # May was read on the first
    for area in Subdistrict.objects.order_by("-code"):
        sheets.prepare(MONTHS[2], [area])
    assert paid(person)[2] == (6, "大众社区", 350, 3)


def test_accepted_after_the_month_was_paid_it_is_corrected_not_paid_twice(transferred, person):
    prepare()
    for sheet in sheets.Sheet.objects.filter(month__lte=MONTHS[2].first_day).order_by("month"):
        factories.brought_to(sheet, "approved")
    transferred()
    proposals.propose()
    [row] = Correction.objects.all()
    assert (row.month, row.was, row.should_be) == (MONTHS[2].first_day, 450, 350)
    assert SheetLine.objects.filter(member=person).count() == 3
