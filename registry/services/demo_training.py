"""Evaluations for the demo: rounds of two years, by subdistricts and committees, most of them closed."""

from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from jygroups.lib.half_years import HalfYear
from registry.models import (
    Appointment,
    Evaluation,
    EvaluationRound,
    ResidentsCommittee,
    ResidentsGroup,
    RoundState,
    Subdistrict,
    Subjects,
)
from registry.services import versions

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
EVERY_NTH = 4  # community evaluates the people of its groups itself


def add(today: date) -> None:
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
    offices = Appointment.objects.in_office(timezone.localdate()).filter(group__isnull=False)
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
