"""Public notices: a list hangs for some days, objections are answered, approval waits if the Standard demands it."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.refusals import Refused
from registry.models import Appointment
from registry.people.duplicates import services as duplicates
from subsidies.models import Notice, NoticeResult, Objection, ObjectionOutcome, Standard, Standing, Step
from subsidies.month import approval_flow, notice_states, sheets, workflow
from subsidies.month.notice_states import NoticeState
from subsidies.notices import services, todo
from tests import factories
from tests.subsidies.notices.steps import DAY, MAY, answered, objection, post, states

pytestmark = pytest.mark.usefixtures("standard")


def test_a_list_goes_from_not_posted_to_finished(sheet, community, secretary, clock):
    assert states(sheet) == {"福民社区": NoticeState.NOT_POSTED, "胜利社区": NoticeState.NOT_POSTED}
    [notice] = post(sheet, [community], secretary)
    assert states(sheet)["福民社区"] == NoticeState.HANGING
    clock.move_to(notice.until)
    with pytest.raises(Refused, match="2024-05-10"):
        services.close(notice, actor=secretary)
    clock.move_to(notice.until + timedelta(days=1))
    assert states(sheet)["福民社区"] == NoticeState.OVER
    notice = services.close(notice, actor=secretary)
    assert (notice.result, notice.closed_by, notice.closed_on) == ("no_objection", secretary, date(2024, 5, 11))
    assert states(sheet) == {"福民社区": NoticeState.FINISHED, "胜利社区": NoticeState.NOT_POSTED}
    assert [version.history_user for version in notice.history.all()] == [secretary, secretary]


def test_a_notice_waits_for_the_answer_to_each_objection(sheet, community, secretary, clock):
    [notice] = post(sheet, [community], secretary)
    row = objection(notice, secretary)
    assert states(sheet)["福民社区"] == NoticeState.OBJECTED
    clock.move_to(notice.until + timedelta(days=1))
    with pytest.raises(Refused, match="1条异议"):
        services.close(notice, actor=secretary)
    answered(row, secretary)
    assert services.close(notice, actor=secretary).result == NoticeResult.ANSWERED


def test_several_are_closed_in_one_act_or_none(client, sheet, community, sibling, clerk, clock):
    notices = post(sheet, [community, sibling], clerk)
    row = objection(notices[1], clerk)
    clock.move_to(DAY + timedelta(days=5))
    with pytest.raises(Refused, match="胜利社区"):
        services.close_all(notices, actor=clerk)
    assert not Notice.objects.exclude(closed_on=None).exists()
    answered(row, clerk)
    client.force_login(clerk)
    page = reverse("notices-close", args=[MAY, community.subdistrict.code])
    assert "福民社区、胜利社区" in client.get(page).text
    client.post(page)
    assert states(sheet) == {"福民社区": NoticeState.FINISHED, "胜利社区": NoticeState.FINISHED}


def test_an_upheld_objection_needs_another_list(sheet, community, group, secretary, clock):
    [notice] = post(sheet, [community], secretary)
    answered(objection(notice, secretary), secretary, ObjectionOutcome.UPHELD)
    clock.move_to(notice.until + timedelta(days=1))
    with pytest.raises(Refused, match="更正"):
        services.close(notice, actor=secretary)
    Appointment.objects.filter(group=group).update(first_day=date(2019, 1, 1))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    assert states(sheet)["福民社区"] == NoticeState.OUTDATED
    assert services.close(notice, actor=secretary).result == NoticeResult.CORRECTED
    assert states(sheet)["福民社区"] == NoticeState.OUTDATED
    [again] = post(sheet, [community], secretary, first=timezone.localdate())
    assert notice_states.of(sheet)[community.pk].notice == again


def test_approval_waits_for_the_notice_of_every_community_with_people_to_pay(
    endorsed, community, sibling, clerk, finance, clock
):
    with pytest.raises(Refused, match="福民社区、胜利社区"):
        workflow.take(Step.APPROVE, sheet=endorsed, actor=finance)
    notices = post(endorsed, [community, sibling], clerk)
    with pytest.raises(Refused, match="胜利社区"):
        workflow.take(Step.APPROVE, sheet=endorsed, actor=finance)
    clock.move_to(DAY + timedelta(days=5))
    services.close(notices[0], actor=clerk)
    with pytest.raises(Refused, match="：胜利社区"):
        workflow.take(Step.APPROVE, sheet=endorsed, actor=finance)
    assert approval_flow.of([endorsed])[endorsed.pk].waits_for == "社区公示结束（胜利社区）"
    services.close(notices[1], actor=clerk)
    assert workflow.take(Step.APPROVE, sheet=endorsed, actor=finance).is_final


def test_without_the_parameter_approval_does_not_wait(sheet, community, sibling, clerk, leader, finance):
    workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
    for step, actor in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=actor)
    assert sheet.is_final


def test_a_notice_outlives_a_recomputation_that_leaves_its_list_alone(
    endorsed, community, sibling, group, clerk, leader, finance, clock
):
    notices = post(endorsed, [community, sibling], clerk)
    workflow.take(Step.RETURN, sheet=endorsed, actor=leader, comment="请核对")
    Appointment.objects.filter(group=group).update(first_day=date(2019, 1, 1))
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    assert states(sheet) == {"福民社区": NoticeState.OUTDATED, "胜利社区": NoticeState.HANGING}
    clock.move_to(DAY + timedelta(days=5))
    services.close(notices[1], actor=clerk)
    assert notice_states.unposted([sheet]) == {sheet.pk: ["福民社区"]}


def test_another_bank_account_leaves_the_posted_list_as_it_is(sheet, community, secretary):
    post(sheet, [community], secretary)
    line = sheet.lines.get(community=community)
    line.member.account = "622848000000000099"
    line.member.save()
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    assert states(sheet)["福民社区"] == NoticeState.HANGING


def test_a_list_hangs_for_as_many_days_as_the_standard_asks_for(needed, sheet, community, secretary):
    with pytest.raises(Refused, match="5天"):
        post(sheet, [community], secretary, days=4)
    assert post(sheet, [community], secretary, days=5)


def test_a_closed_notice_that_hung_for_too_few_days_is_posted_again(closed, community, secretary):
    assert states(closed.sheet)["福民社区"] == NoticeState.FINISHED
    new = Standard.objects.create(
        effective_month=MAY.first_day, document="新标准", yearly_increment=50, notice_days=5, state=Standing.IN_FORCE
    )
    for rate in Standard.objects.exclude(pk=new.pk).get().rates.all():
        new.rates.create(position=rate.position, amount=rate.amount)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    assert states(sheet)["福民社区"] == NoticeState.OUTDATED
    post(sheet, [community], secretary, first=timezone.localdate())
    assert states(sheet)["福民社区"] == NoticeState.HANGING


@pytest.mark.parametrize(
    ("first", "words"), [(DAY - timedelta(days=1), "不能早于"), (DAY + timedelta(days=1), "不能晚于今天")]
)
def test_a_list_is_posted_after_it_was_computed_and_not_tomorrow(sheet, community, secretary, first, words):
    with pytest.raises(Refused, match=words):
        post(sheet, [community], secretary, first=first)


def test_a_list_hangs_once(sheet, community, secretary):
    [notice] = post(sheet, [community], secretary)
    with pytest.raises(Refused, match="已在公示"):
        post(sheet, [community], secretary)
    again = Notice(sheet=sheet, community=community, digest=notice.digest, place="门口", posted_on=DAY, until=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_a_secretary_posts_the_own_list_alone_and_a_clerk_several_or_none(
    sheet, community, sibling, stranger, secretary, clerk
):
    with pytest.raises(Refused, match="胜利社区"):
        post(sheet, [community, sibling], secretary)
    with pytest.raises(Refused, match="大众社区"):
        post(sheet, [community, stranger], clerk)
    assert not Notice.objects.exists()
    assert len(post(sheet, [community, sibling], clerk)) == 2


@pytest.mark.parametrize("role", ["leader", "finance", "civil", "auditor"])
def test_who_reads_does_not_write(sheet, community, secretary, request, role):
    actor = request.getfixturevalue(role)
    with pytest.raises(Refused):
        post(sheet, [community], actor)
    [notice] = post(sheet, [community], secretary)
    with pytest.raises(Refused):
        objection(notice, actor)
    with pytest.raises(Refused):
        services.close(notice, actor=actor)


def test_nothing_of_a_closed_notice_changes(closed, secretary):
    with pytest.raises(Refused):
        objection(closed, secretary)
    with pytest.raises(Refused):
        answered(closed.objections.get(), secretary)
    for change in (
        lambda: Notice.objects.update(posted_on=DAY - timedelta(days=9)),
        lambda: Notice.objects.update(place="别处"),
        lambda: Objection.objects.update(text="无"),
        lambda: Objection.objects.all().delete(),
        lambda: factories.objection(closed),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_an_answer_is_whole_or_none(sheet, community, secretary):
    [notice] = post(sheet, [community], secretary)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.objection(notice, answer="有答复，无结论")
    with pytest.raises(ValidationError):
        services.answer(objection(notice, secretary), outcome="perhaps", answer="是", answered_on=DAY, actor=secretary)


def test_who_objects_is_encrypted(sheet, community, secretary):
    [notice] = post(sheet, [community], secretary)
    objection(notice, secretary, objector="赵大爷", contact="13900000000")

    with connection.cursor() as cursor:
        cursor.execute("SELECT objector, contact FROM subsidies_objection")
        assert not {"赵大爷", "13900000000"} & set(cursor.fetchone())


def test_a_merge_moves_what_is_still_open(sheet, community, group, secretary, clerk):
    [notice] = post(sheet, [community], secretary)
    one, other = sheet.lines.get(community=community).member, factories.member(community, "人壹")
    row = objection(notice, secretary, member=other)
    duplicates.merge(survivor=one, other=other, chosen=(), seen=(one.version, other.version), actor=clerk)
    row.refresh_from_db()
    assert row.member == one


class TestWorkbench:
    def lines(self, user):
        return [(line.urgency.key, line.text, line.act) for line in todo.lines(user, timezone.localdate())]

    def test_a_secretary_is_shown_each_thing_in_its_turn(self, endorsed, community, secretary, clock):
        assert self.lines(secretary) == [("you", "福民社区，2024年5月：名单待公示", "登记公示")]
        [notice] = post(endorsed, [community], secretary)
        assert self.lines(secretary) == []
        row = objection(notice, secretary)
        assert self.lines(secretary) == [("wrong", "福民社区，2024年5月：有公示异议待答复", "答复")]
        answered(row, secretary)
        clock.move_to(notice.until + timedelta(days=1))
        assert self.lines(secretary) == [("you", "福民社区，2024年5月：公示期满，请结束公示", "结束公示")]
        services.close(notice, actor=secretary)
        assert self.lines(secretary) == []

    def test_a_clerk_sees_one_line_for_all_communities(self, endorsed, clerk, finance):
        assert [text for _meaning, text, _act in self.lines(clerk)] == ["福民社区、胜利社区，2024年5月：名单待公示"]
        assert self.lines(finance) == []

    def test_nobody_has_to_post_without_the_parameter(self, sheet, community, sibling, clerk, secretary):
        workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
        workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
        assert self.lines(secretary) == []
