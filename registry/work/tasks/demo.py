"""A year of what committees give their groups to do, for the demo."""

import random
from datetime import date, timedelta

from registry.models import Post, ResidentsGroup, Role, Task
from registry.records import versions

# What is to be done, in the month in which it is given; and what came of it.
WORK = {
    1: [("逐户告知春节期间烟花爆竹禁限放规定", "已逐户告知并张贴公告，签收回执交社区")],
    2: [("摸排独居、高龄老人春节期间生活情况", "走访完毕，名单及需求已报社区")],
    3: [("组织楼栋积存杂物集中清理", "清理楼道杂物，已拍照留存"), ("发放城乡居民医保参保宣传单", "宣传单全部发放到户")],
    4: [("排查楼顶、阳台高空坠物隐患", "排查完毕，发现的隐患已上报并督促整改")],
    5: [("核对辖区育龄妇女及新生儿信息", "信息核对完毕，变动已报社区")],
    6: [("配合做好汛期地下室、低洼处排查", "已排查，沙袋存放点已告知居民")],
    7: [("组织居民参加社区消防演练", "按要求组织居民参加"), ("登记暑期返乡学生参加社区实践", "名单已报社区")],
    8: [("征求居民对电动车充电桩选址的意见", "意见已汇总上报，多数居民同意")],
    9: [("开展居民公约宣讲入户", "已入户宣讲，发放公约文本")],
    10: [("重阳节前走访慰问八十岁以上老人", "慰问完毕，照片已交社区")],
    11: [("供暖期入户查看室温并登记", "已登记，室温不足住户报物业处理"), ("核对常住人口信息", "核对完毕")],
    12: [("协助做好居民代表满意度测评", "测评表已全部收回")],
}


def add(today: date) -> None:
    """The twelve months before the day: mostly done in time, some late, a few still waiting."""
    chance = random.Random(20_201_124)
    groups = list(ResidentsGroup.objects.standing_on(today).select_related("committee__community").order_by("pk"))
    held = Post.objects.held_on(today).filter(role=Role.SECRETARY)
    givers = {post.community_id: post.user for post in held.select_related("user")}
    rows = []
    for back in range(12):
        first = (today.replace(day=1) - timedelta(days=30 * back)).replace(day=3)
        for what, outcome in WORK[first.month]:
            rows += [_task(group, what, outcome, first, today, givers, chance) for group in groups if first <= today]
    versions.create(rows, actor=None, reason="交办事项")


def _task(group, what, outcome, given_on, today, givers, chance) -> Task:
    due_on = given_on + timedelta(days=chance.choice([14, 20, 25]))
    late = chance.random() < 0.04
    done_on: date | None = due_on + timedelta(days=chance.randint(1, 9) if late else -chance.randint(0, 9))
    if done_on > today or (chance.random() < 0.03 and due_on > today - timedelta(days=60)):
        done_on = None
    return Task(
        group=group,
        what=what,
        given_on=given_on,
        due_on=due_on,
        done_on=done_on,
        outcome=outcome if done_on else "",
        given_by=givers.get(group.committee.community_id),
    )
