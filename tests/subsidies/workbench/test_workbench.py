"""The workbench: each post sees first what it has to do, and every line leads to where it is done."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.client import acting_from
from jygroups.lib.months import Month
from registry.models import Act, Building, ImportRun, ImportState, Member, Position, Role, Subdistrict, Task
from registry.records import audit, versions
from registry.records.todo import FEW, Urgency
from subsidies.month import sheets
from tests import factories

WORKBENCH, FINDINGS = reverse("workbench"), reverse("findings")
THIS = Month.of(timezone.localdate())


@pytest.fixture(autouse=True)
def the_standard(standard):
    return standard


def opened(client, user, page=WORKBENCH):
    client.force_login(user)
    answer = client.get(page)
    assert answer.status_code == 200
    return answer


def prepare(month=THIS):
    return sheets.prepare(month, Subdistrict.objects.all())


def texts(answer):
    return [line.text for line in answer.context["lines"]]


class TestWhatNeedsDoing:
    def test_few_things_are_reported_one_by_one_with_what_to_do(self, client, secretary, group):
        leader = factories.member(group.committee.community, account="622848000000000000")
        factories.appointment(leader, group, Position.GROUP_LEADER)
        prepare()
        month, first, second = opened(client, secretary).context["lines"]
        assert (month.urgency, month.act) == (Urgency.YOU, "去确认")
        assert (first.text, first.act) == ("福民社区第一居民小组 只有1人（应为3—5人）", "去补选")
        seat = f"{reverse('by-election', args=[group.committee.community.code])}?seat=group-{group.pk}:group_member"
        assert (first.urgency, first.url) == (Urgency.WRONG, seat)
        assert second.urgency is Urgency.YOU

    @pytest.mark.parametrize("groups", [FEW, FEW + 1])
    def test_many_things_are_reported_by_kind_and_the_count_is_that_of_the_list(self, client, clerk, community, groups):
        prepare()
        for ordinal in range(1, groups + 1):
            factories.group(community, ordinal)
        answer = opened(client, clerk)
        assert answer.context["count"] == groups
        lines = answer.context["lines"]
        assert len(lines) == (FEW if groups == FEW else 1)
        if groups > FEW:
            assert lines[0].text == f"{groups} 个小组无人任职"
            assert opened(client, clerk, lines[0].url).context["count"] == groups

    def test_every_line_leads_to_a_page_that_the_reader_may_open(self, client, secretary, clerk, community, group):
        factories.appointment(factories.member(community), group)
        factories.appointment(factories.member(community), community.committee)
        for user in (secretary, clerk):
            for line in opened(client, user).context["lines"]:
                assert client.get(line.url).status_code == 200

    @pytest.mark.parametrize("role", ["leader", "secretary"])
    def test_who_keeps_no_roster_sees_who_waits_for_whom(self, client, request, role, community, group):
        for place in range(3):
            position = Position.GROUP_MEMBER if place else Position.GROUP_LEADER
            factories.appointment(factories.member(community), group, position)
        answer = opened(client, request.getfixturevalue(role))
        waiting = Urgency.YOU if role == "secretary" else Urgency.OTHERS
        assert {line.urgency for line in answer.context["lines"] if "缺银行账号" in line.text} == {waiting}

    def test_who_sees_the_whole_city_reads_a_table_by_subdistrict_whose_counts_open_their_lists(
        self, client, civil, community, stranger
    ):
        prepare()
        for ordinal in (1, 2):
            factories.group(community, ordinal)
        factories.group(stranger)
        answer = opened(client, civil)
        assert answer.context["lines"] == []
        [row] = answer.context["matrix"]["rows"]
        assert (row["kind"].key, [count for _area, count in row["counts"]]) == ("empty", [2, 1])
        links = BeautifulSoup(answer.text, "html.parser").select(f"a[href^='{FINDINGS}?kind']")
        assert [(int(link.text), client.get(link["href"]).context["count"]) for link in links] == [(2, 2), (1, 1)]

    def test_a_groups_own_people_see_their_group_and_what_it_lacks(self, client, group):
        answer = opened(client, factories.user("someone", Role.GROUP_MEMBER, group=group))
        assert texts(answer) == ["福民社区第一居民小组 无人任职"]
        assert group.get_absolute_url() in answer.text

    @pytest.mark.parametrize(
        ("role", "meaning", "act"),
        [
            (Role.GROUP_LEADER, Urgency.YOU, "查看事项"),
            (Role.GROUP_MEMBER, Urgency.OTHERS, "查看"),
            (Role.CLERK, Urgency.YOU, "查看事项"),
        ],
    )
    def test_a_task_overdue_waits_for_who_can_do_it(self, client, community, group, role, meaning, act):
        place = {"subdistrict": community.subdistrict} if role == Role.CLERK else {"group": group}
        Task.objects.create(group=group, what="张贴通知", given_on=date(2024, 5, 1), due_on=date(2024, 5, 9))
        [line] = [
            each for each in opened(client, factories.user("x", role, **place)).context["lines"] if "张贴" in each.text
        ]
        assert (line.urgency, line.act) == (meaning, act)

    def test_imports_that_wait_are_reported_to_who_can_go_on_with_them(self, client, secretary, clerk, sibling):
        prepare()
        for state in (ImportState.LOADED, ImportState.FAILED):
            run = ImportRun.objects.create(kind="roster", name="花名册.xlsx", uploaded_by=secretary, state=state)
            run.communities.add(*secretary.reach().communities)
        elsewhere = ImportRun.objects.create(kind="roster", name="金丝雀.xlsx", uploaded_by=clerk, state="checked")
        elsewhere.communities.add(sibling)
        [line] = opened(client, secretary).context["lines"]
        assert (line.urgency, line.text) == (Urgency.YOU, "secretary导入的 花名册.xlsx：已中断")
        assert line.url == run.get_absolute_url()
        assert client.get(line.url).status_code == 200
        shown = [(line.urgency, line.url) for line in opened(client, clerk).context["lines"]]
        assert shown == [(Urgency.YOU, elsewhere.get_absolute_url()), (Urgency.OTHERS, run.get_absolute_url())]


class TestTheMonth:
    def test_a_month_that_is_not_computed_waits_for_the_clerk(self, client, clerk, leader, secretary, finance):
        shown = {
            user.username: [(line.urgency, "尚未核算" in line.text) for line in opened(client, user).context["lines"]]
            for user in (clerk, leader, secretary)
        }
        assert shown == {
            "clerk": [(Urgency.YOU, True)],
            "leader": [(Urgency.OTHERS, True)],
            "secretary": [(Urgency.OTHERS, True)],
        }

    def test_a_month_that_agrees_with_the_registry_has_no_line(self, client, clerk, community):
        factories.appointment(factories.member(community), community.committee, Position.DIRECTOR)
        prepare()
        assert not any("草稿" in text for text in texts(opened(client, clerk)))

    def test_whose_line_would_be_another_or_who_came_into_office_after_the_draft_is_counted_once(
        self, client, clerk, secretary, community, sibling, group
    ):
        people = [factories.member(community, name) for name in "甲乙丙"]
        offices = [factories.appointment(person, group) for person in people]
        prepare()
        versions.save(people[0], actor=None)  # which changes nothing of the month
        versions.save(offices[0], actor=None)
        factories.employment(people[1])
        for first_day in (date(2021, 1, 1), THIS.last_day):  # the second comes into office after the reference date
            factories.appointment(factories.member(community), group, first_day=first_day)
        factories.appointment(factories.member(sibling), sibling.committee)
        found = {
            user.username: [text for text in texts(opened(client, user)) if "草稿" in text]
            for user in (clerk, secretary)
        }
        assert [re.findall(r"(\d+) 人", text) for text in found["clerk"]] == [["3"]]
        assert [re.findall(r"(\d+) 人", text) for text in found["secretary"]] == [["2"]]
        sheet = client.get(reverse("sheet", args=[THIS, "620201001"]))
        assert sheet.context["changed"] == 2
        prepare()
        assert not any("草稿" in text for text in texts(opened(client, clerk)))

    def test_the_year_has_the_states_of_both_subdistricts_and_what_they_come_to(
        self, client, finance, community, stranger
    ):
        for place in (community, stranger):
            factories.appointment(factories.member(place), place.committee)
        january = Month(THIS.year, 1)
        prepare(january)
        rows = opened(client, finance).context["year"]["rows"]
        assert [row["subdistrict"].code for row in rows] == ["620201001", "620201002"]
        assert [[place for place, each in enumerate(row["visible"]) if each] for row in rows] == [[0], [0]]
        net = sheets.SheetLine.objects.values_list("net", flat=True)
        assert [row["net"] for row in rows] == list(net)


class TestCharts:
    @pytest.fixture
    def two_months(self, community, group):
        self.one = factories.member(community, "满年")
        before = THIS.previous.first_day
        factories.appointment(self.one, group, first_day=before.replace(year=before.year - 1) + timedelta(5))
        factories.appointment(factories.member(community, "新任"), group, first_day=before + timedelta(5))
        factories.appointment(factories.member(community, "离任"), group, last_day=before + timedelta(5))
        prepare(THIS.previous)
        prepare()

    def test_the_title_shows_by_how_much_the_month_differs_and_why(self, client, secretary, two_months):
        title = opened(client, secretary).context["chart_title"]
        gone = sheets.SheetLine.objects.get(name="离任").net
        assert f"比上月少 {gone - 250:,.0f} 元" in title
        assert f"1 人离任 −{gone:,.0f} 元" in title
        assert "1 人新任 +200 元" in title
        assert "1 人满年增长 +50 元" in title

    def test_a_secretary_is_informed_of_the_own_lines_alone(self, client, secretary, clerk, two_months, sibling):
        factories.appointment(factories.member(sibling), sibling.committee, first_day=date(2021, 1, 1))
        prepare()
        net = sheets.Sheet.objects.get(month=THIS.first_day, subdistrict__code="620201001").net
        theirs, all_of_it = (opened(client, user).context for user in (secretary, clerk))
        assert "新任 +200" in theirs["chart_title"]
        assert "新任 +200" not in all_of_it["chart_title"]
        assert all_of_it["chart"].series[0].last.value == net
        assert theirs["chart"].series[0].last.value < net

    def test_a_month_without_one_before_it_is_reported_by_its_total(self, client, clerk, community):
        factories.appointment(factories.member(community), community.committee, first_day=THIS.first_day)
        prepare()
        assert opened(client, clerk).context["chart_title"].endswith("共 200 元")

    def test_as_many_months_are_drawn_as_asked_for(self, client, finance, two_months):
        for asked, months in (("", 12), ("?months=24", 24), ("?months=999", 12)):
            chart = opened(client, finance, WORKBENCH + asked).context["chart"]
            assert len(chart.labels) == months
            assert chart.labels[-1].text == str(THIS)

    def test_a_city_without_a_month_has_no_chart(self, client, finance):
        assert opened(client, finance).context["chart"] is None

    def test_coverage_begins_with_the_community_that_lacks_most(self, client, clerk, community, sibling, group):
        Building.objects.create(community=community, name="1号楼", group=group)
        Building.objects.create(community=sibling, name="1号楼")
        answer = opened(client, clerk)
        assert [bar.label for bar in answer.context["coverage"]] == ["胜利社区", "福民社区"]
        assert answer.context["coverage_title"] == "覆盖率 50%：1 个社区还有 1 处楼院未覆盖"


class TestWhoElse:
    def test_the_last_changes_each_lead_to_their_row_and_one_act_on_many_is_one_line(
        self, client, secretary, community, group, sibling
    ):
        member = factories.member(community, "张三")
        versions.save(member, actor=secretary, reason="电话有误")
        many = [Member(community=community, name="众人", id_number=factories.id_number()) for _each in range(3)]
        for each in many:
            each.derive()
        versions.create(many, actor=secretary, reason="花名册.xlsx")
        factories.member(sibling, "金丝雀")
        changes = opened(client, secretary).context["changes"].data
        shown = [(change.what, change.subject, change.reason, change.url) for change in changes]
        assert ("修改成员", "张三", "电话有误", member.get_absolute_url()) in shown
        assert ("新增成员", "3 条", "花名册.xlsx", "") in shown
        assert not any("金丝雀" in change.subject for change in changes)
        assert all(client.get(change.url).status_code == 200 for change in changes if change.url)

    def test_a_subdistrict_reads_a_table_of_its_communities(
        self, client, leader, secretary, community, sibling, stranger
    ):
        factories.group(community)
        factories.appointment(factories.member(community), community.committee)
        prepare()
        rows = opened(client, leader).context["communities"]
        assert [(row["community"].name, row["findings"]) for row in rows] == [("福民社区", 4), ("胜利社区", 0)]
        assert rows[0]["net"] > 0
        assert opened(client, leader, f"{FINDINGS}?community={community.code}").context["count"] == 4
        assert "communities" not in opened(client, secretary).context

    def test_the_auditor_reads_the_last_acts_and_the_whole_log(self, client, auditor, finance, clerk):
        with acting_from("10.0.0.1"):
            audit.record(Act.EXPORT, "雄关街道 2026-05", user=clerk, what="list", lines=3, sha256="a" * 64)
        assert [entry.user for entry in opened(client, auditor).context["acts"].data] == [clerk]
        assert "acts" not in opened(client, finance).context
        text = opened(client, auditor, reverse("audit")).text
        for part in ("雄关街道 2026-05", "clerk", "行数 3", "aaaaaaaaaaaa…", "10.0.0.1"):
            assert part in text

    def test_the_log_is_narrowed_by_who_what_and_when(self, client, auditor, clerk):
        audit.record(Act.EXPORT, "甲", user=clerk)
        audit.record(Act.REVEAL, "乙", user=auditor)

        def subjects(query):
            page = opened(client, auditor, f"{reverse('audit')}?{query}")
            return [row.record.subject for row in page.context["table"].rows]

        today = timezone.localdate()
        assert subjects("") == ["乙", "甲"]
        assert subjects(f"user={clerk.pk}") == subjects("act=export") == subjects("subject=甲") == ["甲"]
        assert subjects(f"since={today}&until={today}") == ["乙", "甲"]
        assert subjects(f"since={today + timedelta(1):%Y%m%d}") == []

    def test_who_manages_users_is_shown_accounts_to_look_after(self, client, sysadmin, clerk, community):
        factories.user("nobody")
        post = factories.user("ending").posts.create(
            role=Role.SECRETARY, community=community, first_day=date(2020, 1, 1), last_day=timezone.localdate()
        )
        context = opened(client, sysadmin).context
        assert [user.username for user in context["without_post"]] == ["nobody"]
        assert [user.username for user in context["never_signed_in"]] == ["clerk", "ending", "nobody"]
        assert list(context["posts_ending"]) == [post]
        assert "findings" not in context

    def test_who_serves_in_a_group_reads_the_own_stipend_and_nobody_elses(self, client, community, group):
        own, other = factories.member(community, "张三"), factories.member(community, "李四")
        for member in (own, other):
            factories.appointment(member, group)
        prepare()
        user = factories.user("someone", Role.GROUP_MEMBER, group=group)
        user.member = own
        user.save()
        answer = opened(client, user)
        line = answer.context["own"]
        assert (line.name, line.net > Decimal(0)) == ("张三", True)
        assert answer.context["explanation"].summary in answer.text
        assert client.get(line.get_absolute_url()).status_code == 200
        assert client.get(reverse("line", args=[THIS, other.pk])).status_code == 404
        assert client.get(reverse("sheet", args=[THIS, "620201001"])).status_code == 403
