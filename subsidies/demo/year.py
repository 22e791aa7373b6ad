"""The demo's year: twelve months closed and paid, with facts recorded late, and the present month in progress.

Everything is done by the demo's users through the services that the pages use, each act on its day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal

from django.apps import apps
from django.db.models import Count
from django.utils import timezone

from jygroups.lib import clock, constraints
from jygroups.lib.months import Month
from registry.models import (
    Appointment,
    EmploymentSpell,
    EndReason,
    Member,
    Position,
    Record,
    ResidentsGroup,
    Subdistrict,
    Transfer,
    TransferState,
    User,
    on_day,
)
from registry.notifications import demo as demo_notifications
from registry.people.offices import services as offices
from registry.people.transfers import services as transfers
from registry.records import versions
from subsidies import engine
from subsidies.comparison import demo as comparison_demo
from subsidies.corrections import debts, holds, proposals
from subsidies.corrections import services as corrections
from subsidies.demo import payments as demo_bank
from subsidies.models import Budget, Correction, CorrectionState, Hold, RepaymentMethod, Sheet, Standard, Step
from subsidies.month import sheets, workflow
from subsidies.notices import demo as demo_notices
from subsidies.standards import forecast
from subsidies.standards import services as standards

CLOSED_MONTHS = 12
CONFIRMS = {"620201001001": "secretary.fumin", "620201002001": "secretary.dazhong"}
AREAS = {"620201001": "xiongguan", "620201002": "gangcheng"}


def bring_about(month: Month) -> Iterator[Month]:
    """Close the earlier months, then start this one; yields each finished month."""
    if Sheet.objects.exists():
        return
    months = [each for each in month.run_up(CLOSED_MONTHS + 1)[:-1] if Standard.objects.in_force(each).exists()]
    _known_since((months or [month])[0].first_day - timedelta(days=30))
    with _on(months[0] if months else month, 1):
        _give_accounts()
    for place, each in enumerate(months):
        if news := NEWS.get(place - len(months)):
            with _on(each, 1):
                news(each)
        _close(each, refused=2 if place in (len(months) - 4, len(months) - 1) else 0, objected=place == len(months) - 2)
        yield each
    _begin(month)
    _plan(month)
    if closed := Sheet.objects.of(month.previous).select_related("subdistrict").first():
        with _on(month, 3):
            comparison_demo.compare(closed, clerk=_user("clerk.xiongguan"))
    demo_notifications.look_through()
    yield month


@contextmanager
def _on(month: Month, day: int, hour: int = 9) -> Iterator[None]:
    """Act as if it were that day, or now if that day is in the future."""
    now = clock.now()
    then = timezone.make_aware(datetime.combine(month.first_day + timedelta(days=day - 1), time(hour)))
    with clock.at(min(then, now)):
        yield


def _known_since(day: date) -> None:
    """Date the rows of the register before the first month."""
    at = timezone.make_aware(datetime.combine(day, time(9)))
    constraints.remove_triggers()  # versions are never changed otherwise
    for model in apps.get_app_config("registry").get_models():
        if issubclass(model, Record):
            model._base_manager.update(created_at=at, updated_at=at)
            model.history.update(history_date=at)
    constraints.install_triggers()


def _user(username: str) -> User:
    return User.objects.get(username=username)


# A month ----------------------------------------------------------------------------------------------------


def _close(month: Month, *, refused: int, objected: bool) -> None:
    """From draft to paid; the bank refuses some lines at first, and residents may object to a posted list."""
    areas = list(Subdistrict.objects.filter(code__in=AREAS))
    with _on(month, 2):
        _decide_corrections(month)
        for area in areas:
            sheets.prepare(month, [area], actor=_user(f"clerk.{AREAS[area.code]}"))
    for area in areas:
        clerk, leader = _user(f"clerk.{AREAS[area.code]}"), _user(f"leader.{AREAS[area.code]}")
        sheet = Sheet.objects.of(month).get(subdistrict=area)
        with _on(month, 3):
            _confirm(sheet, clerk)
        demo_notices.of_closed(sheet, month, on=_on, clerk=clerk, objected=objected)
        with _on(month, 4):
            workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
        if area.code == "620201001" and month.number % 6 == 0:
            with _on(month, 4, hour=15):
                workflow.take(Step.RETURN, sheet=sheet, actor=leader, comment="请核实新增人员的任职文件后重新提交")
            with _on(month, 5):
                workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk, comment="任职文件已补齐")
        with _on(month, 5, hour=11):
            workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
        with _on(month, 8):
            workflow.take(Step.APPROVE, sheet=sheet, actor=_user("finance"))
        demo_bank.pay(sheet, month, on=_on, finance=_user("finance"), clerk=clerk, refusals=refused)
        with _on(month, 14):
            workflow.take(Step.SETTLE, sheet=sheet, actor=_user("finance"))


def _confirm(sheet: Sheet, clerk: User, *, without: int = 0) -> None:
    """Secretaries with a login confirm their communities, the clerk the others except the last `without`."""
    communities = list(sheet.subdistrict.communities.filter(sheet_lines__sheet=sheet).distinct().order_by("code"))
    own = [each for each in communities if each.code in CONFIRMS]
    if not without:
        for community in own:
            workflow.confirm(sheet=sheet, community=community, actor=_user(CONFIRMS[community.code]))
    others = [each for each in communities if each not in own]
    workflow.confirm_all(sheet=sheet, communities=others[: len(others) - without], actor=clerk)


def _begin(month: Month) -> None:
    """One sheet waits for its communities, with blocking findings; the other waits for the finance bureau."""
    areas = {area.code: area for area in Subdistrict.objects.filter(code__in=AREAS)}
    with _on(month, 1):
        _lose_accounts(month)
        _employed(month, 3, month.previous.first_day, None)
        _left(month, 5)
        proposals.propose()
        _ask_back()
        list(_sent(month, 2, "620201002", month.next.first_day))
    with _on(month, 2):
        for code, area in areas.items():
            sheets.prepare(month, [area], actor=_user(f"clerk.{AREAS[code]}"))
    with _on(month, 3):
        _confirm(_sheet(month, areas["620201001"]), _user("clerk.xiongguan"), without=2)
        _confirm(_sheet(month, areas["620201002"]), _user("clerk.gangcheng"))
    other = _sheet(month, areas["620201002"])
    with _on(month, 4):
        workflow.take(Step.SUBMIT, sheet=other, actor=_user("clerk.gangcheng"))
    with _on(month, 5):
        workflow.take(Step.ENDORSE, sheet=other, actor=_user("leader.gangcheng"))
        notices = demo_notices.hang(other, clerk=_user("clerk.gangcheng"))
        for notice in notices[1:2]:
            demo_notices.object_to(notice, clerk=_user("clerk.gangcheng"))


def _plan(month: Month) -> None:
    """The years' budgets, and a raised Standard that waits for the finance bureau."""
    for year in (month.year, month.year + 1) if month.number > 9 else (month.year,):
        for row in forecast.of_year(year, _user("finance")):
            rounded = (row.wanted / 10_000).to_integral_value(ROUND_CEILING) * 10_000
            budget = Budget(
                year=year, subdistrict=row.subdistrict, amount=rounded, source="市财政预算内资金",
                funds_document=f"嘉财社〔{year}〕6号" if year == month.year else "",  # not granted yet
                account="2080208 基层政权建设和社区治理",
            )  # fmt: skip
            versions.save(budget, actor=_user("finance"), reason="年度预算批复")
    now = Standard.objects.in_force(month).prefetch_related("rates").first()
    assert now is not None
    raised = Standard(
        effective_month=Month(month.year + 1, 1).first_day, document="关于调整居民小组长补贴的通知（征求意见稿）",
        **{name: getattr(now, name) for name in engine.PARAMETERS},
    )  # fmt: skip
    rates = {rate.position: rate.amount for rate in now.rates.all()} | {Position.GROUP_LEADER: Decimal(400)}
    standards.draft(standard=raised, rates=rates, actor=_user("civil"))


