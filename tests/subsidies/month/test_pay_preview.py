"""What a change does to the stipend, shown before it is saved; and what a roster's people are paid today."""

from datetime import date

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib.months import Month
from registry.models import Appointment, EmploymentSpell, EndReason, Member, Position, Role
from registry.people.offices import services as offices
from subsidies import engine, facts
from subsidies.models import Standard
from subsidies.month import pay_preview
from tests import factories

TODAY = date(2026, 6, 20)
NEXT = date(2026, 7, 1)


@pytest.fixture(autouse=True)
def _in_june(standard):
    with time_machine.travel("2026-06-20 10:00"):
        yield


@pytest.fixture
def leading(community, group):
    return factories.appointment(factories.member(community, "李建国"), group, Position.GROUP_LEADER)


@pytest.fixture
def sitting(community, group):
    return factories.appointment(factories.member(community, "王秀英"), group, first_day=date(2023, 6, 1))


def shown(proposal, user) -> dict[str, str]:
    return {
        effect.member.name: effect.sentence
        for effect in pay_preview.of_proposal(proposal.rows, user=user, today=TODAY)
    }  # fmt: skip


def decided(member: Member, month: Month) -> engine.Decision:
    rules = Standard.objects.in_force(month).first().rules()
    return engine.decide(facts.person(member).life, month.first_day, rules)


def test_somebody_new_is_paid_from_next_month(secretary, group):
    member = Member(name="赵敏", id_number=factories.id_number())
    proposal = offices.appoint(member=member, body=group, position=Position.GROUP_MEMBER, first_day=TODAY)
    assert shown(proposal, secretary) == {"赵敏": "下月起 200.00元"}


def test_who_takes_office_later_sees_the_month(secretary, group):
    member = Member(name="赵敏", id_number=factories.id_number())
    proposal = offices.appoint(member=member, body=group, position=Position.GROUP_LEADER, first_day=date(2026, 9, 2))
    assert shown(proposal, secretary) == {"赵敏": "2026年10月起 300.00元"}


def test_who_is_employed_gets_nothing_and_why(secretary, group):
    member = Member(name="赵敏", id_number=factories.id_number())
    proposal = offices.appoint(
        member=member, body=group, position=Position.GROUP_MEMBER, first_day=TODAY,
        employment=EmploymentSpell(first_day=date(2020, 1, 1)),
    )  # fmt: skip
    assert shown(proposal, secretary) == {"赵敏": "下月起 不发放（核定日在职）"}


def test_a_change_of_leader_is_shown_for_both_and_comes_true(secretary, leading, sitting, group):
    proposal = offices.change_leader(group=group, successor=sitting, first_day=NEXT)
    assert shown(proposal, secretary) == {
        "李建国": "现 550.00元 → 下月起 450.00元（任居民小组成员）",
        "王秀英": "现 350.00元 → 下月起 450.00元（任居民小组长）",
    }
    offices.carry_out(proposal, actor=None)
    july = Month(2026, 7)
    assert (decided(leading.member, july).amount, decided(sitting.member, july).amount) == (450, 450)


@pytest.mark.parametrize("day", [date(2026, 6, 25), NEXT, date(2026, 8, 15)])
@pytest.mark.parametrize("kind", ["end", "leader", "move"])
def test_what_is_reported_is_what_is_decided_afterwards(secretary, community, leading, sitting, group, day, kind):
    proposal = {
        "end": lambda: offices.end_office(office=sitting, last_day=day, end_reason=EndReason.RESIGNATION),
        "leader": lambda: offices.change_leader(group=group, successor=sitting, first_day=day),
        "move": lambda: offices.move(office=sitting, to=factories.group(community, 2), first_day=day),
    }[kind]()
    sentence = shown(proposal, secretary)["王秀英"]
    before = {month: decided(sitting.member, month) for month in (Month(2026, number) for number in range(6, 13))}
    offices.carry_out(proposal, actor=None)
    for month, was in before.items():
        will = decided(sitting.member, month)
        if (was.outcome, was.amount) != (will.outcome, will.amount):
            expected = f"{will.amount:.2f}" if will.outcome is engine.Outcome.PAID else "不发放"
            assert expected in sentence
            break
    else:
        assert sentence.startswith("不变")


def test_a_change_after_another_standard_is_not_reported_from_now(secretary, leading, sitting, group):
    factories.standard(Month(2026, 9), {Position.GROUP_LEADER: 900, Position.GROUP_MEMBER: 700}, increment=0)
    proposal = offices.end_office(office=sitting, last_day=date(2026, 10, 5), end_reason=EndReason.RESIGNATION)
    assert shown(proposal, secretary) == {"王秀英": "2026年11月起 不发放，不变动则为 700.00元（已离任）"}


def test_the_months_gone_by_are_reported_too(secretary, sitting):
    sitting.first_day = date(2022, 6, 1)
    [effect] = pay_preview.of_proposal(offices.correct(office=sitting, reason="笔误").rows, user=secretary, today=TODAY)
    assert effect.sentence == "现 350.00元 → 本月起 400.00元（满3年 → 满4年）"
    # 12 months of office that were not, then 50 more a month, from June 2022 to May 2026.
    assert effect.past == "另涉及以前48个月，合计 +4,200.00元。"


