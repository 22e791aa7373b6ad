"""Random people take random steps, mostly ones that are not theirs; a model of the rules decides what is allowed.

No state that no step leads to, three different people behind what is approved, a ledger that balances, and an event
for whatever happened.
"""

import os
import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Role, Subdistrict, User
from subsidies import facts
from subsidies.corrections import holds, proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState, Hold, Sheet, SheetEvent, SheetLine, Standard, Step
from subsidies.month import checks, seals, sheets, workflow
from tests import factories
from tests.subsidies import naive
from tests.subsidies.late_facts import assert_stands_at, news

STEPS = 1_000  # of each of the runs
RUNS = int(os.environ.get("RUNS", 2))  # set RUNS to walk longer: 20 take about five minutes
# From, to, and roles: the transitions of a sheet, repeated here.
RULES = {
    "submit": ({"draft"}, "submitted", Role.CLERK),
    "endorse": ({"submitted"}, "endorsed", Role.LEADER),
    "approve": ({"endorsed"}, "approved", Role.FINANCE),
    "return": ({"submitted", "endorsed"}, "draft", None),
    "settle": ({"approved"}, "paid", Role.FINANCE),
}
RETURNERS = {Role.LEADER, Role.FINANCE}


class City:
    """Two subdistricts with their people, a user for each post and two who hold several, and who signed what."""

    def __init__(self, seed: int):
        self.rng = random.Random(seed)
        self.month = Month(2024, 1)
        own, other = factories.community(), factories.community("620201002001", "大众社区")
        sibling = factories.community("620201001002", "胜利社区")
        self.communities = [own, sibling, other]
        self.areas = [own.subdistrict, other.subdistrict]
        self.bodies = {
            own.subdistrict: [factories.group(own), own.committee, factories.group(sibling)],
            other.subdistrict: [factories.group(other)],
        }
        self.people = {area: [self._person(area, number) for number in range(4)] for area in self.areas}
        self.users = self._users()
        self.posts = {  # those held today
            user.pk: {
                (post.role, post.community_id or post.subdistrict_id) for post in user.posts.filter(last_day=None)
            }
            for user in self.users
        }
        self.signed: dict[int, dict[str, User]] = {}
        self.counts: Counter[str] = Counter()
        self.answers: dict[tuple, Decimal] = {}

    def _person(self, area: Subdistrict, number: int):
        person = factories.member(
            self.bodies[area][0].committee.community,
            f"众{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'东西'[self.areas.index(area)]}",
            account=f"6228480000{self.areas.index(area)}{number:07}",
        )
        body = self.rng.choice(self.bodies[area])
        factories.appointment(person, body, first_day=date(2020 + self.rng.randrange(4), 3, 1))
        return person

    def _users(self) -> list[User]:
        users = [factories.user("finance", Role.FINANCE), factories.user("finance2", Role.FINANCE)]
        users += [factories.user("civil", Role.CIVIL_AFFAIRS), factories.user("auditor", Role.AUDITOR)]
        for number, area in enumerate(self.areas):
            users += [factories.user(f"clerk{number}", Role.CLERK, subdistrict=area)]
            users += [factories.user(f"leader{number}", Role.LEADER, subdistrict=area)]
        users += [factories.user(f"secretary{number}", Role.SECRETARY, community=each)
                  for number, each in enumerate(self.communities)]  # fmt: skip
        # A user with all posts is still one person; a user whose posts ended does nothing more.
        every = [(Role.CLERK, self.areas[0]), (Role.LEADER, self.areas[0]), (Role.FINANCE, None)]
        for username, last_day in (("everything", None), ("former", date(2023, 12, 31))):
            user = factories.user(username)
            for role, area in every:
                user.posts.create(role=role, subdistrict=area, first_day=date(2020, 1, 1), last_day=last_day)
            users.append(user)
        return users

    def may(self, user: User, role: Role, area: Subdistrict) -> bool:
        return {(role, None), (role, area.pk)} & self.posts[user.pk] != set()

    # Steps ------------------------------------------------------------------------------------------------

    def sheet(self) -> Sheet | None:
        """Mostly one of the month that is being worked on."""
        found = list(Sheet.objects.select_related("subdistrict").order_by("-month", "pk")[:6])
        return self.rng.choice(found[:2] if self.rng.random() < 0.8 else found) if found else None

    def user(self, *roles: Role, area: Subdistrict | None = None) -> User:
        """Anybody; mostly somebody who may."""
        able = [user for user in self.users if area and any(self.may(user, role, area) for role in roles)]
        return self.rng.choice(able if able and self.rng.random() < 0.7 else self.users)

    def prepare(self) -> None:
        if Sheet.objects.of(self.month).exclude(state__in=["approved", "paid"]).exists() or self.rng.random() < 0.3:
            month = self.month
        elif Sheet.objects.of(self.month).count() == len(self.areas):  # none is skipped
            month = self.month = self.month.next
        else:
            month = self.month
        sheets.prepare(month, self.rng.sample(self.areas, self.rng.choice([1, 2])), actor=self.users[0])

    def confirm(self) -> None:
        if sheet := self.sheet():
            near = [each for each in self.communities if each.subdistrict_id == sheet.subdistrict_id]
            community = self.rng.choice(near if self.rng.random() < 0.8 else self.communities)
            user = self.user(Role.CLERK, area=community.subdistrict)
            workflow.confirm(sheet=sheet, community=community, actor=user)
            assert self.posts[user.pk] & {(Role.CLERK, community.subdistrict_id), (Role.SECRETARY, community.pk)}
            assert community.subdistrict_id == sheet.subdistrict_id

    def take(self) -> None:
        if not (sheet := self.sheet()):
            return
        likely = [step for step, (sources, _target, _role) in RULES.items() if sheet.state in sources]
        step = self.rng.choice(likely if likely and self.rng.random() < 0.5 else list(RULES))
        sources, target, role = RULES[step]
        roles = {role} if role else RETURNERS
        user = self.user(*roles, area=sheet.subdistrict)
        comment = self.rng.choice(["", " ", "请核实"])
        if step == "settle" and sheet.state == "approved":
            factories.answered(sheet)
        before = sheet.state
        workflow.take(Step(step), sheet=sheet, actor=user, comment=comment)
        assert step != "settle" or checks.unsettled(sheet) == []
        assert before in sources
        assert any(self.may(user, each, sheet.subdistrict) for each in roles)
        assert step != "return" or comment.strip()
        signed = self.signed.setdefault(sheet.pk, {})
        assert step in ("return", "settle") or user not in signed.values()
        if step == "return":
            signed.clear()
        elif step != "settle":
            signed[step] = user
        assert Sheet.objects.get(pk=sheet.pk).state == target

    def propose(self) -> None:
        proposals.propose()

    def decide(self) -> None:
        rows = list(Correction.objects.select_related("subdistrict").order_by("-pk")[:10])
        if rows:
            row = self.rng.choice(rows)
            user = self.user(Role.CLERK, Role.FINANCE, area=row.subdistrict)
            state = self.rng.choice([CorrectionState.ACCEPTED] * 4 + [CorrectionState.DEFERRED, "written_off"])
            decided = corrections.decide(
                correction=row, state=CorrectionState(state), actor=user, reason=self.rng.choice(["", "核实"])
            )
            assert any(self.may(user, role, row.subdistrict) for role in (Role.CLERK, Role.FINANCE))
            if abs(row.difference) > 150 and state == "written_off" and not decided.asked:
                assert self.may(user, Role.FINANCE, row.subdistrict)

    def hold(self) -> None:
        person, clerk = self.somebody(), self.users[0]
        if stands := Hold.objects.filter(member=person, release="").first():
            last = max(Month.of(stands.first_month), self.month)
            holds.release(hold=stands, pay=self.rng.random() < 0.5, last=last, reason="查清", actor=clerk)
        else:
            holds.hold(member=person, first=self.month, last=None, reason="核查", actor=clerk)

    def learn(self) -> None:
        area = self.rng.choice(self.areas)
        news(self.rng, self.month, self.people[area], self.bodies[area])

    def lose_account(self) -> None:
        person = self.somebody()
        person.refresh_from_db()
        person.account = "" if self.rng.random() < 0.1 else f"6228481{person.pk:011}"
        person.save()

    def tamper(self) -> None:
        """By SQL, as the application's own role could."""
        closed = SheetLine.objects.filter(sheet__state__in=["approved", "paid"])
        if line := closed.order_by("?").first():
            change = self.rng.choice(["DELETE FROM subsidies_sheetline", "UPDATE subsidies_sheetline SET gross = 1"])
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"{change} WHERE id = %s", [line.pk])

    def somebody(self):
        return self.rng.choice(self.people[self.rng.choice(self.areas)])

    def step(self) -> None:
        acts = {
            "take": 45, "confirm": 25, "prepare": 8, "decide": 8, "learn": 3, "propose": 4, "hold": 1,
            "lose_account": 1, "tamper": 5,
        }  # fmt: skip
        name = self.rng.choices(list(acts), list(acts.values()))[0]
        events, states = SheetEvent.objects.count(), dict(Sheet.objects.values_list("pk", "state"))
        try:
            with transaction.atomic():
                getattr(self, name)()
        except (Refused, ValidationError):
            self.counts[f"{name} refused"] += 1
            assert SheetEvent.objects.count() == events
            assert dict(Sheet.objects.values_list("pk", "state")) == states
        else:
            self.counts[name] += 1
            moved = set(Sheet.objects.values_list("pk", "state")) - set(states.items())
            assert SheetEvent.objects.count() - events >= len(moved)

    # What must always hold ----------------------------------------------------------------------------------

    def check(self) -> None:
        self._events()
        proposals.propose()
        self._ledgers()

    def _events(self) -> None:
        """The events of a sheet lead from draft to where it is, each by the rules, and every line was computed."""
        for sheet in Sheet.objects.prefetch_related("events__by", "lines"):
            state = "draft"
            computed = set()
            for event in sheet.events.all():
                assert event.from_state == state
                if event.step in RULES:
                    assert event.from_state in RULES[event.step][0]
                    state = RULES[event.step][1]
                computed |= {event.at} if event.step == "prepare" else set()
                assert event.to_state == state
            assert state == sheet.state
            assert {line.computed_at for line in sheet.lines.all()} <= computed
            if sheet.state in ("approved", "paid"):
                signers = [sheet.submitted_by, sheet.endorsed_by, sheet.approved_by]
                assert signers == [self.signed[sheet.pk][step] for step in ("submit", "endorse", "approve")]
                assert len(set(signers)) == 3
                assert sheet.net == sum(line.net for line in sheet.lines.all())

    def _ledgers(self) -> None:
        closed = {
            area: [Month.of(sheet.month) for sheet in area.sheets.filter(state__in=["approved", "paid"])]
            for area in self.areas
        }
        for area, people in self.people.items():
            for person in people:
                life = facts.person(person).life
                for month in closed[area]:
                    assert_stands_at(person, month.first_day, self._due(person, life, month))
        for correction in Correction.objects.prefetch_related("settlements"):
            settled = sum((part.amount for part in correction.settlements.all()), Decimal(0))
            assert 0 <= settled / correction.difference <= 1
            assert correction.state == CorrectionState.ACCEPTED or not settled or correction.state == "written_off"

    def _due(self, person, life, month: Month) -> Decimal:
        if Hold.objects.of(month).unpaid().filter(member=person).exists():
            return Decimal(0)
        if (life, month) not in self.answers:  # the day-by-day method takes long
            rules = Standard.objects.in_force(month).prefetch_related("rates").first().rules()
            self.answers[life, month] = naive.answer(life, month.first_day, rules).amount
        return self.answers[life, month]


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.usefixtures("standard")
def test_who_does_whatever_the_month_stays_right(seed):
    Standard.objects.update(clerk_limit=Decimal(150))
    city = City(seed)
    for number in range(1, STEPS + 1):
        city.step()
        if number % 250 == 0:
            city.check()
    assert list(seals.verify()) == []
    assert city.counts["take"] > 5  # it was no idle walk
    assert city.counts["take refused"] > 100
    assert city.counts["tamper"] > 0
    assert Sheet.objects.filter(state__in=["approved", "paid"]).exists()
