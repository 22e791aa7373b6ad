"""The demo's payments: each closed month goes to the bank, which refuses a few people at first."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import User
from registry.records import versions
from subsidies.bank import answers, payments, reading
from subsidies.bank.payments import Choice
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import Payment, Sheet

REASONS = ("账户不存在", "户名与账号不符")
On = Callable[[Month, int], AbstractContextManager[None]]


def pay(sheet: Sheet, month: Month, *, on: On, finance: User, clerk: User, refusals: int) -> None:
    """Pay the whole sheet: people refused at first get a correct account and a second payment."""
    with on(month, 9):
        everybody = dict.fromkeys(sheet.lines.filter(net__gt=0).values_list("pk", flat=True), Choice.APPROVED)
        payment = payments.pay(sheet, everybody, actor=finance)
        exports.bank_file(payment, actor=finance, options=Options(purpose="每月代发"))
    with on(month, 10):
        _answer(payment, month, finance, refusals)
    with on(month, 11):
        refused = payments.candidates(sheet)
        for each in refused:
            member = each.member
            member.account = f"62284800098{member.pk:08}"
            versions.save(member, actor=clerk, reason="银行退回后本人更正账号")
    if refused:
        with on(month, 12):
            again = payments.pay(sheet, {each.line.pk: Choice.TODAY for each in refused}, actor=finance)
            exports.bank_file(again, actor=finance, options=Options(purpose="退回人员重发"))
        with on(month, 13):
            _answer(again, month, finance, 0)


def _answer(payment: Payment, month: Month, finance: User, refused: int) -> None:
    """Record the bank's answer, which refuses the given number of people from the third row on."""
    rows = ["序号,姓名,帐号,金额,处理结果,原因"]
    for number, item in enumerate(payment.items.order_by("ordinal")):
        fails = 2 <= number < 2 + refused
        outcome = f"失败,{REASONS[number % 2]}" if fails else "成功,"
        rows.append(f"{number + 1},{item.name},{item.account},{item.amount},{outcome}")
    content = "\r\n".join(rows).encode("gb18030")
    answer = answers.hand_in(payment=payment, name=f"回盘{month}.csv", content=content, actor=finance)
    understood = answers.understand(answer)
    layouts = [reading.proposed(table, understood.choices, understood.people) for table in understood.file.tables]
    choices = replace(understood.choices, layouts=layouts)
    answers.store_choices(answer, choices)
    digest = answers.of(replace(understood, choices=choices)).digest
    # A month without changes gives the same file as the month before.
    answers.take_in(answer, digest=digest, day=clock.today(), actor=finance, confirmed=True)