def test_an_end_that_leaves_a_lower_office_is_reported_by_that_one(secretary, community, leading):
    factories.appointment(leading.member, community.committee)
    proposal = offices.end_office(office=leading, last_day=TODAY, end_reason=EndReason.RESIGNATION)
    assert shown(proposal, secretary) == {"李建国": "现 550.00元 → 下月起 450.00元（任居民委员会成员）"}


def test_what_another_community_pays_is_not_reported(secretary, sibling, sitting):
    factories.appointment(sitting.member, sibling.committee, Position.DEPUTY_DIRECTOR)
    proposal = offices.end_office(office=sitting, last_day=TODAY, end_reason=EndReason.RESIGNATION)
    [sentence] = shown(proposal, secretary).values()
    assert not any(digit in sentence for digit in "0123456789")


# The pages


def preview(client, act, target, **data) -> str:
    answer = client.post(reverse("stipend-preview", args=[act, target.pk]), data)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser").text


def test_the_preview_needs_no_name_yet_and_saves_nothing(client, secretary, group):
    client.force_login(secretary)
    sent = {"id_number": factories.id_number(), "position": "group_member", "first_day": "2026-06-20"}
    assert "下月起 200.00元" in preview(client, "group-appoint", group, **sent)
    assert not Member.objects.exists()


def test_the_preview_needs_no_reason_yet(client, secretary, sitting):
    client.force_login(secretary)
    assert "不发放（已离任）" in preview(client, "office-end", sitting, last_day="2026-06-20")
    assert preview(client, "office-end", sitting, last_day="") == ""
    assert Appointment.objects.get().last_day is None


def test_the_preview_shows_nothing_of_people_out_of_sight(client, secretary, sibling, group):
    elsewhere = factories.appointment(factories.member(sibling, "金丝雀"), sibling.committee)
    client.force_login(secretary)
    sent = {"id_number": elsewhere.member.id_number, "position": "group_member", "first_day": "2026-06-20"}
    assert preview(client, "group-appoint", group, **sent) == ""
    answer = client.post(reverse("stipend-preview", args=["office-end", elsewhere.pk]), {"last_day": "2026-06-20"})
    assert answer.status_code == 404


@pytest.mark.parametrize("role", ["leader", "finance", "civil", "auditor", "sysadmin"])
def test_the_preview_is_for_who_may_do_the_act(client, request, sitting, role):
    client.force_login(request.getfixturevalue(role))
    assert client.post(reverse("stipend-preview", args=["office-end", sitting.pk])).status_code == 403


def test_no_preview_of_an_act_that_is_none(client, secretary, sitting):
    client.force_login(secretary)
    assert client.post(reverse("stipend-preview", args=["office-praise", sitting.pk])).status_code == 404


def stipends(client, group) -> dict[str, str]:
    page = BeautifulSoup(client.get(reverse("group-stipends", args=[group.pk])).text, "html.parser")
    return {span["id"]: " ".join(span.text.split()) for span in page.select("span[id]")}


def test_a_roster_shows_years_and_amount_as_decided_today(client, secretary, community, leading, sitting, group):
    factories.employment(sitting.member)
    soon = factories.appointment(factories.member(community), group, first_day=date(2026, 6, 25))
    client.force_login(secretary)
    shown = stipends(client, group)
    assert shown[f"years-{leading.pk}"] == "5"
    assert shown[f"stipend-{leading.pk}"].startswith("550.00")
    assert shown[f"stipend-{sitting.pk}"].startswith("– 在职")
    assert shown[f"stipend-{soon.pk}"].startswith("下月 200.00")


def test_a_roster_shows_no_amount_that_another_community_pays(client, secretary, clerk, sibling, sitting, group):
    factories.appointment(sitting.member, sibling.committee, Position.DEPUTY_DIRECTOR)
    client.force_login(secretary)
    assert stipends(client, group)[f"stipend-{sitting.pk}"] == "由其他社区发放"
    why = client.get(reverse("stipend-now", args=[sitting.member_id])).text
    assert "500.00" not in why
    client.force_login(clerk)
    assert stipends(client, group)[f"stipend-{sitting.pk}"].startswith("750.00")
    assert "750.00" in client.get(reverse("stipend-now", args=[sitting.member_id])).text


def test_a_roster_asks_as_many_queries_for_many(client, secretary, community, sitting, group):
    client.force_login(secretary)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("group-stipends", args=[group.pk]))
        return len(queries)

    few = count()
    for _number in range(20):
        factories.appointment(factories.member(community), group)
    assert count() == few


def test_a_groups_own_people_ask_no_amounts(client, sitting, group):
    client.force_login(factories.user("leads", Role.GROUP_LEADER, group=group))
    assert client.get(reverse("group-stipends", args=[group.pk])).status_code == 403
    assert client.get(reverse("stipend-now", args=[sitting.member_id])).status_code == 403
