"""The steps of a sheet by its pages: who takes the next one, what is missing, each a page and one POST."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from jygroups.lib import constraints
from jygroups.lib.months import Month
from registry.models import Position, Role
from subsidies.models import Confirmation, Hold, Sheet, SheetEvent, SheetLine, State, Step
from subsidies.month import sheets, workflow
from tests import factories

MONTH = Month(2026, 10)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def sheet(community, sibling, group):
    """550 yuan for a leader of the secretary's community, 450 for somebody of another."""
    factories.appointment(
        factories.member(community, "李建荣", account="622848000000000001"), group, Position.GROUP_LEADER
    )
    factories.appointment(factories.member(sibling, "金丝雀", account="622848000000000002"), factories.group(sibling))
    return sheets.prepare(MONTH, [community.subdistrict])[0]


@pytest.fixture
def confirmed(sheet, community, sibling, clerk):
    for place in (community, sibling):
        workflow.confirm(sheet=sheet, community=place, actor=clerk)
    return sheet


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        session = client.session
        session["confirmed_at"] = 4_000_000_000  # the password was typed just now
        session.save()
        return client

    return sign_in


def step_url(sheet, step):
    return reverse(f"sheet-{step}", args=[MONTH, sheet.subdistrict.code])


def confirm_url(community):
    return reverse("community-confirm", args=[MONTH, community.code])


# A community confirms ----------------------------------------------------------------------------------------


def test_a_secretary_is_informed_how_many_people_and_yuan_and_confirms_the_own_community(
    as_user, secretary, sheet, community
):
    client = as_user(secretary)
    assert confirm_url(community) in client.get(sheet.get_absolute_url()).text
    page = client.get(confirm_url(community)).text
    assert "1人，550.00元" in page
    assert "450.00" not in page
    answer = client.post(confirm_url(community), follow=True)
    assert "已确认2026年10月名单" in answer.text
    assert [row.community for row in Confirmation.objects.all()] == [community]
    assert confirm_url(community) not in answer.text


def test_a_secretary_does_not_confirm_for_another_community(as_user, secretary, sheet, sibling, stranger):
    for place in (sibling, stranger):
        assert as_user(secretary).post(confirm_url(place)).status_code == 404
    assert Confirmation.objects.count() == 0


def test_a_clerk_confirms_for_a_community_of_the_own_subdistrict_alone(as_user, clerk, sheet, community, stranger):
    client = as_user(clerk)
    assert confirm_url(community) in client.get(sheet.get_absolute_url()).text
    client.post(confirm_url(community))
    assert Confirmation.objects.get().by == clerk
    assert client.post(confirm_url(stranger)).status_code == 404


@pytest.mark.parametrize("role", ["leader", "finance", "civil", "auditor"])
def test_nobody_else_confirms(as_user, request, sheet, community, role):
    assert as_user(request.getfixturevalue(role)).post(confirm_url(community)).status_code == 403


def test_a_clerk_who_is_leader_elsewhere_sees_but_does_not_confirm_there(as_user, sheet, community, stranger):
    user = factories.user("both", Role.CLERK, subdistrict=stranger.subdistrict)
    user.posts.create(role=Role.LEADER, subdistrict=community.subdistrict, first_day=date(2020, 1, 1))
    assert as_user(user).post(confirm_url(community)).status_code == 403


def test_confirming_twice_has_one_effect_and_two_kind_answers(as_user, secretary, sheet, community):
    for _time in range(2):
        assert "已确认2026年10月名单" in as_user(secretary).post(confirm_url(community), follow=True).text
    assert Confirmation.objects.count() == 1


def test_outdated_lines_are_not_confirmed_and_the_page_shows_who_changed_what(
    as_user, secretary, clerk, sheet, community, group
):
    newcomer = factories.member(community, "新来者", account="622848000000000009")
    row = factories.appointment(newcomer, group)
    constraints.remove_triggers()
    type(row).history.filter(id=row.pk).update(history_user=secretary, history_change_reason="补选")
    assert "重新核算" in (client := as_user(secretary)).get(confirm_url(community)).text
    assert "重新核算" in client.post(confirm_url(community), follow=True).text
    shown = client.get(reverse("sheet-outdated", args=[MONTH, sheet.subdistrict.code])).text
    for words in ("新来者", "无明细", "居民小组成员，450.00元", "secretary", "补选"):
        assert words in shown


def test_what_changed_in_another_community_is_not_reported_to_a_secretary(as_user, secretary, leader, sheet, sibling):
    factories.appointment(factories.member(sibling, "新雀"), sibling.committee)
    url = reverse("sheet-outdated", args=[MONTH, sheet.subdistrict.code])
    assert "新雀" in as_user(leader).get(url).text
    assert "新雀" not in as_user(secretary).get(url).text


