"""A year of meetings for the demo: the minutes of every group and committee, and whom their residents sent."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from jygroups.lib.half_years import HalfYear
from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Attendance,
    Partner,
    Position,
    Representative,
    ResidentsCommittee,
    ResidentsGroup,
    Resolution,
    Term,
)
from registry.records import versions

RECORDED_DAYS = timedelta(days=365)
PLACES = ["社区二楼会议室", "社区党群服务中心", "居民小组活动室", "小区凉亭", "社区议事厅", "物业办公室"]
# Subject, discussion and resolution.
MATTERS = [
    (
        "楼道堆物清理",
        "组员反映{n}号楼道内堆放旧家具、纸箱较多，影响通行，存在消防隐患。",
        "本周末组织居民集中清理楼道堆物。",
    ),
    (
        "电动车集中停放充电",
        "居民希望增设充电桩，杜绝飞线充电；组长介绍了街道消防检查的要求。",
        "联系物业在{n}号楼东侧增设电动车停放点。",
    ),
    ("冬季供暖情况", "逐户了解室温，{n}号楼顶层有三户室温偏低，已登记报送供热公司。", "由组员每周回访室温偏低住户。"),
    ("独居老人帮扶", "摸排独居老人{n}户，商议结对帮扶人员和联系频次。", "每名组员结对两户独居老人，每周至少上门一次。"),
    ("垃圾分类投放", "投放点早晚高峰有混投现象，组员轮流值守劝导。", "自下月起实行组员轮值，早晚各一小时。"),
    ("小区停车秩序", "夜间消防通道被占用，居民意见较大。物业同意重新划线。", "同意物业提出的消防通道重新划线方案。"),
    ("健身器材维修", "器材松动{n}处，已拍照上报社区，维修前设置警示标识。", "报请社区维修健身器材。"),
    ("防范电信诈骗宣传", "通报近期案例，提醒居民不轻信、不转账，发放宣传单{n}份。", ""),
    ("邻里纠纷调解", "就{n}号楼漏水纠纷听取双方意见，双方同意各自承担一半维修费用。", "由组长跟进维修，一周内回访。"),
    ("物业服务评议", "居民对保洁较满意，对绿化修剪不及时提出意见。", "将评议意见书面送达物业，要求半月内答复。"),
]
STUDIES = [
    ("学习党的创新理论", "集体学习有关文件，组员结合入户走访谈体会。"),
    ("学习城市居民委员会组织法", "学习新修订的居民委员会组织法，重点学习居民小组的职责和居民会议的召开。"),
    ("学习安全生产和消防知识", "观看消防警示片，学习初期火灾处置和报警要求。"),
    ("学习民法典与调解实务", "学习相邻关系有关规定，交流调解邻里纠纷的做法。"),
]
CIVIC = [
    ("学雷锋志愿服务", "组织居民清扫楼院、清理小广告，参加居民{n}人。"),
    ("居民公约宣传", "入户宣传居民公约，倡导文明养犬、节俭办事，发放倡议书{n}份。"),
    ("邻里互助日", "为老年居民义务理发、修理小家电，服务{n}人次。"),
]
REVIEWS = [
    "半年来共入户走访{n}户次，调解纠纷{m}起，上报安全隐患{m}处。不足：走访记录不够及时，对租住户情况掌握不全。下半年重点做好租住户登记。",
    "总结半年工作：环境整治{m}次，上报居民诉求{n}件，办结率较高。差距：学习不够经常，会议记录不够规范。今后每月至少安排一次学习。",
    "肯定成绩：重点人群走访实现全覆盖，独居老人结对{m}户。差距：与物业沟通不够。下一步每季度与物业召开一次联席会。",
    "组员逐一汇报包片情况，走访{n}户次，收集意见{m}条。存在问题：个别楼栋走访次数偏少。商定调整包片分工。",
]
COMMITTEE_MATTERS = [
    ("研究社区环境整治", "各小组汇报卫生死角情况，研究整治时间和分工。", "下周五开展全社区环境集中整治。"),
    ("研究居民小组补贴名单", "核对各小组在任人员、任职时间和在职情况。", "同意上报本月补贴名单。"),
    ("研究文体活动安排", "商议社区邻里节活动内容和经费。", "同意邻里节活动方案。"),
    ("通报议事协商事项", "通报老旧小区改造征求意见情况，研究下一步协商安排。", "由各小组逐户征求改造意见。"),
]
EXCUSES = ["请假", "外出就医", "探亲", "值班", ""]
GUESTS = ["社区党支部副书记", "社区民警", "物业项目经理", "网格长", "楼栋长代表3人", ""]
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
GIVEN = ["秀兰", "建军", "玉梅", "志强", "桂英", "海燕", "德明", "淑珍", "国庆", "丽萍", "永福", "春花", "世杰", "凤琴"]


@dataclass
class Drafts:
    """What is to be written, each kind of row at once."""

    dice: random.Random
    terms: list[Term]
    activities: list[Activity] = field(default_factory=list)
    came: list[Attendance] = field(default_factory=list)
    resolved: list[Resolution] = field(default_factory=list)
    people: list[Representative] = field(default_factory=list)

    def hold(self, body, offices: list[Appointment], kind: str, day: date, **fields) -> Activity | None:
        """A meeting of the people in office then; none where nobody was."""
        dice, group = self.dice, body if isinstance(body, ResidentsGroup) else None
        here = [office for office in offices if office.covers(day)]
        if not here:
            return None
        hour = dice.choice([9, 10, 15, 16, 19])
        heads = [each for each in here if each.position in (Position.GROUP_LEADER, Position.DIRECTOR)]
        row = Activity(
            kind=kind, day=day, group=group, committee=group.committee if group else body,
            term=next((each for each in self.terms if each.first_day <= day <= each.last_day), None),
            begins_at=time(hour, dice.choice([0, 30])), ends_at=time(hour + dice.choice([1, 2]), 40),
            place=dice.choice(PLACES), chair=(heads or here)[0].member.name, recorder=here[-1].member.name,
            **fields,
        )  # fmt: skip
        self.activities.append(row)
        for place, office in enumerate({each.member_id: each for each in here}.values()):
            came = place == 0 or dice.random() < 0.88
            self.came.append(
                Attendance(
                    activity=row,
                    member=office.member,
                    committee=row.committee,
                    group=group,
                    came=came,
                    excuse="" if came else dice.choice(EXCUSES),
                )  # fmt: skip
            )
        return row

    def resolve(self, row: Activity | None, text: str, voters: int) -> None:
        """Most is agreed; now and then somebody is against it, and rarely it fails."""
        if row is None or not text:
            return
        against = self.dice.choice([0, 0, 0, 1])
        self.resolved.append(
            Resolution(activity=row, ordinal=1, text=text, votes_for=voters - against, against=against, abstained=0)
        )


def add(today: date) -> None:
    """The last twelve months of every group and committee. Some groups meet often, a few have fallen behind."""
    drafts = Drafts(random.Random(97), list(Term.objects.all()))
    offices: dict[tuple, list[Appointment]] = defaultdict(list)
    fields = ("member__name", "position", "first_day", "last_day", "acting", "committee", "group")
    for office in Appointment.objects.select_related("member").only(*fields).order_by("position", "pk"):
        offices[office.committee_id, office.group_id].append(office)
    for group in ResidentsGroup.objects.standing_on(today).select_related("committee"):
        _year_of_group(drafts, group, offices[group.committee_id, group.pk], today)
    for committee in ResidentsCommittee.objects.all():
        _year_of_committee(drafts, committee, offices[committee.pk, None], today)
    versions.create(drafts.activities, actor=None, reason="Minutes")
    for rows in (drafts.came, drafts.resolved, drafts.people):
        for row in rows:
            _name_saved(row)
        versions.create(rows, actor=None, reason="Minutes")


def _name_saved(row) -> None:
    """Refer to an activity that has a key by now."""
    if isinstance(row, Representative):
        row.meeting = row.meeting
    else:
        row.activity = row.activity


def _days(dice: random.Random, today: date, count: int) -> Iterator[date]:
    """So many days of the last year, one in each part of it."""
    part = RECORDED_DAYS // max(count, 1)
    for place in range(count):
        yield today - RECORDED_DAYS + part * place + timedelta(days=dice.randrange(1, part.days))


def _year_of_group(drafts: Drafts, group: ResidentsGroup, offices: list[Appointment], today: date) -> None:
    dice = drafts.dice
    behind = dice.random() < 0.1
    for day in _days(dice, today, dice.choice([1, 2]) if behind else dice.choice([5, 6, 8, 10])):
        title, record, resolved = dice.choice(MATTERS)
        record, resolved = (text.format(n=dice.randint(1, 19)) for text in (record, resolved))
        residents = dice.randint(6, 24)
        joint = dice.random() < 0.2
        kind = ActivityKind.JOINT if joint else ActivityKind.MEETING
        row = drafts.hold(
            group, offices, kind, day, title=f"{title}会议", agenda=title, record=record,
            residents_expected=residents + dice.randint(0, 6), residents_came=residents,
            joint_with=dice.sample(list(Partner.values)[:4], dice.choice([1, 1, 2])) if joint else [],
            guests=dice.choice(GUESTS) if joint else "",
        )  # fmt: skip
        drafts.resolve(row, resolved, residents)
    for day in _days(dice, today, 1 if behind else dice.choice([3, 4, 6])):
        title, record = dice.choice(STUDIES)
        drafts.hold(group, offices, ActivityKind.STUDY, day, title=title, record=record)
    for day in _days(dice, today, 0 if behind else dice.choice([1, 2])):
        title, record = dice.choice(CIVIC)
        record = record.format(n=dice.randint(12, 60))
        drafts.hold(
            group, offices, ActivityKind.CIVIC, day, title=title, record=record, residents_came=dice.randint(8, 30)
        )
    _reviews(drafts, group, offices, today, 0.4 if behind else 0.97)
    _election(drafts, group, offices, today)
    _representatives(drafts, group, offices, today)


def _reviews(drafts: Drafts, group: ResidentsGroup, offices: list[Appointment], today: date, chance: float) -> None:
    dice, half = drafts.dice, HalfYear.of(today).previous
    for each in (half.previous, half):
        day = each.last_day + timedelta(days=dice.randint(-12, 20))
        if day < today and dice.random() < chance:
            text = dice.choice(REVIEWS).format(n=dice.randint(40, 180), m=dice.randint(2, 9))
            drafts.hold(
                group, offices, ActivityKind.REVIEW, day, half_year=each.first_day, agenda="半年工作小结", record=text
            )


def _election(drafts: Drafts, group: ResidentsGroup, offices: list[Appointment], today: date) -> None:
    """The minutes of the present leader's election, where it is within the time of stored minutes; some are missing."""
    dice = drafts.dice
    leader = next((each for each in offices if each.position == Position.GROUP_LEADER and each.covers(today)), None)
    if not leader or leader.acting or leader.first_day < today - RECORDED_DAYS or dice.random() < 0.04:
        return
    voters = dice.randint(18, 46)
    day = leader.first_day - timedelta(days=dice.randint(1, 9))
    if not any(each.covers(day) for each in offices if each.member_id == leader.member_id):
        day = leader.first_day
    row = drafts.hold(
        group, offices, ActivityKind.ELECTION, day, elected=leader.member, agenda="推选居民小组长",
        residents_expected=voters + dice.randint(2, 9), residents_came=voters,
        record="介绍候选人情况，以无记名投票方式推选居民小组长，当场公布结果。",
    )  # fmt: skip
    drafts.resolve(row, f"推选{leader.member.name}为居民小组长。", voters)


