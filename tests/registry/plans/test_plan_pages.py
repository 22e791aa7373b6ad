"""The pages of adjustment plans: drafting on one page, who may act, what stays on the form after errors."""

import pytest
from django.urls import reverse

from registry.models import Building, GroupPlan, PlanState, Position, User
from registry.plans import services as plans
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(community, clerk) -> GroupPlan:
    """A draft over two groups of three, each with two buildings."""
    for ordinal in (1, 2):
        group = factories.group(community, ordinal)
        for number in (1, 2):
            Building.objects.create(community=community, name=f"{ordinal}-{number}号楼", group=group, households=50)
            person = factories.member(community, f"{ordinal}组{number}")
            factories.appointment(person, group, Position.GROUP_LEADER if number == 1 else None)
        factories.appointment(factories.member(community, f"{ordinal}组丙"), group)
    return plans.begin(community=community, actor=clerk)


def page(client, user, plan):
    client.force_login(user)
    return client.get(reverse("plan-edit", args=[plan.pk]))


def sent(page, **changes) -> dict:
    """What the page's form would send, with some of it changed."""
    forms = page.context["form"], page.context["draft"]
    data = {each.html_name: each.value() for form in forms for each in form}
    return {name: value for name, value in data.items() if value not in (None, False)} | changes


def save(client, plan, data):
    return client.post(reverse("plan-edit", args=[plan.pk]), data)


def test_everything_is_drafted_on_one_page(client, plan, clerk):
    first, second = plan.items.all()
    building = Building.objects.get(name="1-2号楼")
    office = first.group.appointments.get(member__name="1组丙")
    data = sent(
        page(client, clerk, plan), grounds="便于管理",
        **{f"building-{building.pk}": second.pk, f"office-{office.pk}-group": second.pk,
           f"group-{second.pk}-name": "幸福居民小组"},
    )  # fmt: skip
    assert save(client, plan, data).status_code == 302
    shown = page(client, clerk, plan).content.decode()
    assert "1-2号楼由第一居民小组划归幸福居民小组" in shown
    assert "第二居民小组更名为幸福居民小组" in shown


def test_the_picture_follows_what_is_chosen_and_nothing_is_saved(client, plan, clerk):
    building = Building.objects.get(name="1-2号楼")
    data = sent(page(client, clerk, plan), **{f"building-{building.pk}": plan.items.last().pk})
    shown = client.post(reverse("plan-edit", args=[plan.pk]) + "?preview=1", data).content.decode()
    assert "1-2号楼由第一居民小组划归第二居民小组" in shown
    assert "<form" not in shown
    assert not plan.buildings.exists()
    assert GroupPlan.objects.get().version == plan.version


def test_a_merger_without_its_groups_is_refused_and_what_was_typed_stays(client, plan, clerk):
    answer = save(client, plan, sent(page(client, clerk, plan), grounds="写到一半", act="merge"))
    assert answer.status_code == 422
    assert set(answer.context["draft"].errors) == {"merge_from", "merge_into"}
    assert "写到一半" in answer.content.decode()


def test_who_saves_second_is_informed_and_keeps_what_was_typed(client, plan, clerk):
    data = sent(page(client, clerk, plan))
    building = Building.objects.get(name="1-2号楼")
    plans.save(plan=plan, seen=plan.version, choices=plans.Choices(), actor=None)
    data[f"building-{building.pk}"] = plan.items.last().pk
    answer = save(client, plan, data)
    assert answer.status_code == 409
    assert not plan.buildings.exists()
    assert answer.context["draft"][f"building-{building.pk}"].value() == str(plan.items.last().pk)
    assert save(client, plan, sent(answer)).status_code == 302  # looked at, and meant all the same
    assert plan.buildings.exists()


def test_submitting_shows_all_that_stands_in_the_way(client, plan, leader):
    client.force_login(leader)
    address = reverse("plan-submit", args=[plan.pk])
    assert len(client.get(address).context["problems"]) == 2  # reported before it is tried
    answer = client.post(address, {"seen": plan.version})
    assert answer.status_code == 422
    assert len(answer.context["problems"]) == 2  # nothing changes, and no grounds


def test_each_is_offered_his_own_step(client, plan, clerk, leader, civil):
    offered = {
        "clerk": ["may_edit"], "leader": ["may_submit"], "civil": [],
    }  # fmt: skip
    for username, acts in offered.items():
        client.force_login(User.objects.get(username=username))
        context = client.get(plan.get_absolute_url()).context
        found = [name for name in ("may_edit", "may_submit", "may_take_back", "may_decide") if context[name]]
        assert found == acts
        assert ("完成后由街道审核上报" in client.get(plan.get_absolute_url()).text) is (acts == ["may_edit"])
    GroupPlan.objects.update(state=PlanState.SUBMITTED)
    client.force_login(civil)
    assert client.get(plan.get_absolute_url()).context["may_decide"]


def test_who_drafts_no_plan_reads_who_does(client, secretary, clerk):
    for user, is_shown in ((secretary, True), (clerk, False)):
        client.force_login(user)
        assert ("方案由街道经办" in client.get(reverse("plans")).text) is is_shown


def test_a_rejection_needs_its_reason(client, plan, civil):
    GroupPlan.objects.update(state=PlanState.SUBMITTED)
    client.force_login(civil)
    address, data = reverse("plan-decide", args=[plan.pk]), {"seen": plan.version, "outcome": "reject"}
    assert "comment" in client.post(address, data).context["form"].errors
    client.post(address, data | {"comment": "请补充理由"})
    assert GroupPlan.objects.get().state == PlanState.REJECTED