# The steps of the whole sheet --------------------------------------------------------------------------------


def test_what_is_missing_is_named_and_nothing_is_submitted_before(as_user, clerk, sheet, community):
    client = as_user(clerk)
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    answer = client.get(sheet.get_absolute_url())
    assert answer.context["flow"].missing == ["胜利社区"]
    assert '社区确认 <span class="digits">1/2</span>' in answer.text
    assert step_url(sheet, "submit") not in answer.text
    answer = client.post(step_url(sheet, "submit"), follow=True)
    assert "胜利社区" in str(next(iter(answer.context["messages"])))
    assert Sheet.objects.get(pk=sheet.pk).state == State.DRAFT


def test_what_blocks_is_listed_with_a_link_to_where_it_is_corrected(as_user, clerk, leader, sheet, community, sibling):
    one, two = (line.member for line in sheet.lines.order_by("ordinal"))
    one.account = two.account
    one.save()
    nobody = factories.member(community, "无账号")
    factories.appointment(nobody, community.committee)
    sheets.prepare(MONTH, [community.subdistrict])
    text = as_user(clerk).get(sheet.get_absolute_url()).text
    assert "缺银行账号" in text
    assert "多人共用一个银行账号" in text
    for member in (one, two, nobody):
        assert reverse("member-edit", args=[member.pk]) in text
    text = as_user(leader).get(sheet.get_absolute_url()).text  # reads it, and may edit no roster
    assert nobody.get_absolute_url() in text
    assert reverse("member-edit", args=[nobody.pk]) not in text


def test_the_clerk_reads_what_stands_in_the_way_and_not_to_wait_for_others(
    as_user, sheet, community, sibling, clerk, leader
):
    SheetLine.objects.filter(name="李建荣").update(account="")
    for place in (community, sibling):
        workflow.confirm(sheet=sheet, community=place, actor=clerk)
    panel = BeautifulSoup(as_user(clerk).get(sheet.get_absolute_url()).text, "html.parser").select_one(".next")
    assert "待您处理" in panel.text
    assert "待他人处理" not in panel.text
    assert "缺银行账号 (1)" in " ".join(panel.text.split())
    assert panel.select_one('a[href="#blocking"]')
    panel = BeautifulSoup(as_user(leader).get(sheet.get_absolute_url()).text, "html.parser").select_one(".next")
    assert "待他人处理" in panel.text


def test_a_line_without_id_number_and_one_person_on_two_sheets_stand_in_the_way(as_user, clerk, sheet, stranger):
    one, two = sheet.lines.order_by("ordinal")
    elsewhere = factories.member(stranger, "异地者")
    factories.appointment(elsewhere, stranger.committee)
    sheets.prepare(MONTH, [stranger.subdistrict])
    other = SheetLine.objects.get(member=elsewhere)
    one.id_number, other.id_number = "", two.id_number
    for line in (one, other):
        line.save()
    answer = as_user(clerk).get(sheet.get_absolute_url())
    shown = {kind.value: [line.name for line, _url in lines] for kind, lines in answer.context["blocking"]}
    assert shown == {"no_id_number": [one.name], "twice": [two.name]}
    assert "异地者" not in answer.text


def test_a_hold_and_a_decided_correction_make_a_draft_out_of_date(as_user, clerk, sheet):
    line = sheet.lines.first()
    assert not as_user(clerk).get(sheet.get_absolute_url()).context["changed"]
    Hold.objects.create(member=line.member, first_month=MONTH.first_day, reason="核查", by=clerk)
    assert as_user(clerk).get(sheet.get_absolute_url()).context["changed"] == 1
    assert "重新核算" in as_user(clerk).get(step_url(sheet, "submit")).text


def test_a_secretary_is_informed_what_blocks_of_the_own_people_alone(as_user, secretary, sheet, sibling, community):
    for place in (community, sibling):
        factories.appointment(factories.member(place, f"{place.name}无账号"), place.committee)
    sheets.prepare(MONTH, [community.subdistrict])
    text = as_user(secretary).get(sheet.get_absolute_url()).text
    assert "福民社区无账号" in text
    assert "胜利社区无账号" not in text