def _sheet(month: Month, area: Subdistrict) -> Sheet:
    return Sheet.objects.of(month).get(subdistrict=area)


def _decide_corrections(month: Month) -> None:
    """Accept the proposals; write off those of people who left and have no later month to recover from.

    What the dead were paid too much is a debt: their families repay it.
    """
    proposals.propose()
    for correction in Correction.objects.filter(state=CorrectionState.PROPOSED).select_related("member", "subdistrict"):
        rows = correction.member.appointments
        gone = not rows.in_office(month.first_day).exists() and not rows.filter(end_reason=EndReason.DEATH).exists()
        state = CorrectionState.WRITTEN_OFF if gone else CorrectionState.ACCEPTED
        reason = "本人已离任，无法从以后月份扣回" if gone else "情况属实"
        clerk = _user(f"clerk.{AREAS[correction.subdistrict.code]}")
        asked = corrections.decide(correction=correction, state=state, actor=clerk, reason=reason).asked
        if asked:
            document = f"嘉财社〔{month.year}〕{month.number}号" if gone else ""
            corrections.decide(
                correction=correction, state=state, actor=_user("finance"), reason="同意", document=document
            )


# Late facts -------------------------------------------------------------------------------------------------------


def _members(month: Month, place: int, area: str = "620201001") -> list[Appointment]:
    """Group members of one of a subdistrict's communities, with one long office and no employment.

    There are none in the months after a re-election: every office is new then.
    """
    community = list(Subdistrict.objects.get(code=area).communities.order_by("code"))[place]
    rows = (
        Appointment.objects.in_office(month.last_day)
        .filter(
            committee__community=community,
            position=Position.GROUP_MEMBER,
            first_day__lte=month.run_up(4)[0].first_day,
            member__employment_spells=None,
        )
        .select_related("member", "committee__community", "group")
    )
    return [row for row in rows.order_by("pk") if row.member.appointments.in_office(month.last_day).count() == 1]


def _give_accounts() -> None:
    """Nobody can be paid without an account."""
    for number, member in enumerate(member for member in Member.objects.order_by("pk") if not member.account):
        member.bank, member.account = "甘肃银行嘉峪关分行", f"62284800099{number:08}"
        versions.save(member, actor=None, reason="补登银行账号")


