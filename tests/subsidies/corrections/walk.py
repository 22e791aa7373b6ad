"""A random walk through payments and corrections, with a second account of them that is written here by hand."""

import io
import random
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import openpyxl
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import money
from registry.models import Appointment, EndReason, Member, Role
from subsidies import facts
from subsidies.bank import answers, payments, reading, reconciliation
from subsidies.bank.payments import Choice
from subsidies.corrections import debts, ledger, proposals, services
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import (
    BankAnswer,
    Correction,
    CorrectionState,
    Payment,
    Repayment,
    RepaymentMethod,
    Settlement,
    Sheet,
    SheetLine,
    Standard,
    State,
)
from subsidies.month import arrivals, sheets
from tests import factories
from tests.subsidies import naive
from tests.subsidies.late_facts import news

PEOPLE = 6
OUTCOMES = {"成功": "arrived", "失败": "refused", "处理中": None}


class Walk:
    """One subdistrict, a few people, and what a careful clerk would have written down of each line."""

    def __init__(self, seed: str, community, group, client):
        self.rng, self.client = random.Random(seed), client
        self.community, self.bodies = community, [group, factories.group(community, 2), community.committee]
        self.people = [
            factories.member(community, f"众{name}", account=f"62284800000000{number:05}")
            for number, name in enumerate("甲乙丙丁戊己"[:PEOPLE])
        ]
        for person in self.people:
            factories.appointment(person, self.rng.choice(self.bodies), first_day=date(2022, 3, 1))
        self.finance = [factories.user(name, Role.FINANCE) for name in ("finance", "finance2")]
        self.clerks = [
            factories.user(name, Role.CLERK, subdistrict=community.subdistrict) for name in ("clerk", "clerk2")
        ]
        self.rules = Standard.objects.get().rules()
        self.month = Month(2024, 1)
        self.stages: dict[int, str] = {}  # by line: where it stands by this account
        self.before: dict[int, str] = {}  # by line given up: where it stood
        self.repaid: Counter[int] = Counter()  # by correction, yuan that came back by this account
        self.given_up_before: dict[int, Decimal] = {}  # by correction, of its month when it was accepted
        self.accepted: dict[int, tuple[Decimal, Decimal]] = {}  # by correction, its figures when it was accepted
        self.reversed: set[int] = set()  # repayments, and the entries that reverse them
        self.vouchers = count(1)
        self.amounts: dict[tuple, int] = {}  # by life and month, what the second method gives
        self.done: Counter[str] = Counter()

    def step(self) -> None:
        acts = {
            self.close: 1, self.pay: 4, self.answer: 6, self.revoke: 1, self.give_up: 2, self.reinstate: 2,
            self.fact: 2, self.leave: 2, self.decide: 4, self.repay: 2, self.reverse: 1,
        }  # fmt: skip
        [act] = self.rng.choices([*acts], [*acts.values()])
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
        found = list(Sheet.objects.filter(state__in=["approved", "paid"]).order_by("month"))
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
        if not (made := list(Payment.objects.order_by("pk"))):
            return
        payment = self.rng.choice(made)
        items = [item for item in payment.items.defer("line__facts") if self.rng.random() < 0.7]
        states = {item: self.rng.choice(list(OUTCOMES)) for item in items}
        rows = [f"{item.name},{item.account},{item.amount},{state}," for item, state in states.items()]
        content = "\r\n".join(
            ["姓名,账号,金额,处理结果,失败原因", *rows, f"合计,,{len(rows)},,{self.rng.random()}"]
        ).encode()
        taken = answers.hand_in(payment=payment, name="回盘.csv", content=content, actor=self.finance[0])
        understood = answers.understand(taken)
        layouts = [reading.proposed(table, understood.choices, understood.people) for table in understood.file.tables]
        answers.store_choices(taken, replace(understood.choices, layouts=layouts))
        newest = arrivals.newest(SheetLine.objects.filter(sheet=payment.sheet))
        preview = answers.preview(taken)
        late = {
            item.pk
            for item, state in states.items()
            if OUTCOMES[state] == "arrived"
            and newest[item.line_id].item_id == item.pk
            and self.stages[item.line_id] in ("refused", "bounced", "given_up")
        }
        assert {match.item.pk for match in preview.late} <= late
        late = {match.item.pk for match in preview.late if self.rng.random() < 0.5}
        overruled = {match.item.pk for match in preview.overruled}
        bounced = {key for key in overruled if self.rng.random() < 0.5}
        confirmed = {"late": late, "bounced": bounced, "confirmed": True}  # no file was ever handed out
        answers.take_in(
            taken, digest=preview.digest, day=timezone.localdate(), actor=self.finance[0], **confirmed
        )  # fmt: skip
        self.done["late"] += len(late)
        for item, state in states.items():
            before, outcome = self.stages[item.line_id], OUTCOMES[state]
            if newest[item.line_id].item_id == item.pk and outcome:
                if before == "in_transit" or item.pk in late:
                    self.stages[item.line_id] = outcome
                elif before == "arrived" and outcome == "refused" and item.pk not in overruled - bounced:
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
            person, other = self.rng.choices([Member.objects.get(pk=person.pk) for person in self.people], k=2)
            is_shared = self.rng.random() < 0.3
            person.account = other.account if is_shared else f"62284811{self.rng.randrange(10**8):08}"
            person.save()

    def leave(self) -> None:
        """Somebody left or died some months ago, or had not left after all: debts arise, and are withdrawn."""
        offices = list(self.rng.choice(self.people).appointments.order_by("pk"))
        if not offices:
            return
        if (ended := self.rng.choice(offices)).end_reason:
            places = [(each.committee_id, each.group_id) for each in offices if each.first_day > ended.first_day]
            if (ended.committee_id, ended.group_id) not in places:
                ended.last_day, ended.end_reason = None, ""
                ended.save()
            return
        day = self.month.first_day - timedelta(days=self.rng.randrange(200))
        reason = self.rng.choice([EndReason.RESIGNATION, EndReason.DEATH])
        for each in offices:
            if each.first_day <= day and (each.last_day or date.max) > day:
                each.last_day, each.end_reason = day, reason
                each.save()

    def decide(self) -> None:
        proposals.propose()
        if found := list(Correction.objects.exclude(state=CorrectionState.WRITTEN_OFF).order_by("pk")):
            [row], state = self.rng.choices(found), self.rng.choice([*CorrectionState][1:])
            if self.rng.random() < 0.5:
                state = CorrectionState.ACCEPTED
            by = self.rng.choice(self.finance if row.asked else self.clerks)
            document = self.rng.choice(["", "财函1号"])
            given_up = self.given_up()[row.member_id, row.month]
            row = services.decide(correction=row, state=state, actor=by, reason="已核实", document=document)
            figures = row.was, row.difference
            if row.state == CorrectionState.ACCEPTED and not row.asked and self.accepted.get(row.pk) != figures:
                self.accepted[row.pk] = figures  # accepted again unchanged, it is still about what stood at first
                self.given_up_before[row.pk] = given_up

    def given_up(self) -> Counter[tuple[int, date]]:
        """By person and month, what never arrived of it: of a line its own month first, then the earlier ones."""
        found: Counter[tuple[int, date]] = Counter()
        keys = [key for key, stage in self.stages.items() if stage == "given_up"]
        for line in SheetLine.objects.filter(pk__in=keys).defer("facts"):
            parts = line.settlements.filter(amount__gt=0).order_by("correction__month", "correction")
            months = [(line.month, line.gross), *parts.values_list("correction__month", "amount")]
            left = line.net
            for month, most in months:
                found[line.member_id, month] += min(left, most)
                left -= min(left, most)
        return found

    def owed(self) -> dict[int, dict[int, Decimal]]:
        """By person and accepted recovery, the oldest month first, what is owed by people for whom no month comes."""
        offices: dict[int, list[tuple[date, str]]] = defaultdict(list)
        for member, last_day, reason in Appointment.objects.values_list("member", "last_day", "end_reason"):
            offices[member].append((last_day or date.max, reason))
        recovered: Counter[int] = Counter()
        for correction, amount in Settlement.objects.order_by().values_list("correction", "amount"):
            recovered[correction] -= amount
        found: dict[int, dict[int, Decimal]] = defaultdict(dict)
        given_up = self.given_up()
        rows = Correction.objects.filter(difference__lt=0).order_by("month", "pk")
        for key, member, month, state, difference in rows.values_list(
            "pk", "member", "month", "state", "difference"
        ):  # fmt: skip
            left = -difference - recovered[key] - self.repaid[key]
            assert left >= 0 <= self.repaid[key]
            if state == CorrectionState.ACCEPTED:
                # What never arrived and was given up since is not recovered.
                lapsed = max(min(left, given_up[member, month] - self.given_up_before[key]), Decimal(0))
                given_up[member, month] -= lapsed
                left -= lapsed
            has_died = any(reason == EndReason.DEATH for _day, reason in offices[member])
            stays = any(last_day >= self.month.first_day for last_day, _reason in offices[member])
            if state == CorrectionState.ACCEPTED and left and (has_died or not stays):
                found[member][key] = left
        return found

    def repay(self) -> None:
        """Somebody gives back a part, all, or more than is owed."""
        owed = self.owed()
        member = self.rng.choice([*owed] or [person.pk for person in self.people])
        parts = owed.get(member, {})
        total = sum(parts.values(), Decimal(0))
        half = (total / 2).quantize(Decimal("0.01"))
        amount = self.rng.choice([total, total + 1, half, *parts.values()]) or Decimal(50)
        try:
            rows = debts.repay(
                member=Member.objects.get(pk=member),
                day=timezone.localdate(),
                amount=amount,
                method=self.rng.choice([*RepaymentMethod]),
                voucher=f"收{next(self.vouchers)}",
                note="",
                actor=self.rng.choice(self.clerks),
            )
        except Refused:
            assert amount > total
            raise
        assert amount <= total
        for key, most in parts.items():
            if part := min(amount, most):
                row = rows.pop(0)
                assert (row.correction_id, row.amount) == (key, part)
                self.repaid[key] += part
                amount -= part
        assert (rows, amount) == ([], 0)

    def reverse(self) -> None:
        """A repayment was entered wrongly; of what is written off finance alone reverses it."""
        if not (found := list(Repayment.objects.select_related("correction").order_by("pk"))):
            return
        row, by = self.rng.choice(found), self.rng.choice(self.clerks + self.finance)
        is_free = row.correction.state != CorrectionState.WRITTEN_OFF or by in self.finance
        may = is_free and row.by_id != by.pk and row.pk not in self.reversed
        try:
            counter = debts.reverse(repayment=row, reason="录错", actor=by)
        except Refused:
            assert not may
            raise
        assert may
        self.reversed |= {row.pk, counter.pk}
        self.repaid[row.correction_id] -= row.amount

    # What holds -----------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Each line is where this account has it; ledger and reconciliation foot and agree."""
        lines = arrivals.with_stage(SheetLine.objects.order_by())
        found = {key: figures for key, *figures in lines.values_list("pk", "stage", "member", "net")}
        assert {key: stage for key, (stage, _member, _net) in found.items()} == self.stages
        sums: Counter[str] = Counter({stage: Decimal(0) for stage in self.stages.values()})
        arrived: Counter[int] = Counter()
        for stage, member, net in found.values():
            sums[stage] += net
            arrived[member] += net if stage == "arrived" else 0
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
        owed = self.owed()
        assert owed == self.debts()
        repaid = Counter({person.pk: Decimal(0) for person in self.people})
        for key, member in Correction.objects.order_by().values_list("pk", "member"):
            repaid[member] += self.repaid[key]
        people = facts.people(books)
        for member, book in books.items():
            assert book.sums.repaid == repaid[member]
            assert -book.outstanding <= sum(owed.get(member, {}).values()) or member not in owed
            by_rule = sum(self.amount(people[member].life, entry.month) for entry in book.entries)
            assert book.balance == arrived[member] - repaid[member] - by_rule

    def debts(self) -> dict[int, dict[int, Decimal]]:
        """What the product lists as owed, by person and correction."""
        found: dict[int, dict[int, Decimal]] = defaultdict(dict)
        for row in Correction.objects.debts().order_by("month", "pk"):
            found[row.member_id][row.pk] = row.owed
        return found

    def amount(self, life, month: date) -> int:
        """What rules.md gives by today's facts for a month, by the second method."""
        if (life, month) not in self.amounts:
            self.amounts[life, month] = naive.answer(life, month, self.rules).amount
        return self.amounts[life, month]

    def check_papers(self) -> None:
        """The pages, the workbook and the bank's files have the same figures."""
        if not (sheet := self.sheet()):
            return
        self.client.force_login(self.finance[0])
        person = self.rng.choice(self.people)
        book = ledger.of(person)
        page = self.client.get(reverse("member-ledger", args=[person.pk])).text
        assert all(f"{figure:,.2f}" in page for figure in book.sums.amounts if figure)
        page = self.client.get(reverse("member-stipends", args=[person.pk]))
        assert sum((line.net for line in page.context["lines"]), Decimal(0)) == book.sums.due
        assert sum((row.line.net for row in page.context["refused"]), Decimal(0)) == book.sums.refused
        owed = sum((left for parts in self.owed().values() for left in parts.values()), Decimal(0))
        assert self.client.get(reverse("debts")).context["owed"] == money(owed)
        page = self.client.get(reverse("debts"), {"state": "repaid"})
        assert page.context["repaid"] == money(self.repaid.total())
        made = exports.export([sheet], "xlsx")
        payroll = openpyxl.load_workbook(io.BytesIO(made.content)).worksheets[0]
        people = [row for row in payroll.iter_rows(min_row=4, values_only=True) if isinstance(row[0], int)]
        assert sum((Decimal(str(row[12])) for row in people), Decimal(0)) == sheet.net
        for payment in sheet.payments.all():
            made = exports.bank_file(payment, options=Options(again=True))
            assert made.lines == payment.lines
            assert sum((payee.amount for payee in payments.payees(payment)), Decimal(0)) == payment.amount
