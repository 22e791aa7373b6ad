"""What a closed month stands at: what was written off or given up is not asked for again, in neither direction."""

import random
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Appointment, EmploymentSpell, Member
from registry.people.areas import services as areas
from subsidies import facts
from subsidies.bank import answers
from subsidies.corrections import proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState, PayStage, Sheet, SheetLine, Standard
from subsidies.month import arrivals
from tests import factories
from tests.subsidies import naive
from tests.subsidies.corrections.test_corrections import close
from tests.subsidies.late_facts import left

MAY = Month(2024, 5)
CASES = Path(__file__).resolve().parents[2] / "cases"
ACCEPTED, DEFERRED, WRITTEN_OFF = CorrectionState.ACCEPTED, CorrectionState.DEFERRED, CorrectionState.WRITTEN_OFF
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def person(community, group):
    """A group member who is due 350 a month in 2024."""
    person = factories.member(community, account="622848000000000001")
    factories.appointment(person, group, first_day=date(2021, 1, 1))
    return person


def gives(yuan: int, person) -> None:
    """Change the first day in office to one by which a month of 2024 comes to so many yuan: 200 … 450 or 0."""
    office = person.appointments.get()
    years = (yuan - 200) // 50
    office.first_day = date(2024 - years, 1, 1) if yuan else date(2024, 12, 1)
    office.save()


def proposed() -> list[int]:
    proposals.propose()
    rows = Correction.objects.filter(state=CorrectionState.PROPOSED).order_by("month")
    return [int(row.difference) for row in rows]


def decide(state, actor, /, **which) -> None:
    proposals.propose()
    for row in Correction.objects.filter(**which or {"state": CorrectionState.PROPOSED}):
        corrections.decide(correction=row, state=state, actor=actor, reason="核实")


def refused(month: Month, person) -> SheetLine:
    """The month is closed, and the bank refuses the person."""
    [sheet] = close(month)
    factories.answered(Sheet.objects.get(pk=sheet.pk), refused=[person.name])
    return SheetLine.objects.get(member=person, month=month.first_day)


# Written off -------------------------------------------------------------------------------------------------


def loaded(case: str) -> Member:
    """The case's roster, and its first person."""
    areas.load_missing()
    roster = rosters.load_roster(FileTable.read(CASES / case / "roster.csv", shape=rosters.SHAPE), name="roster.csv")
    assert roster.problems == []
    return Member.objects.get(name="赵一")


def test_a_recovery_written_off_and_then_undone_asks_for_nothing(clerk):
    person = loaded("recovery-written-off-then-undone")
    close(MAY)
    gives(250, person)
    assert proposed() == [-100]
    decide(WRITTEN_OFF, clerk)
    gives(350, person)
    assert proposed() == []
    close(MAY.next)
    assert SheetLine.objects.get(member=person, month=MAY.next.first_day).net == 350


def test_a_part_recovered_and_the_rest_written_off_then_undone_is_paid_once(clerk):
    person = loaded("part-recovered-rest-written-off-then-undone")
    for month in (MAY, MAY.next):
        close(month)
    spell = factories.employment(person, date(2024, 5, 1), date(2024, 6, 30))
    decide(ACCEPTED, clerk)
    close(Month(2024, 7))
    corrections.decide(
        correction=Correction.objects.get(month=MAY.next.first_day), state=WRITTEN_OFF, actor=clerk, reason="核销"
    )
    spell.delete()
    decide(ACCEPTED, clerk)
    close(Month(2024, 8))
    nets = list(SheetLine.objects.filter(member=person).order_by("month").values_list("net", flat=True))
    assert nets == [350, 350, 0, 700]


@pytest.mark.parametrize(
    ("written_off", "then", "left"),
    [(250, 200, -50), (250, 250, 0), (250, 300, 0), (250, 350, 0), (250, 400, 50), (250, 0, -250)]
    + [(450, 450, 0), (450, 400, 0), (450, 350, 0), (450, 300, -50), (450, 0, -350)],
)
def test_what_was_written_off_silences_differences_of_its_sign_up_to_its_amount(person, clerk, written_off, then, left):
    close(MAY)
    gives(written_off, person)
    decide(WRITTEN_OFF, clerk)
    gives(then, person)
    assert proposed() == ([left] if left else [])


def test_several_written_off_amounts_of_one_sign_add_up(person, clerk):
    close(MAY)
    for yuan in (300, 250):
        gives(yuan, person)
        decide(WRITTEN_OFF, clerk)
    gives(200, person)
    assert proposed() == [-50]
    [row] = Correction.objects.filter(state=CorrectionState.PROPOSED)
    assert (row.was, row.should_be, row.waived) == (350, 200, -100)