def _representatives(drafts: Drafts, group: ResidentsGroup, offices: list[Appointment], today: date) -> None:
    dice = drafts.dice
    term = next((each for each in drafts.terms if each.first_day <= today <= each.last_day), None)
    day = term.first_day + timedelta(days=dice.randint(3, 40)) if term else today
    if day >= today or dice.random() < 0.06:
        return
    voters = dice.randint(15, 40)
    row = drafts.hold(
        group, offices, ActivityKind.RECOMMENDATION, day, agenda="推荐本小组居民代表", residents_came=voters,
        record="各楼栋提名，充分讨论后举手表决，推荐产生本小组居民代表。",
    )  # fmt: skip
    if row is None:
        return
    drafts.resolve(row, "同意推荐以上人员为居民代表。", voters)
    names = [surname + given for surname in SURNAMES for given in GIVEN]
    for name in dice.sample(names, dice.choice([2, 3, 3, 4])):
        home = f"{dice.randint(1, 19)}号楼{dice.randint(1, 4)}单元{dice.randint(1, 6)}0{dice.randint(1, 2)}"
        drafts.people.append(Representative(group=group, term=term, name=name, household=home, meeting=row))


def _year_of_committee(drafts: Drafts, committee: ResidentsCommittee, offices: list[Appointment], today: date) -> None:
    dice = drafts.dice
    for day in _days(dice, today, dice.choice([4, 5, 6])):
        title, record, resolved = dice.choice(COMMITTEE_MATTERS)
        row = drafts.hold(
            committee, offices, ActivityKind.COMMITTEE, day, title=title, agenda=title, record=record,
            guests=dice.choice(GUESTS),
        )  # fmt: skip
        drafts.resolve(row, resolved, len([each for each in offices if each.covers(day)]))
