"""Trainings and evaluations for the demo: two terms of trainings, two years of rounds, most of them closed."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from jygroups.lib import clock
from jygroups.lib.half_years import HalfYear
from registry.models import (
    Activity,
    ActivityKind,
    Appointment,
    Attendance,
    Evaluation,
    EvaluationRound,
    ResidentsCommittee,
    ResidentsGroup,
    RoundState,
    Subdistrict,
    Subjects,
    Term,
)
from registry.records import versions
from registry.work.trainings import services

CRITERIA = [
    ["走访联系居民", 25],
    ["会议、学习和小结会", 20],
    ["隐患和民情信息报告", 20],
    ["协助调解纠纷", 15],
    ["环境卫生和物业监督", 10],
    ["完成居委会交办任务", 10],
]
OF_COMMITTEES = [["组织领导居民小组", 40], ["会议和培训组织", 30], ["居民意见办理", 30]]
# Remarks by how good the work was, the best first.
REMARKS = [
    [
        "走访记录完整，居民反映好。",
        "主动排查隐患，报告及时。",
        "小组会议正常，小结会质量高。",
        "调解邻里纠纷成效明显，可推广。",
    ],
    ["工作扎实，走访台账可再细化。", "完成任务较好，学习记录需补全。", "信息报告及时，小结会材料偏简单。", ""],
    ["走访覆盖不够，重点户要勤走。", "小结会召开较晚，请按半年安排。", "信息报告偏少，请加强巡查。", ""],
    ["半年未开小结会，走访记录缺失，限期整改。", "组长长期外出，日常工作无人牵头，请尽快调整。"],
]
# Days before today on which each subdistrict trained, the last of them to come; subject, hours, place, lecturer.
TRAINED = {
    "620201001": [1610, 930, 250, 62],
    "620201002": [1540, 880, 215, -16],
}
SUBJECTS = [
    ("居民小组工作职责和走访记录规范", 4, "街道党群服务中心三楼会议室", "市委党校 李老师"),
    ("矛盾纠纷排查调解实务", 3, "街道综治中心", "市司法局 王科长"),
    ("新一届居民小组任职培训", 6, "市民政局培训中心", "市民政局基层政权科"),
    ("《城市居民委员会组织法》修订要点和小结会组织", 3, "街道党群服务中心三楼会议室", "市民政局基层政权科"),
]
OWN_SUBJECT = ("入户走访和信息报告要求", 2, "社区会议室", "社区书记")
EXCUSES = ["住院", "外出", "家中有事", "照看孙辈"]
EVERY_NTH = 4  # community evaluates the people of its groups itself


def add(today: date) -> None:
    _train(today)
    chance = Random(5)
    half_year = HalfYear.of(today)
    past = [half_year.previous.previous, half_year.previous]
    subdistricts = list(Subdistrict.objects.order_by("code"))
    rounds = [
        _round(each, Subjects.GROUPS, f"{half}居民小组工作评议", half.first_day, half.last_day, closed=True)
        for each in subdistricts
        for half in past
    ]
    year = date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)
    rounds += [
        _round(each, Subjects.COMMITTEES, f"{year[0].year}年度居民委员会工作评议", *year, closed=True)
        for each in subdistricts
    ]
    # The half-year under way: one subdistrict is giving points, one has yet to begin.
    name = f"{half_year}居民小组工作评议"
    rounds.append(_round(subdistricts[0], Subjects.GROUPS, name, half_year.first_day, half_year.last_day))
    for place, committee in enumerate(ResidentsCommittee.objects.order_by("community__code")):
        if place % EVERY_NTH == 0:
            half = half_year.previous
            name = f"{half}居民小组成员评议"
            rounds.append(
                _round(committee, Subjects.MEMBERS, name, half.first_day, half.last_day, closed=place % 8 == 0)
            )
    for each in rounds:
        each.full_clean()
    versions.create(rounds, actor=None, reason="demo")
    versions.create(_lines(chance), actor=None, reason="demo")


def _train(today: date) -> None:
    """What subdistricts and some committees held; most people came, a few never do."""
    chance = Random(6)
    terms = list(Term.objects.all())
    held = []
    for subdistrict in Subdistrict.objects.filter(code__in=TRAINED):
        for before, subject in zip(TRAINED[subdistrict.code], SUBJECTS, strict=True):
            held.append(_training(subject, today - timedelta(days=before), terms, subdistrict=subdistrict))
    for place, committee in enumerate(ResidentsCommittee.objects.order_by("community__code")):
        if place % EVERY_NTH < 2:
            day = today - timedelta(days=100 + 3 * place)
            held.append(_training(OWN_SUBJECT, day, terms, committee=committee))
    versions.create(held, actor=None, reason="demo")
    groups = list(ResidentsGroup.objects.select_related("committee__community"))
    rows: list[Attendance] = []
    for training in Activity.objects.filter(kind=ActivityKind.TRAINING):
        invited = [
            group
            for group in groups
            if training.committee_id == group.committee_id
            or training.subdistrict_id == group.committee.community.subdistrict_id
        ]
        training.groups_invited.set(invited)
        training.committees_invited.set({group.committee_id for group in invited})
        rows += services.expected(training)
    _sign_in(rows, today, chance)
    versions.create(rows, actor=None, reason="demo")


def _training(subject: tuple, day: date, terms: Iterable[Term], **organiser) -> Activity:
    title, hours, place, chair = subject
    term = next((term for term in terms if term.first_day <= day <= term.last_day), None)
    return Activity(
        kind=ActivityKind.TRAINING, title=title, day=day, hours=hours, place=place, chair=chair, begins_at=time(9),
        term=term, **organiser,
    )  # fmt: skip


def _sign_in(rows: list[Attendance], today: date, chance: Random) -> None:
    away = {member for member in sorted({row.member_id for row in rows}) if chance.random() < 0.03}
    for row in rows:
        if row.activity.day > today:
            continue
        row.came = row.member_id not in away and chance.random() < 0.9
        if not row.came and chance.random() < 0.5:
            row.excuse = chance.choice(EXCUSES)


def _round(organiser, subjects: str, name: str, first_day: date, last_day: date, *, closed: bool = False):
    field = "subdistrict" if isinstance(organiser, Subdistrict) else "committee"
    closed_at = timezone.make_aware(datetime.combine(last_day + timedelta(days=12), time(16, 20)))
    state = {"state": RoundState.CLOSED, "closed_at": closed_at} if closed else {}
    return EvaluationRound(
        **{field: organiser}, subjects=subjects, name=name, first_day=first_day, last_day=last_day,
        criteria=OF_COMMITTEES if subjects == Subjects.COMMITTEES else CRITERIA, **state,
    )  # fmt: skip


def _lines(chance: Random) -> list[Evaluation]:
    groups = list(ResidentsGroup.objects.select_related("committee__community"))
    committees = list(ResidentsCommittee.objects.select_related("community"))
    offices = Appointment.objects.in_office(clock.today()).filter(group__isnull=False)
    people = list(offices.order_by("pk").values_list("committee", "group", "member").distinct())
    # How good each group's people are at it does not change from day to day.
    ability = {group.pk: chance.gauss(84, 7) for group in groups}
    found = []
    for each in EvaluationRound.objects.order_by("pk"):
        rows: list[tuple] = [
            (group.committee_id, group.pk, None)
            for group in groups
            if each.subjects == Subjects.GROUPS and group.committee.community.subdistrict_id == each.subdistrict_id
        ]
        rows += [
            (committee.pk, None, None)
            for committee in committees
            if each.subjects == Subjects.COMMITTEES and committee.community.subdistrict_id == each.subdistrict_id
        ]
        if each.subjects == Subjects.MEMBERS:
            rows += [row for row in people if row[0] == each.committee_id]
        for place, (committee, group, member) in enumerate(rows):
            line = Evaluation(round=each, committee_id=committee, group_id=group, member_id=member)
            if each.is_closed or place < len(rows) * 0.4:
                _give(line, ability.get(group, 85.0), chance)
            found.append(line)
    return found


def _give(line: Evaluation, ability: float, chance: Random) -> None:
    line.scores = {name: max(35, min(100, round(chance.gauss(ability, 4)))) for name, _weight in line.round.criteria}
    line.work_out()
    best_first = next(place for place, (grade, _lowest) in enumerate(line.round.bands) if grade == line.grade)
    line.remarks = chance.choice(REMARKS[best_first])