def test_a_deferred_correction_follows_the_facts(person, clerk):
    close(MAY)
    gives(250, person)
    decide(DEFERRED, clerk)
    assert proposed() == []
    [row] = Correction.objects.all()
    assert (row.state, row.difference) == (DEFERRED, -100)
    gives(200, person)
    assert proposed() == [-150]
    decide(DEFERRED, clerk)
    gives(350, person)
    assert proposed() == []
    assert not Correction.objects.exists()


def test_an_accepted_correction_that_is_deferred_joins_the_proposal_of_its_month(person, clerk):
    close(MAY)
    gives(400, person)
    decide(ACCEPTED, clerk)
    gives(450, person)
    assert proposed() == [50]
    decide(DEFERRED, clerk, state=ACCEPTED)
    assert proposed() == [100]
    assert Correction.objects.count() == 1


def test_a_deferred_correction_from_before_the_look_back_stays(person, clerk):
    Standard.objects.update(look_back=1)
    close(MAY)
    gives(250, person)
    decide(DEFERRED, clerk)
    close(MAY.next)
    proposals.propose()
    assert list(Correction.objects.values_list("state", "difference")) == [(DEFERRED, -100)]


def test_a_future_standard_changes_neither_the_limit_nor_the_look_back(person):
    factories.standard(Month(2090, 1), {"group_member": 200}, clerk_limit=5, look_back=0)
    for month in (MAY, MAY.next):
        close(month)
    gives(250, person)
    assert corrections.clerk_limit() == 1000
    assert proposed() == [-100, -100]


# Given up ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("then", "left"), [(250, []), (0, []), (350, []), (400, [50]), (450, [100])])
def test_what_was_given_up_is_neither_recovered_nor_asked_for_again(person, finance, then, left):
    line = refused(MAY, person)
    answers.give_up(line, reason="联系不上", actor=finance)
    gives(then, person)
    assert proposed() == left


def test_what_is_reinstated_counts_again(person, finance):
    line = refused(MAY, person)
    answers.give_up(line, reason="联系不上", actor=finance)
    gives(250, person)
    assert proposed() == []
    answers.reinstate(line, reason="已联系上", actor=finance)
    assert proposed() == [-100]


def test_what_was_given_up_is_first_of_its_own_month_then_of_the_months_it_paid_more(person, clerk, finance):
    close(MAY)
    gives(400, person)
    decide(ACCEPTED, clerk)
    line = refused(MAY.next, person)
    assert line.net == 450
    answers.give_up(line, reason="联系不上", actor=finance)
    assert proposed() == []
    gives(350, person)  # June never arrived; the 50 more for May neither
    assert proposed() == []
    gives(300, person)
    assert proposed() == [-50]
    assert Correction.objects.get(state="proposed").month == MAY.first_day


def test_of_a_line_that_recovered_the_recovery_counts_though_the_rest_was_given_up(person, clerk, finance):
    close(MAY)
    gives(250, person)
    decide(ACCEPTED, clerk)
    line = refused(MAY.next, person)
    assert (line.gross, line.net) == (250, 150)
    answers.give_up(line, reason="联系不上", actor=finance)
    gives(350, person)
    # May: 250 + 100 back; June: 100 counted by the recovery, 150 given up, 250 due beyond it less the 150.
    assert proposed() == [100, 100]


# On the way --------------------------------------------------------------------------------------------------


def test_pages_show_that_the_corrected_month_has_not_arrived(client, person, finance, clerk):
    line = refused(MAY, person)
    gives(250, person)
    decide(ACCEPTED, clerk)
    [sheet] = close(MAY.next)
    client.force_login(clerk)
    correction = Correction.objects.get()
    words = "该月款项尚未到账"
    settlements = reverse("sheet-settlements", args=[MAY.next, sheet.subdistrict.code])
    pages = [
        correction.get_absolute_url(),
        f"{reverse('corrections')}?stage=all",
        settlements,
        reverse("line", args=[MAY.next, person.pk]),
    ]
    for page in pages:
        assert words in client.get(page).content.decode()
    answers.give_up(line, reason="联系不上", actor=finance)
    for page in pages:
        assert words not in client.get(page).content.decode()


# At random ---------------------------------------------------------------------------------------------------


