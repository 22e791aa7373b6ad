"""The demo: fictional people in the real areas, and one login per role."""

import csv
from collections.abc import Iterator
from datetime import date
from itertools import chain, count, cycle, islice

from django.contrib.auth.hashers import make_password
from django.db import transaction
from stdnum import luhn
from stdnum.iso7064 import mod_11_2

from jygroups.lib import clock
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.demo import life as demo_life
from registry.documents import demo as demo_documents
from registry.imports import groups as group_files
from registry.imports import roster_files as rosters
from registry.models import Community, Member, Outcome, Post, Role, Subdistrict, Term, User
from registry.people.areas import services as areas
from registry.plans import demo as demo_plans
from registry.terms.reelections import queries as elections
from registry.terms.reelections import services as reelection
from registry.terms.reelections.places import Office
from registry.work.meetings import demo as demo_meetings
from registry.work.reports import demo as demo_reports
from registry.work.tasks import demo as demo_tasks
from registry.work.trainings import demo as demo_training
from registry.work.visits import demo as demo_visits

PASSWORD = "jygroups-demo"
SINCE = date(2021, 1, 1)
REELECTS = "德惠社区"
FICTIONAL = "620299"  # a county code that was never given out
# Username, name, role, and the code of the area that goes with it.
LOGINS = [
    ("sysadmin", "系统管理员", Role.SYSTEM_ADMINISTRATOR, None),
    ("civil", "民政局", Role.CIVIL_AFFAIRS, None),
    ("finance", "财政局甲", Role.FINANCE, None),
    ("finance2", "财政局乙", Role.FINANCE, None),
    ("auditor", "审计", Role.AUDITOR, None),
    ("clerk.xiongguan", "雄关街道经办", Role.CLERK, "620201001"),
    ("leader.xiongguan", "雄关街道审核", Role.LEADER, "620201001"),
    ("clerk.gangcheng", "钢城街道经办", Role.CLERK, "620201002"),
    ("leader.gangcheng", "钢城街道审核", Role.LEADER, "620201002"),
    ("secretary.fumin", "福民社区书记", Role.SECRETARY, "620201001001"),
    ("secretary.dazhong", "大众社区书记", Role.SECRETARY, "620201002001"),
]
USERNAMES = [username for username, *_rest in [*LOGINS, *demo_life.GROUP_LOGINS]]
# The many who follow the fixture's people take offices of which there may be several.
FOLLOWS = {
    "居委会主任": "居民委员会成员",
    "居委会副主任": "居民委员会成员",
    "居务监督委员会主任": "居民委员会成员",
    "居民小组长": "居民小组成员",
}


class OtherPeople(Exception):
    """The database holds people who are not the demo's."""


@transaction.atomic
def load(members: int | None = None, *, work: bool = True) -> None:
    """Add the demo's buildings, people and logins; once there, they stay as they are. Raises OtherPeople.

    With the fixture's own people also what they did in the last year, if `work`, which takes as long again.
    """
    roster = roster_table(members)
    there = [member.id_number for member in Member.objects.only("id_number", "row_key").iterator()]
    if any(not number.startswith(FICTIONAL) for number in there):
        raise OtherPeople
    if there:
        return
    groups = group_files.load_groups(_table("demo_groups.csv"), name="demo_groups.csv")
    loaded = rosters.load_roster(roster, name="demo_roster.csv")
    for problem in [*groups.problems, *loaded.problems]:
        raise ValueError(f"the demo's own file is refused: {problem}")
    _add_logins()
    _prepare_reelection()
    if members is None:
        demo_life.add_twice_registered()
        demo_life.add_party_secretaries()
        demo_life.add_papers(actor=User.objects.get(username="secretary.fumin"))
    if members is None and work:
        for part in (demo_tasks, demo_plans, demo_visits, demo_training, demo_meetings, demo_reports, demo_documents):
            part.add(clock.today())


def roster_table(members: int | None = None) -> FileTable:
    """The fixture's roster, cut or carried on to a number of people."""
    table = _table("demo_roster.csv")
    if members is None:
        return table
    header, *rows = table.rows
    by_number: dict[str, list[list[str]]] = {}
    for row in rows:
        by_number.setdefault(row[header.index("身份证号")], []).append(row)
    people = list(by_number.values())
    wanted = islice(chain(people, _followers(header, people)), members)
    return FileTable.of([header, *(row for rows in wanted for row in rows)])


def _followers(header: list[str], people: list[list[list[str]]]) -> Iterator[list[list[str]]]:
    """People without end: the offices of one of the fixture's, another's given name, numbers of their own."""
    name, number, account, position = (header.index(title) for title in ("姓名", "身份证号", "银行账号", "职务"))
    taken = {rows[0][number][:17] for rows in people}
    for serial, rows in enumerate(cycle(people), 1):
        other = people[serial * 7 % len(people)][0][name]
        first_17 = next(
            candidate for order in count(1) if (candidate := f"{rows[0][number][:14]}{order:03}") not in taken
        )
        taken.add(first_17)
        card = f"622848{serial:012}"
        follower = [list(row) for row in rows]
        for row in follower:
            row[name] = row[name][0] + other[1:3]
            row[number] = first_17 + mod_11_2.calc_check_digit(first_17)
            row[account] = card + luhn.calc_check_digit(card)
            row[position] = FOLLOWS.get(row[position], row[position])
        yield follower


def _table(name: str) -> FileTable:
    with (areas.FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return FileTable.of(list(csv.reader(file)))


def _prepare_reelection() -> None:
    """One community has yet to pass into the second term, and has begun to prepare it."""
    term = Term.objects.get(ordinal=2)
    community = Community.objects.select_related("subdistrict", "committee").get(name=REELECTS)
    plan = elections.plan(community, term)
    if plan.election or not plan.open_bodies:
        return
    first = next(body for body in plan.bodies if body.group)
    leaves = first.staying[-1].held
    reelection.save_draft(
        community=community,
        term=term,
        seen=0,
        first_day=term.first_day,
        basis="",
        choices={leaves.pk: (Outcome.GO, Office.GROUP_MEMBER)},  # type: ignore[union-attr]
        newcomers=[
            reelection.Newcomer(Office.GROUP_MEMBER, first.group, name="马小燕", id_number="62029919850618042X")
        ],
        actor=None,
    )


def _add_logins() -> None:
    password = make_password(PASSWORD)
    for username, name, role, code in LOGINS:
        user, _ = User.objects.get_or_create(username=username, defaults={"name": name, "password": password})
        area = {}
        if code:
            model, field = (Subdistrict, "subdistrict") if len(code) == 9 else (Community, "community")
            area = {field: model.objects.get(code=code)}
        Post.objects.get_or_create(user=user, role=role, **area, defaults={"first_day": SINCE})
    demo_life.add_group_logins(password)