def _lose_accounts(month: Month) -> None:
    for office in [*_members(month, 0)[-1:], *_members(month, 4)[-1:]]:
        office.member.account = ""
        versions.save(office.member, actor=_user("clerk.xiongguan"), reason="银行通知账号已销户")


def _left(month: Month, place: int) -> None:
    """A member left two months ago; it is recorded only now."""
    last_day = month.previous.previous.first_day + timedelta(days=14)
    for office in _members(month, place)[:1]:
        proposal = offices.end_office(
            office=office, last_day=last_day, end_reason="resignation", note="迁居外地，社区后报"
        )
        offices.carry_out(proposal, actor=_user("clerk.xiongguan"))


def _died(month: Month) -> None:
    """Two members died two months ago; it is recorded only now."""
    last_day = month.previous.previous.first_day + timedelta(days=14)
    found = [office for place in (1, 2, 3, 5, 6, 7) for office in _members(month, place)[2:3]]
    for office in found[:2]:
        proposal = offices.end_office(office=office, last_day=last_day, end_reason=EndReason.DEATH, note="社区后报")
        offices.carry_out(proposal, actor=_user("clerk.xiongguan"))


def _ask_back() -> None:
    """Each debt is asked for by a notice; of the second a part is repaid, with a voucher."""
    people = dict.fromkeys(each.member for each in Correction.objects.debts().select_related("member").order_by("pk"))
    clerk, today = _user("clerk.xiongguan"), clock.today()
    for place, member in enumerate(people):
        letter = {"account": "雄关街道财政所，甘肃银行嘉峪关分行", "contact": "街道财政所", "phone": "0937-6220001"}
        debts.notify(
            member=member, number=debts.next_number(today), day=today, pay_by=today + timedelta(days=30), actor=clerk,
            **{**debts.letter_proposed(member, clerk), **letter},
        )  # fmt: skip
        if place == 1:
            debts.repay(
                member=member, day=today, amount=Decimal(100), method=RepaymentMethod.CASH, voucher="收据0000317",
                note="家属缴回一部分", actor=clerk,
            )  # fmt: skip


def _employed(month: Month, place: int, first_day: date, last_day: date | None) -> None:
    """A member was employed; it is recorded only now."""
    for office in _members(month, place)[:1]:
        spell = EmploymentSpell(
            member=office.member,
            employer="嘉北商贸有限公司",
            first_day=first_day,
            last_day=last_day,
            evidence="社保参保记录",
        )
        offices.carry_out(offices.employ(spell=spell), actor=_user("clerk.xiongguan"))


def _sent(month: Month, place: int, area: str, first_day: date) -> Iterator[Transfer]:
    """Offer a member of the area to a small group of the other one."""
    [other] = AREAS.keys() - {area}
    groups = ResidentsGroup.objects.standing_on(first_day).filter(committee__community__subdistrict__code=other)
    few = groups.annotate(people=Count("appointments", filter=on_day(first_day, "appointments__")))
    for office in _members(month, place, area)[:1]:
        yield transfers.send(
            member=office.member, office=office, body=few.order_by("people", "pk")[0], position=Position.GROUP_MEMBER,
            first_day=first_day, basis="居住地变动，街道商调函", actor=_user(f"clerk.{AREAS[area]}"),
        )  # fmt: skip


def _transferred(month: Month) -> None:
    """A member moved to the other subdistrict, which has accepted."""
    for transfer in _sent(month, 1, "620201001", month.first_day):
        transfers.end(TransferState.ACCEPTED, transfer=transfer, actor=_user("clerk.gangcheng"))


def _served_longer(month: Month) -> None:
    """A member's first office began earlier than registered."""
    for office in _members(month, 7)[:1]:
        first = office.member.appointments.earliest("first_day")
        first.first_day -= timedelta(days=60)
        proposal = offices.correct(office=first, reason="档案中的任职文件日期更早")
        offices.carry_out(proposal, actor=_user("clerk.xiongguan"))


def _held(month: Month, place: int) -> None:
    reason = "群众反映长期不在岗，待核查"
    for office in _members(month, place)[1:2]:
        clerk = _user("clerk.xiongguan")
        holds.hold(member=office.member, first=month, last=None, reason=reason, actor=clerk)


def _released(month: Month) -> None:
    reason = "经核查，属住院治疗，职责由他人代行"
    for hold in Hold.objects.filter(release=""):
        clerk = _user("clerk.xiongguan")
        holds.release(hold=hold, pay=True, last=month.previous, reason=reason, actor=clerk)


# By how many months before the one shown.
NEWS = {
    -9: lambda month: _employed(month, 2, month.run_up(4)[0].first_day, month.previous.first_day - timedelta(days=1)),
    -7: lambda month: _left(month, 6),
    -6: _served_longer,
    -5: lambda month: _held(month, 8),
    -4: _transferred,
    -3: _released,
    -2: _died,
    -1: lambda month: _held(month, 9),
}