class Accounts:
    """A second way to the same proposals: what each month stands at is changed by every act as it happens."""

    def __init__(self, person):
        self.person = person
        self.stands: dict[date, Decimal] = defaultdict(Decimal)
        self.silent: dict[tuple[date, bool], Decimal] = defaultdict(Decimal)  # by month and whether to be paid
        self.never_arrived: dict[date, Decimal] = defaultdict(Decimal)  # given up
        self.recovered: dict[date, Decimal] = defaultdict(Decimal)
        self.given_up_before: dict[int, Decimal] = {}  # by correction accepted, of its month

    def closed(self, month: Month) -> None:
        for line in self.person.sheet_lines.filter(month=month.first_day):
            self.stands[line.month] += line.gross

    def moved(self, row: Correction, before: str, left: Decimal) -> None:
        """The correction was decided; `left` of it was not settled by closed sheets."""
        for state, sign in ((before, -1), (row.state, 1)):
            if state == ACCEPTED:
                self.given_up_before[row.pk] = self.never_arrived[row.month]
                self.stands[row.month] += sign * row.difference
                self.recovered[row.month] += sign * max(-row.difference, Decimal(0))
            elif state == WRITTEN_OFF:
                self.stands[row.month] += sign * (row.difference - left)
                self.recovered[row.month] += sign * max(left - row.difference, Decimal(0))
                self.silent[row.month, left > 0] += sign * abs(left)

    def given_up(self, line: SheetLine, sign: int) -> None:
        left = line.net
        paid = [(line.month, line.gross)] + [
            (each.correction.month, each.amount)
            for each in line.settlements.order_by("correction__month", "correction")
            if each.amount > 0
        ]
        for month, most in paid:
            part, left = min(left, most), left - min(left, most)
            self.stands[month] -= sign * part
            self.never_arrived[month] += sign * part

    def expected(self, month: date, due: Decimal) -> Decimal:
        stands = self.stands[month] + self.lapsed(month)
        missing = due - stands
        silent = self.silent[month, missing > 0]
        if missing > 0:  # what was recovered of it since is owed back
            beyond = missing - max(-stands, Decimal(0))
            silent += min(max(self.never_arrived[month] - self.recovered[month], Decimal(0)), beyond)
        rest = max(abs(missing) - silent, Decimal(0))
        return rest if missing > 0 else -rest

    def lapsed(self, month: date) -> Decimal:
        """Of the accepted recoveries of the month, what was given up since and is neither settled nor repaid."""
        found, never_arrived = Decimal(0), self.never_arrived[month]
        rows = Correction.objects.filter(member=self.person, month=month, state=ACCEPTED, difference__lt=0)
        for row in rows.order_by("pk"):
            part = min(-left(row), never_arrived - found - self.given_up_before[row.pk])
            found += max(part, Decimal(0))
        return found


@pytest.mark.parametrize("seed", range(4))
def test_at_random_the_proposals_are_what_a_second_way_gives(seed, person, community, group, clerk, finance):
    rng = random.Random(seed)
    rules = Standard.objects.prefetch_related("rates").get().rules()
    accounts, month, closed = Accounts(person), Month(2024, 1), []
    for _step in range(120):
        match rng.randrange(8):
            case 0 | 1:
                gives(rng.choice([0, 200, 250, 300, 350, 400, 450]), person)
            case 2 if not EmploymentSpell.objects.exists():
                factories.employment(person, month.previous.first_day, month.last_day)
            case 2:
                EmploymentSpell.objects.all().delete()
            case 3 if len(closed) < 14:
                close(month)
                closed.append(month)
                accounts.closed(month)
                for sheet in Sheet.objects.of(month):
                    factories.answered(sheet, refused=[person.name] if rng.random() < 0.6 else [])
                month = month.next
            case 4 | 5:
                rows = list(Correction.objects.all())
                for row in rng.sample(rows, min(len(rows), 2)):
                    state = rng.choice([ACCEPTED, ACCEPTED, DEFERRED, WRITTEN_OFF])
                    before, left = row.state, Correction.objects.with_settled().get(pk=row.pk).carried
                    try:
                        row = corrections.decide(correction=row, state=state, actor=clerk, reason="核实")
                    except Refused:
                        continue
                    accounts.moved(row, before, left)
            case 6 | 7:
                lines = list(arrivals.with_stage(SheetLine.objects.filter(member=person)))
                if lines:
                    line = rng.choice(lines)
                    if line.stage in (PayStage.REFUSED, PayStage.GIVEN_UP):
                        back = line.stage == PayStage.GIVEN_UP
                        act = answers.reinstate if back else answers.give_up
                        act(line, reason="核实", actor=finance)
                        accounts.given_up(line, -1 if back else 1)
        proposals.propose()
        life = facts.person(person).life
        for each in closed:
            due = Decimal(naive.answer(life, each.first_day, rules).amount)
            undecided = Correction.objects.filter(month=each.first_day, state__in=["proposed", "deferred"])
            found = sum((row.difference for row in undecided), Decimal(0))
            assert found == accounts.expected(each.first_day, due), (seed, each)
            assert undecided.count() <= 1
    assert closed
    assert Appointment.objects.count() == 1