def test_a_sheet_goes_its_way_through_the_pages(as_user, confirmed, clerk, leader, finance):
    sheet, url = confirmed, confirmed.get_absolute_url()
    for user, step, after in (
        (clerk, "submit", State.SUBMITTED),
        (leader, "endorse", State.ENDORSED),
        (finance, "approve", State.APPROVED),
    ):
        client = as_user(user)
        answer = client.get(url)
        assert [name for name, _url in answer.context["steps"]][0] == step
        page = client.get(step_url(sheet, step)).text
        assert "1,000.00" in page
        answer = client.post(step_url(sheet, step), {"comment": f"{step}意见"}, follow=True)
        assert Sheet.objects.get(pk=sheet.pk).state == after
        assert user.name in answer.text
    events = client.get(reverse("sheet-events", args=[MONTH, sheet.subdistrict.code])).text
    for words in ("submit意见", "endorse意见", "approve意见", "草稿 → 已提交"):
        assert words in events
    text = client.get(url).text
    assert Sheet.objects.get().seal[:12] in text
    assert Sheet.objects.get().seal not in text


def test_approving_shows_in_numbers_what_will_happen_and_asks_for_the_password(as_user, confirmed, finance, client):
    factories.brought_to(confirmed, "endorsed")
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 0
    session.save()
    for method in (client.get, client.post):
        answer = method(step_url(confirmed, "approve"))
        assert answer["Location"].startswith(reverse("confirm-password"))
    assert Sheet.objects.get(pk=confirmed.pk).state == State.ENDORSED
    page = as_user(finance).get(step_url(confirmed, "approve")).text
    assert "将向2人发放补贴，共1,000.00元" in page
    assert "审批也不能撤回" in page


def test_a_return_needs_a_comment_which_the_clerk_reads_until_it_is_submitted_again(
    as_user, confirmed, clerk, leader, secretary
):
    workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    client = as_user(leader)
    answer = client.post(step_url(confirmed, "return"), {"comment": " "})
    assert answer.status_code == 422
    assert Sheet.objects.get(pk=confirmed.pk).state == State.SUBMITTED
    client.post(step_url(confirmed, "return"), {"comment": "第三小组账号请核对"})
    assert Sheet.objects.get(pk=confirmed.pk).state == State.DRAFT
    client = as_user(clerk)
    for path in (confirmed.get_absolute_url(), reverse("workbench")):
        assert "第三小组账号请核对" in client.get(path).text
    # A comment may speak of anybody on the sheet: who sees a part of it does not read it.
    for path in (
        confirmed.get_absolute_url(),
        reverse("workbench"),
        reverse("sheet-events", args=[MONTH, confirmed.subdistrict.code]),
    ):
        assert "第三小组账号请核对" not in as_user(secretary).get(path).text
    as_user(clerk).post(step_url(confirmed, "submit"))
    assert "第三小组账号请核对" not in as_user(clerk).get(confirmed.get_absolute_url()).text


def test_a_step_sent_twice_has_one_effect_and_the_other_person_is_informed_who_was_first(
    as_user, confirmed, leader, clerk
):
    workflow.take(Step.SUBMIT, sheet=confirmed, actor=clerk)
    for _time in range(2):
        assert "已审核，等待财政审批" in as_user(leader).post(step_url(confirmed, "endorse"), follow=True).text
    assert SheetEvent.objects.filter(step=Step.ENDORSE).count() == 1
    other = factories.user("leader2", Role.LEADER, subdistrict=confirmed.subdistrict)
    answer = as_user(other).post(step_url(confirmed, "endorse"), follow=True)
    assert "leader" in str(next(iter(answer.context["messages"])))
    assert SheetEvent.objects.filter(step=Step.ENDORSE).count() == 1


