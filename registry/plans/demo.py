"""Adjustment plans for the demo: two in force, one approved, one submitted, one drafted, one rejected."""

from datetime import date, timedelta
from typing import NamedTuple

from jygroups.lib import clock
from registry.models import Appointment, Community, GroupPlan, PlanItem, PlanState, PlanStep, User
from registry.plans import drafts, services
from registry.plans.drafts import first_of_next_month
from registry.plans.services import Choices
from registry.records import versions
from registry.terms.reelections.places import Office


class Recovering(NamedTuple):
    """Buildings that go from one group to another, by their ordinals."""

    community: str
    number: str
    grounds: str
    source: int
    target: int
    buildings: int
    document: str
    ago: int | None  # days since it took effect; none: from next month


RECOVERED = [
    Recovering(
        "铁北社区", "雄街办〔{year}〕21号",
        "铁北小区二期建成入住，第一居民小组所辖户数明显增加。为均衡管理幅度、便于居民自治，拟将部分楼栋划归第二居民小组。",
        1, 2, 2, "嘉政函〔{year}〕18号", 400,
    ),
    Recovering(
        "永乐社区", "钢街办〔{year}〕9号",
        "永乐街改造后院落打通，相关楼栋与第二居民小组共用出入口和活动室，由第二居民小组管理更便于服务居民。",
        1, 2, 1, "嘉政函〔{year}〕7号", 200,
    ),
    Recovering(
        "明珠社区", "钢街办〔{year}〕33号", "第二居民小组楼栋分布分散，成员走访距离较远，拟就近划归第三居民小组。",
        2, 3, 2, "嘉政函〔{year}〕41号", None,
    ),
]  # fmt: skip
MERGED, MERGED_NUMBER = "铁南社区", "雄街办〔{year}〕36号"
MERGED_GROUNDS = (
    "第一、第二居民小组同处一个封闭小区，公共服务资源共用，分设两组力量分散；第三居民小组楼栋多、跨度大，"
    "超出管理幅度。为便于管理、便于服务、便于居民自治，拟合并第一、第二居民小组，并从第三居民小组划出部分楼栋新设小组。"
)
DRAFTED, REJECTED = "建林社区", "迎宾社区"
DAY = timedelta(days=1)


def add(today: date) -> None:
    """A year of plans, each as far as the offices would have taken it."""
    for each in RECOVERED:
        since = first_of_next_month(today) if each.ago is None else (today - each.ago * DAY).replace(day=1)
        plan = _begun(each.community, each.number.format(year=since.year), each.grounds)
        buildings = plan.community.buildings.filter(group__ordinal=each.source).order_by("-pk")[: each.buildings]
        _save(plan, Choices(buildings={building.pk: _item(plan, each.target).pk for building in buildings}))
        _submit(plan)
        _approve(plan, each.document.format(year=since.year), since)
    _submit(_merged(today))
    _draft()
    _reject(today)


def _merged(today: date) -> GroupPlan:
    """Two groups of four become one of five, a third is split, and the two that are to be three have from both."""
    plan = _begun(MERGED, MERGED_NUMBER.format(year=today.year), MERGED_GROUNDS)
    moving = list(Appointment.objects.in_office(today).filter(group=_item(plan, 2).group).order_by("position", "pk"))
    services.merge(plan=plan, items=[_item(plan, 2)], into=_item(plan, 1), actor=_clerk(plan))
    new = services.split(plan=plan, item=_item(plan, 3), actor=_clerk(plan))
    to = [_item(plan, 1), _item(plan, 3), new, new]
    people = {each.pk: (item.pk, Office.GROUP_MEMBER) for each, item in zip(moving, to, strict=False)}
    _save(plan, Choices(people=people))
    return plan


def _draft() -> None:
    """What is only begun: too many people in the merged group, and no grounds given yet."""
    plan = _begun(DRAFTED, "", "")
    services.merge(plan=plan, items=[_item(plan, 4)], into=_item(plan, 3), actor=_clerk(plan))


def _reject(today: date) -> None:
    plan = _begun(REJECTED, f"雄街办〔{today.year}〕28号", "居民习惯以小区名称称呼小组。")
    _save(plan, Choices(groups={_item(plan, 5).pk: ("迎宾雅园居民小组", False)}))
    _submit(plan)
    services.take(
        PlanStep.REJECT,
        plan=plan,
        seen=plan.version,
        comment="小组名称应按序号命名；确需更名的，请附居民小组会议记录。",
        actor=_user("civil"),
    )


def _begun(name: str, number: str, grounds: str) -> GroupPlan:
    community = Community.objects.select_related("subdistrict", "committee").get(name=name)
    plan = services.begin(community=community, actor=None)
    plan.title, plan.number, plan.grounds = f"{name}居民小组调整方案", number, grounds
    _save(plan, Choices())
    return plan


def _save(plan: GroupPlan, choices: Choices) -> None:
    services.save(plan=plan, seen=plan.version, choices=choices, actor=_clerk(plan))


def _submit(plan: GroupPlan) -> None:
    if drafts.draft_of(plan).refusals:
        return  # the roster of a later day does not bear it: it stays a draft
    services.take(PlanStep.SUBMIT, plan=plan, seen=plan.version, actor=_user(f"leader.{_office(plan)}"))


def _approve(plan: GroupPlan, document: str, since: date) -> None:
    """Decided a fortnight before it takes effect, or yesterday; filed a fortnight before that."""
    if plan.state != PlanState.SUBMITTED:
        return
    today, now = clock.today(), clock.now()
    decided = min(since - 14 * DAY, today - DAY)
    services.approve(
        plan=plan, seen=plan.version, document=document, decided_on=decided, effective_on=max(since, today),
        actor=_user("civil"),
    )  # fmt: skip
    at = now - (today - decided)
    plan.effective_on, plan.decided_at, plan.submitted_at = since, at, at - 14 * DAY
    if plan.state == PlanState.APPLIED:
        plan.applied_at = now - (today - since)
    versions.save(plan, actor=None, reason="demo")


def _item(plan: GroupPlan, ordinal: int) -> PlanItem:
    return plan.items.select_related("group").get(ordinal=ordinal)


def _office(plan: GroupPlan) -> str:
    return {"620201001": "xiongguan", "620201002": "gangcheng"}[plan.community.subdistrict.code]


def _clerk(plan: GroupPlan) -> User:
    return _user(f"clerk.{_office(plan)}")


def _user(username: str) -> User:
    return User.objects.get(username=username)
