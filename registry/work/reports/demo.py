"""A year of reports for the demo: fictional, the same each time, with some late and some groups that fall behind."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from jygroups.lib import clock
from registry.models import (
    Alarm,
    Appointment,
    Building,
    Dispute,
    Mediation,
    Report,
    ReportEvent,
    ReportKind,
    ReportState,
    ReportStep,
    ResidentsGroup,
    Severity,
)
from registry.provisions import queries as provisions
from registry.records import versions
from registry.work.reports import deadlines

DAYS = 365
SPOTS = [
    "1单元楼道",
    "2单元3楼",
    "3单元楼梯口",
    "楼前空地",
    "地下车库入口",
    "东侧围墙",
    "自行车棚",
    "楼顶平台",
    "小区北门",
    "垃圾投放点",
]
# What is the matter, how it ended.
HAZARDS = [
    ("楼道内堆放纸箱、旧家具，占用消防通道", "已联系住户当日清理，并张贴提示"),
    ("电动自行车推进楼道充电，私拉电线", "已劝离并引导至集中充电棚充电"),
    ("楼前井盖松动，老人小孩易踩空", "物业已更换井盖并设置警示"),
    ("燃气管道接口处有异味", "燃气公司已上门检修，更换阀门"),
    ("外墙瓷砖脱落，砸到停放车辆", "已拉警戒线，物业完成加固"),
    ("单元门禁损坏，夜间大门敞开", "已维修门禁并重新登记门卡"),
    ("配电箱门未上锁，儿童可触及", "供电所已加锁并张贴标识"),
    ("雪后坡道结冰，行人滑倒", "小组成员撒盐除冰，铺设防滑垫"),
    ("独居老人家中电线老化", "社区协调电工免费更换线路"),
    ("楼顶积雪融化渗水，电表箱受潮", "已做防水处理，检查线路无异常"),
]
DISPUTES = [
    ("楼上装修噪声扰民，楼下住户多次上门理论", Dispute.NEIGHBOURS, "双方约定装修时间，午休及夜间停工"),
    ("卫生间漏水致楼下墙面损坏，赔偿意见不一", Dispute.NEIGHBOURS, "由楼上住户维修并承担粉刷费用"),
    ("公共区域停车位争抢，发生口角", Dispute.NEIGHBOURS, "重新划线，登记轮流使用"),
    ("兄弟之间因老人赡养费用产生矛盾", Dispute.FAMILY, "三方签订赡养协议，按月支付"),
    ("夫妻争吵影响邻里休息", Dispute.FAMILY, "小组长与社区共同劝解，双方和好"),
    ("业主对电梯维修费用分摊有异议，拒缴物业费", Dispute.PROPERTY, "物业公示维修账目，业主补缴"),
    ("物业停水未提前通知，业主要求说明", Dispute.PROPERTY, "物业书面致歉，约定提前一天公告"),
    ("租房押金退还发生争执", Dispute.MONEY, "房东退还押金，双方当面结清"),
    ("宠物犬未拴绳惊吓儿童，家长要求赔礼", Dispute.OTHER, "犬主当面道歉并承诺拴绳"),
]
OPINIONS = [
    ("居民希望在院内增设健身器材", "已列入社区惠民项目计划"),
    ("老年人反映公交站距离较远，出行不便", "已向交通部门反映，答复研究增设站点"),
    ("家长建议暑期开放社区活动室", "活动室暑期每日开放两小时"),
    ("居民要求增设电动车充电桩", "已与物业协商，新增充电口"),
    ("多户反映暖气温度不达标", "供热公司上门测温，清洗过滤网"),
    ("建议增加便民理发、磨刀等服务日", "每月第二个周六安排便民服务"),
    ("低保户咨询临时救助申请办法", "已协助填写申请并报社区"),
]
PROPERTY = [
    ("保洁不及时，楼梯间灰尘较多", "物业调整保洁班次，每日一扫"),
    ("小区路灯多盏不亮，夜间出行不便", "物业更换灯具，已全部恢复"),
    ("门卫夜间脱岗，外来车辆随意进出", "物业加强值守，公布监督电话"),
    ("电梯频繁停运，维修不及时", "维保单位更换主板，运行正常"),
    ("下水管道堵塞，污水外溢", "疏通管道并清洗地面"),
    ("绿化带树木遮挡一楼采光", "绿化队已修剪"),
]
ENVIRONMENT = [
    ("垃圾清运不及时，异味较大", "协调环卫增加清运次数"),
    ("楼前有人抛撒生活垃圾", "清理现场，入户宣传垃圾分类"),
    ("装修垃圾堆放多日无人清理", "联系施工方清运完毕"),
    ("楼道小广告较多", "组织志愿者集中清理"),
    ("犬只粪便无人清理", "设置宠物便袋箱，张贴文明养犬提示"),
    ("绿化带内私自种菜", "劝导自行清除，恢复绿化"),
]
OTHERS = [
    ("发现陌生人员上门推销保健品", "已提醒居民防范，报告社区民警"),
    ("走访发现独居老人生病在家", "联系家属并协助就医"),
    ("新迁入租户未登记", "已协助完成流动人口登记"),
]
MATTERS = {
    ReportKind.HAZARD: HAZARDS,
    ReportKind.OPINION: OPINIONS,
    ReportKind.PROPERTY: PROPERTY,
    ReportKind.ENVIRONMENT: ENVIRONMENT,
    ReportKind.OTHER: OTHERS,
}
OFTEN = {  # of a hundred
    ReportKind.HAZARD: 26, ReportKind.DISPUTE: 16, ReportKind.OPINION: 18, ReportKind.PROPERTY: 16,
    ReportKind.ENVIRONMENT: 18, ReportKind.OTHER: 6,
}  # fmt: skip
SEVERITIES = {ReportKind.HAZARD: [60, 30, 10], ReportKind.DISPUTE: [78, 20, 2]}  # ordinary, serious, urgent
SURNAMES = "王李张刘陈杨赵黄周吴马孙"
HANDLERS = ["社区综治专干", "社区网格员", "物业项目经理", "社区民警", "街道应急办", "社区副主任"]
FOUND = ["到现场查看，已解决", "入户询问当事人，表示满意", "电话回访报告人，认可", "小组长复查，情况属实"]
WHY = ["需消防、住建等部门协调", "涉及产权单位，社区无法处置", "物业拒不整改，请街道督办"]
BACK = ["双方未再发生争执", "邻里关系恢复正常", "协议履行良好"]


def add(today: date) -> None:
    """Reports of the last twelve months for every group with people and buildings."""
    dice, rules = random.Random(97), provisions.on(today)
    reports: list[tuple[Report, list[ReportEvent]]] = []
    for group, people, buildings in _groups(today):
        slow = dice.random() < 0.12  # a community that lets things lie
        for _time in range(dice.randint(5, 14)):
            reports.append(_report(dice, group, people, buildings, today, slow, rules))
    reports.sort(key=lambda each: each[0].reported_at)
    versions.create([report for report, _events in reports], actor=None, reason="demo")
    ReportEvent.objects.bulk_create((event for _report, events in reports for event in events), batch_size=1000)


def _groups(today: date) -> Iterator[tuple[ResidentsGroup, list, list]]:
    """Each group that stands, with its people and its buildings."""
    people: dict[int, list] = {}
    offices = Appointment.objects.in_office(today).exclude(group=None).order_by("pk")
    for group, member, name in offices.values_list("group", "member", "member__name"):
        people.setdefault(group, []).append((member, name))
    buildings: dict[int, list[int]] = {}
    for group, building in Building.objects.exclude(group=None).order_by("pk").values_list("group", "pk"):
        buildings.setdefault(group, []).append(building)
    for group in ResidentsGroup.objects.standing_on(today).select_related("committee__community__subdistrict"):
        if group.pk in people:
            yield group, people[group.pk], buildings.get(group.pk, [])


def _report(dice, group, people, buildings, today: date, slow: bool, rules) -> tuple[Report, list[ReportEvent]]:
    kind = dice.choices(list(OFTEN), list(OFTEN.values()))[0]
    severity = dice.choices(list(Severity), SEVERITIES.get(kind, [90, 10, 0]))[0]
    age = dice.randint(0, 12) if dice.random() < 0.1 else dice.randint(0, DAYS)
    day = today - timedelta(days=age)
    member, name = dice.choice(people)
    report = Report(
        group=group, reporter_id=member, kind=kind, severity=severity, noticed_on=day,
        building_id=dice.choice(buildings) if buildings and dice.random() < 0.85 else None,
        place=dice.choice(SPOTS), reported_at=_at(dice, day),
    )  # fmt: skip
    report.take_by, report.handle_by = deadlines.deadlines(severity, day, rules)
    if kind == ReportKind.DISPUTE:
        report.what, report.dispute, outcome = dice.choice(DISPUTES)
        report.parties = f"{dice.choice(SURNAMES)}某与{dice.choice(SURNAMES)}某"
    else:
        report.what, outcome = dice.choice(MATTERS[kind])
    if kind == ReportKind.HAZARD:
        report.alarm = Alarm.RAISED if severity == Severity.URGENT else Alarm.NOT_NEEDED
        report.told = "社区书记、物业" if severity != Severity.ORDINARY else ""
    events = [_event(report, ReportStep.REPORTED, report.reported_at, name, "")]
    _go_its_way(dice, report, events, today, slow, outcome, rules)
    return report, events


def _go_its_way(dice, report: Report, events: list, today: date, slow: bool, outcome: str, rules) -> None:
    """Taken up, handled and confirmed after so many days each, as far as these have come."""
    community = report.group.committee.community.name
    take_by, handle_by = (day or report.noticed_on for day in (report.take_by, report.handle_by))
    take_days, rest = (take_by - report.noticed_on).days, (handle_by - take_by).days
    forgotten = dice.random() < (0.12 if slow else 0.008)
    waits = [
        dice.randint(0, take_days + (2 if slow else 0)),
        dice.randint(0, max(1, rest - 1)) + (dice.randint(0, 9) if slow else 0),
        dice.randint(0, 6),
    ]
    day = report.noticed_on
    steps = [_taken, _handled, _confirmed]
    for step, wait in zip(steps[: dice.randint(0, 1) if forgotten else 3], waits, strict=False):
        day += timedelta(days=wait)
        at = _later(dice, day, events)
        if at > clock.now():
            return
        step(dice, report, events, at, community, outcome, rules)
        if step is _taken and report.severity != Severity.ORDINARY and dice.random() < 0.12:
            _escalated(dice, report, events, _later(dice, day, events), community, rules)
            return
    if report.visit_back_by and report.state == ReportState.CONFIRMED and not slow and dice.random() < 0.93:
        day = report.visit_back_by - timedelta(days=dice.randint(0, 15))
        if day <= today:
            report.visited_back_on = day
            at = _later(dice, day, events)
            events.append(_event(report, ReportStep.VISITED_BACK, at, f"{community}书记", dice.choice(BACK)))


def _taken(dice, report, events, at, community, outcome, rules) -> None:
    report.state, report.taken_at, report.handler = ReportState.TAKEN, at, dice.choice(HANDLERS)
    events.append(_event(report, ReportStep.TAKEN, at, f"{community}书记", f"由{report.handler}办理。"))


def _escalated(dice, report, events, at, community, rules) -> None:
    """Passed on to the subdistrict, which settles it, or has yet to take it up."""
    report.at_subdistrict = True
    events.append(_event(report, ReportStep.ESCALATED, at, f"{community}书记", dice.choice(WHY)))
    subdistrict = report.group.committee.community.subdistrict.name
    if at < clock.now() - timedelta(days=12):
        at += timedelta(hours=20)
        report.handler, report.taken_at = f"{subdistrict}综治办", at
        events.append(_event(report, ReportStep.TAKEN, at, f"{subdistrict}经办", f"由{report.handler}办理。"))
        at += timedelta(days=2)
        report.state, report.handled_at, report.outcome = (
            ReportState.HANDLED,
            at,
            "街道召集相关部门现场会商，已落实整改",
        )
        events.append(_event(report, ReportStep.HANDLED, at, f"{subdistrict}经办", report.outcome))
        _confirmed(dice, report, events, at + timedelta(days=3), community, "", rules)
    else:
        report.state, report.taken_at, report.handler = ReportState.REPORTED, None, ""
        report.take_by, report.handle_by = deadlines.deadlines(report.severity, timezone.localdate(at), rules)


def _handled(dice, report, events, at, community, outcome, rules) -> None:
    report.state, report.handled_at, report.outcome = ReportState.HANDLED, at, outcome
    if report.kind == ReportKind.DISPUTE:
        report.mediation = dice.choices(list(Mediation), [80, 12, 4, 4])[0]
        report.visit_back_by = deadlines.visit_back_by(timezone.localdate(at), rules)
    events.append(_event(report, ReportStep.HANDLED, at, report.handler, outcome))


def _confirmed(dice, report, events, at, community, outcome, rules) -> None:
    report.state, report.confirmed_at = ReportState.CONFIRMED, at
    events.append(_event(report, ReportStep.CONFIRMED, at, events[0].name, dice.choice(FOUND)))


def _at(dice, day: date) -> datetime:
    moment = datetime.combine(day, time(dice.randint(8, 20), dice.randint(0, 59)))
    return min(timezone.make_aware(moment), clock.now())


def _later(dice, day: date, events: list[ReportEvent]) -> datetime:
    """A moment of the day, not before the last step."""
    return max(_at(dice, day), events[-1].at + timedelta(minutes=20))


def _event(report: Report, step: ReportStep, at: datetime, name: str, comment: str) -> ReportEvent:
    return ReportEvent(report=report, step=step, at=at, name=name, comment=comment)