STEPS = {"submit": "clerk", "endorse": "leader", "return": "leader", "approve": "finance"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("role", ["secretary", "clerk", "leader", "finance", "civil", "auditor", "sysadmin"])
def test_a_step_is_refused_to_every_other_post(as_user, request, confirmed, step, role):
    if role == STEPS[step] or (step, role) == ("return", "finance"):
        return
    client = as_user(request.getfixturevalue(role))
    assert client.get(step_url(confirmed, step)).status_code == 403
    assert client.post(step_url(confirmed, step), {"comment": "?"}).status_code == 403
    assert Sheet.objects.get(pk=confirmed.pk).state == State.DRAFT


def test_who_submitted_does_not_endorse(as_user, confirmed, clerk):
    clerk.posts.create(role=Role.LEADER, subdistrict=confirmed.subdistrict, first_day=date(2020, 1, 1))
    client = as_user(clerk)
    client.post(step_url(confirmed, "submit"))
    answer = client.get(confirmed.get_absolute_url())
    assert "endorse" not in dict(answer.context["steps"])
    client.post(step_url(confirmed, "endorse"))
    assert Sheet.objects.get(pk=confirmed.pk).state == State.SUBMITTED


# The workbench -----------------------------------------------------------------------------------------------


def inbox(as_user, user, monkeypatch):
    monkeypatch.setattr("jygroups.lib.clock.today", lambda: date(2026, 10, 20))
    return [(line.urgency.key, line.text) for line in as_user(user).get(reverse("workbench")).context["lines"]]


def test_the_workbench_shows_each_role_its_turn_and_the_others_whom_they_wait_for(
    as_user, sheet, community, sibling, secretary, clerk, leader, finance, monkeypatch
):
    def shown(user, words):
        return any(words in f"{meaning} {text}" for meaning, text in inbox(as_user, user, monkeypatch))

    assert shown(secretary, "you 福民社区2026年10月名单待确认：1人，550.00元")
    assert shown(clerk, "others 雄关街道2026年10月发放表：等待福民社区、胜利社区确认")
    for place in (community, sibling):
        workflow.confirm(sheet=sheet, community=place, actor=clerk)
    assert not shown(secretary, "待确认")
    assert shown(clerk, "you 雄关街道2026年10月发放表各社区均已确认，待提交：2人，1,000.00元")
    assert shown(leader, "others 雄关街道2026年10月发放表：等待街道经办提交（clerk）")
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    assert shown(leader, "you 雄关街道2026年10月发放表待审核：2人，1,000.00元")
    assert shown(finance, "others 雄关街道2026年10月发放表：等待街道审核（leader）")
    workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    assert shown(finance, "you 雄关街道2026年10月发放表待审批")
    assert shown(secretary, "others 雄关街道2026年10月发放表：等待财政审批（finance）")


def test_a_clerk_confirms_for_the_communities_that_are_ticked(as_user, clerk, sheet, community, sibling, stranger):
    page = reverse("sheet-confirm", args=[MONTH, sheet.subdistrict.code])
    client = as_user(clerk)
    assert page in client.get(sheet.get_absolute_url()).text
    text = client.get(page).text
    for words in ("福民社区", "550.00", "胜利社区", "450.00"):
        assert words in text
    assert "没有勾选" in client.post(page, follow=True).text
    client.post(page, {"communities": [sibling.code, stranger.code]})
    assert [row.community for row in Confirmation.objects.all()] == [sibling]
    assert "550.00" in client.get(page).text
    assert "450.00" not in client.get(page).text


def test_a_secretary_finds_the_own_community_alone_among_those_to_confirm(as_user, secretary, sheet, sibling):
    page = reverse("sheet-confirm", args=[MONTH, sheet.subdistrict.code])
    assert sibling.name not in as_user(secretary).get(page).text
    as_user(secretary).post(page, {"communities": [sibling.code]})
    assert Confirmation.objects.count() == 0


def pay_one_more(sheet, community, group) -> None:
    """Somebody else joins, and the sheet is computed again."""
    person = factories.member(community, "周五", account="622848000000000099")
    factories.appointment(person, group)
    sheets.prepare(Month.of(sheet.month), [sheet.subdistrict])


def test_what_was_not_looked_at_is_not_confirmed(as_user, sheet, community, group, secretary):
    page = as_user(secretary)
    url = confirm_url(community)
    seen = page.get(url).context["seen"]
    pay_one_more(sheet, community, group)
    answer = page.post(url, {"seen": seen}, follow=True)
    assert "已有变动" in answer.text
    assert not sheet.confirmations.exists()
    page.post(url, {"seen": answer.context["seen"]})
    assert sheet.confirmations.count() == 1


def test_what_was_not_looked_at_is_not_confirmed_for_several(as_user, sheet, community, group, clerk):
    page = as_user(clerk)
    url = reverse("sheet-confirm", args=[MONTH, sheet.subdistrict.code])
    rows = page.get(url).context["rows"]
    pay_one_more(sheet, community, group)
    sent = {f"seen-{each.code}": digest for each, _totals, _moved, digest in rows}
    page.post(url, {"communities": [each.code for each, *_more in rows], **sent})
    assert not sheet.confirmations.exists()


def test_a_sheet_that_was_returned_and_came_again_is_not_approved_by_the_old_form(
    as_user, confirmed, community, sibling, group, clerk, leader, finance
):
    factories.brought_to(confirmed, "endorsed")
    url = step_url(confirmed, "approve")
    page = as_user(finance)
    old = page.get(url).context["form"]["seen"].value()
    workflow.take(Step.RETURN, sheet=confirmed, actor=leader, comment="补一人")
    pay_one_more(confirmed, community, group)
    sheet = Sheet.objects.get(pk=confirmed.pk)
    workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    answer = page.post(url, {"seen": old}, follow=True)
    assert "请重新核对" in answer.text
    assert Sheet.objects.get(pk=confirmed.pk).state == State.ENDORSED
    page.post(url, {"seen": answer.context["form"]["seen"].value()})
    assert Sheet.objects.get(pk=confirmed.pk).state == State.APPROVED
