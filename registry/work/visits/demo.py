"""A year of visits for the demo: who visits what, what residents said and asked, and groups that fall behind."""

from datetime import date, timedelta
from random import Random

from jygroups.lib.half_years import HalfYear
from registry.models import Appointment, Assignment, Building, Member, ProvisionKey, Visit, VisitKind
from registry.provisions import queries as provisions
from registry.records import versions

FAMILIES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
NOTES = [
    "家中老人身体硬朗，子女每周回来一次，对社区工作表示满意。",
    "夫妻二人均在嘉酒公司上班，白天家中无人，约好周末再来。",
    "独居老人，行动不便，已留下小组联系电话，嘱咐冬季注意用火用电。",
    "宣传了居民公约和垃圾分类要求，住户表示愿意配合。",
    "孩子放暑假在家，提醒家长注意防溺水和用电安全。",
    "刚装修完入住，核对了户内人员信息，建议加入楼院微信群。",
    "住户反映近期生活平稳，邻里相处融洽，没有新增困难。",
    "租住户，新搬来三口人，已提醒办理居住登记。",
    "讲解了医保缴费时间和办法，住户表示已缴。",
    "老两口刚做完体检，一切正常，愿意参加小组组织的健步走活动。",
    "宣传防范电信诈骗，协助老人安装了反诈应用。",
    "与楼栋长一起检查了楼道堆物，住户当场清理了纸箱。",
]
KEY = [
    "重点走访：残疾人家庭，康复器材使用正常，护理补贴已到账。",
    "重点走访：刚失业人员，介绍了街道的招聘信息和技能培训。",
    "重点走访：因漏水与楼上有矛盾，听取双方意见，情绪稳定。",
    "重点走访：高龄独居老人，血压偏高，已联系家庭医生上门。",
    "重点走访：困境儿童家庭，学习用品齐全，期中成绩有进步。",
    "重点走访：退役军人家庭，送上慰问信，了解就业意向。",
]
ASKED = [
    ("单元门禁损坏，晚上外人能随意进出，希望尽快修好。", "物业已更换门禁读卡器，住户试用正常。"),
    ("楼前路灯两盏不亮，老人晚上出门不便。", "报社区转市政维修，路灯已恢复。"),
    ("希望在楼院加装晾衣架和休息座椅。", "社区列入下一季度小微项目，已向住户说明。"),
    ("地下室返味，怀疑下水道堵塞。", "物业疏通了主管道，回访无异味。"),
    ("暖气不热，室温只有16度。", "热力公司上门排气，室温已到20度。"),
    ("楼道堆放电动车，影响通行。", "小组与车主沟通，车辆已移至充电棚。"),
    ("想咨询高龄补贴如何申请。", "社区帮助准备材料，已受理。"),
    ("楼顶漏雨，顶层住户墙面发霉。", "维修资金已启动，屋面完成防水。"),
    ("小区健身器材松动，怕孩子受伤。", "物业加固了器材，并张贴检查记录。"),
    ("希望增加一趟周末理发进楼院的志愿服务。", "已联系志愿者，每月第二个周六上门。"),
]
STATES = {
    "people": ["新增租住户2人", "外出务工1人", "新生儿1名，已登记", "80岁以上老人1名"],
    "places": ["楼道畅通", "消防通道有一辆车占用，已劝离", "单元门前积水", "绿地完好"],
    "things": ["灭火器在有效期内", "电动车棚充电正常", "二楼窗户玻璃破损", "公共照明正常"],
    "events": ["无纠纷", "上下楼噪声一事已调解", "一户装修，已提醒时间", "无异常"],
    "organizations": ["业委会正在换届", "楼院有一支健身队", "志愿服务队每月活动一次", "无新增组织"],
}


def add(today: date) -> None:
    """Assignments and a year of visits of every group that covers buildings; the same each time."""
    random, days = Random(412), provisions.on(today).figure(ProvisionKey.ANSWER) or 0
    visits: list[Visit] = []
    assignments: list[Assignment] = []
    people: dict[int, list[Member]] = {}
    for office in Appointment.objects.in_office(today).exclude(group=None).select_related("member").order_by("pk"):
        people.setdefault(office.group_id, []).append(office.member)
    now = HalfYear.of(today)
    of_group: dict[int, list[Building]] = {}
    for building in Building.objects.exclude(group=None).order_by("pk"):
        of_group.setdefault(building.group_id, []).append(building)  # type: ignore[arg-type]
    for place, (group, buildings) in enumerate(sorted(of_group.items())):
        members = people.get(group)
        if not members:
            continue
        for number, building in enumerate(buildings):
            member = members[number % len(members)]
            if random.random() < 0.97:
                assignments.append(Assignment(building=building, member=member))
            for half in (now.previous.previous, now.previous, now):
                behind = place % 11 == 3 or (half == now and place % 4 == 1)
                if random.random() > (0.55 if behind else 1.0):
                    continue
                visits.append(
                    _visit(random, group, building, member, _day(random, half, today), VisitKind.FULL, today, days)
                )
            if random.random() < 0.35:
                day = _day(random, random.choice([now.previous, now]), today)
                visits.append(_visit(random, group, building, member, day, VisitKind.KEY, today, days))
    versions.create(assignments, actor=None, reason="demo")
    visits.sort(key=lambda visit: visit.day)
    versions.create(visits, actor=None, reason="demo")


def _day(random: Random, half: HalfYear, today: date) -> date:
    return half.first_day + timedelta(days=random.randrange((min(half.last_day, today) - half.first_day).days + 1))


def _visit(
    random: Random, group: int, building: Building, member: Member, day: date, kind: str, today: date, days: int
) -> Visit:
    household = f"{random.randint(1, 4)}单元{random.randint(1, 6)}0{random.randint(1, 2)} {random.choice(FAMILIES)}家"
    visit = Visit(
        group_id=group, building=building, visitor=member, day=day, kind=kind, household=household,
        said=random.choice(KEY if kind == VisitKind.KEY else NOTES),
    )  # fmt: skip
    for field in random.sample(list(STATES), random.randint(0, 3)):
        setattr(visit, field, random.choice(STATES[field]))
    if random.random() < 0.2:
        asked, outcome = random.choice(ASKED)
        visit.asked, visit.due_on = asked, day + timedelta(days=days)
        settled = day + timedelta(days=random.randint(1, 14))
        if settled <= today and random.random() < 0.9:
            visit.outcome, visit.settled_on = outcome, settled
    return visit
