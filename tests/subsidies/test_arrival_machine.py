"""Money at random: payments, answers, money sent back, what is given up, late facts; after each step all of it foots.

What is due is always somewhere, and the ledger, the reconciliation, the pages, the workbook and the bank's files agree
with a second account that is kept here by hand. RUNS and STEPS make it longer: RUNS=20 STEPS=1000 is the full walk.
"""

import io
import os
import random
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import Role
from subsidies import facts
from subsidies.bank import answers, arrivals, payments, reading, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import ledger, proposals, services
from subsidies.models import BankAnswer, Correction, CorrectionState, Payment, Sheet, SheetLine, Standard, State
from subsidies.services import exports, sheets
from subsidies.services.exports import Options
from subsidies.services.sheets import Refused
from tests import factories
from tests.subsidies import naive
from tests.subsidies.late_news import news

RUNS, STEPS = int(os.environ.get("RUNS", "2")), int(os.environ.get("STEPS", "120"))
PEOPLE = 6
OUTCOMES = {"成功": "arrived", "失败": "refused", "处理中": None}
pytestmark = pytest.mark.usefixtures("standard")


class Walk:
    """One subdistrict, a few people, and what a careful clerk would have written down of each line."""

    def __init__(self, seed, community, group, client):
        self.rng, self.client = random.Random(seed), client
        self.community, self.bodies = community, [group, factories.group(community, 2), community.committee]
        self.people = [
            factories.member(community, "众人", account=f"622848000000{seed:03}{number:04}") for number in range(PEOPLE)
        ]
        for person in self.people:
            factories.appointment(person, self.rng.choice(self.bodies), first_day=date(2022, 3, 1))
        self.finance = [factories.user(name, Role.FINANCE) for name in ("finance", "finance2")]
        self.clerk = factories.user("clerk", Role.CLERK, subdistrict=community.subdistrict)
        self.month = Month(2024, 1)
        self.stages: dict[int, str] = {}  # by line: where it stands by this account
        self.before: dict[int, str] = {}  # by line given up: where it stood
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        act = self.rng.choices(
            [self.close, self.pay, self.answer, self.revoke, self.give_up, self.reinstate, self.fact, self.decide],
            [1, 4, 6, 1, 2, 2, 3, 3],
        )[0]
        try:
            act()
        except Refused:
            self.done["refused"] += 1
        else:
            self.done[act.__name__] += 1

    # What happens ---------------------------------------------------------------------------------------------

    def close(self) -> None:
        """The next month is computed and approved."""
        [sheet] = sheets.prepare(self.month, [self.community.subdistrict])
        factories.brought_to(sheet, State.APPROVED)
        for line in sheet.lines.filter(net__gt=0):
            self.stages[line.pk] = "to_pay"
        self.month = self.month.next

    def sheet(self) -> Sheet | None:
        found = list(Sheet.objects.filter(state__in=["approved", "paid"]).order_by("-month")[:4])
        return self.rng.choice(found) if found else None

    def pay(self) -> None:
        if sheet := self.sheet():
            found = payments.candidates(sheet)
            chosen = {each.line.pk: self.rng.choice(each.choices) for each in found if self.rng.random() < 0.8}
            payment = payments.pay(sheet, chosen, actor=self.rng.choice(self.finance))
            paid = {key for key, choice in chosen.items() if choice != Choice.LEAVE}
            assert {item.line_id for item in payment.items.all()} == paid
            assert all(self.stages[key] in ("to_pay", "refused", "bounced") for key in paid)
            self.stages |= dict.fromkeys(paid, "in_transit")

    def answer(self) -> None:
        """The bank's word on some people of a payment; of whom it has no final word yet nothing changes."""
        payment = Payment.objects.order_by("?").first()
        if payment is None:
            return
        items = [item for item in payment.items.select_related("line") if self.rng.random() < 0.7]
        said = {item: self.rng.choice(list(OUTCOMES)) for item in items}
        rows = [f"{item.name},{item.account},{item.amount},{state}," for item, state in said.items()]
        content = "\r\n".join(
            ["姓名,账号,金额,处理结果,失败原因", *rows, f"合计,,{len(rows)},,{self.rng.random()}"]
        ).encode()
        taken = answers.hand_in(payment=payment, name="回盘.csv", content=content, actor=self.finance[0])
        understood = answers.understand(taken)
        layouts = [reading.proposed(table, understood.choices, understood.people) for table in understood.file.tables]
        answers.set_choices(taken, replace(understood.choices, layouts=layouts), actor=self.finance[0])
        newest = arrivals.newest(SheetLine.objects.filter(sheet=payment.sheet))
        answers.take_in(taken, digest=answers.preview(taken).digest, day=timezone.localdate(), actor=self.finance[0])
        for item, state in said.items():
            before, outcome = self.stages[item.line_id], OUTCOMES[state]
            if newest[item.line_id].item_id == item.pk and outcome:
                if before == "in_transit":
                    self.stages[item.line_id] = outcome
                elif before == "arrived" and outcome == "refused":
                    self.stages[item.line_id] = "bounced"

    def revoke(self) -> None:
        answer = BankAnswer.objects.filter(taken_at__isnull=False).order_by("-taken_at").first()
        if answer:
            events = list(answer.results.all())
            answers.revoke(answer, reason="拿错文件", actor=self.rng.choice(self.finance))
            self.stages |= {event.line_id: event.source for event in events}

    def line(self, *stages: str) -> SheetLine | None:
        """Mostly one of these stages."""
        keys = [key for key, stage in self.stages.items() if stage in stages or self.rng.random() < 0.05]
        return SheetLine.objects.select_related("sheet").get(pk=self.rng.choice(keys)) if keys else None

    def give_up(self) -> None:
        if line := self.line("to_pay", "refused", "bounced"):
            answers.give_up(line, reason="本人放弃", actor=self.finance[0])
            assert self.stages[line.pk] in ("to_pay", "refused", "bounced")
            self.before[line.pk], self.stages[line.pk] = self.stages[line.pk], "given_up"

    def reinstate(self) -> None:
        if line := self.line("given_up"):
            answers.reinstate(line, reason="已联系上", actor=self.finance[0])
            assert self.stages[line.pk] == "given_up"
            self.stages[line.pk] = self.before[line.pk]

    def fact(self) -> None:
        news(self.rng, self.month, self.people, self.bodies)
        if self.rng.random() < 0.3:
            person = self.rng.choice(self.people)
            person.refresh_from_db()
            person.account = f"62284811{self.rng.randrange(10**8):08}"
            person.save()

    def decide(self) -> None:
        proposals.propose()
        if found := list(Correction.objects.exclude(state=CorrectionState.WRITTEN_OFF)):
            row, state = self.rng.choice(found), self.rng.choice(CorrectionState.values[1:])
            by = self.rng.choice([self.clerk, *self.finance])
            services.decide(correction=row, state=state, actor=by, reason="已核实")

    # What holds -----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Each line is where this account has it; ledger and reconciliation foot and say the same."""
        lines = {line.pk: line for line in SheetLine.objects.filter(pk__in=self.stages).defer("facts")}
        found = dict(arrivals.with_stage(SheetLine.objects.all()).values_list("pk", "stage"))
        assert found == self.stages
        sums = Counter({stage: Decimal(0) for stage in self.stages.values()})
        for key, stage in self.stages.items():
            sums[stage] += lines[key].net
        rows = reconciliation.of(Sheet.objects.select_related("subdistrict").order_by("month"))
        assert [fault for row in rows for fault in row.faults] == []
        figures = reconciliation.total(rows)
        assert {stage: getattr(figures, stage) for stage in sums} == dict(sums)
        books = ledger.books([person.pk for person in self.people])
        assert all(book.foots for book in books.values())
        total = sum((book.sums for book in books.values()), ledger.Sums())
        assert total.arrived == figures.arrived
        assert total.refused == figures.refused + figures.bounced
        assert (total.due, total.given_up, total.in_transit) == (figures.approved, figures.given_up, figures.in_transit)
        for member, book in books.items():
            own = [line for key, line in lines.items() if self.stages[key] == "arrived" and line.member_id == member]
            arrived = sum((line.net for line in own), Decimal(0))
            assert book.balance == arrived - book.sums.repaid - self.by_rule(member, book)

    def by_rule(self, member: int, book: ledger.Book) -> Decimal:
        """What rules.md gives by today's facts for the months of the ledger, by the second method."""
        person, rules = facts.people([member])[member], Standard.objects.get().rules()
        return sum((naive.answer(person.life, entry.month, rules).amount for entry in book.entries), Decimal(0))

    def check_papers(self) -> None:
        """The pages, the workbook and the bank's files have the same figures."""
        if not (sheet := self.sheet()):
            return
        self.client.force_login(self.finance[0])
        book = ledger.of(self.people[0])
        page = self.client.get(reverse("member-ledger", args=[self.people[0].pk])).text
        assert f"{book.sums.arrived:,.2f}" in page
        made = exports.export([sheet], "xlsx")
        payroll = openpyxl.load_workbook(io.BytesIO(made.content)).worksheets[0]
        people = [row for row in payroll.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
        assert sum((Decimal(str(row[12])) for row in people), Decimal(0)) == sheet.net
        for payment in sheet.payments.all():
            made = exports.bank_file(payment, options=Options(again=True))
            assert made.lines == payment.lines
            assert sum((payee.amount for payee in payments.payees(payment)), Decimal(0)) == payment.amount


@pytest.mark.parametrize("seed", range(RUNS))
def test_money_is_always_somewhere_and_every_account_of_it_agrees(seed, community, group, client):
    from subsidies.bank import ready_templates

    ready_templates.load_missing()
    with time_machine.travel("2025-06-15T10:00:00+08:00", tick=True):
        walk = Walk(seed, community, group, client)
        walk.close()
        for number in range(STEPS):
            walk.step()
            walk.check()
            if number % 40 == 39:
                walk.check_papers()
        assert {"pay", "answer", "give_up", "reinstate", "fact", "decide", "close"} <= set(walk.done)
