"""Public notices: a list hangs for some days, objections are answered, approval waits where the Standard says so."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Role
from registry.people.duplicates import services as duplicates
from registry.records import files
from subsidies.models import Notice, NoticePhoto, NoticeResult, Objection, ObjectionOutcome, Standard, Standing, Step
from subsidies.month import approval_flow, notice_states, sheets, workflow
from subsidies.month.notice_states import NoticeState
from subsidies.notices import services, todo
from tests import factories
from tests.subsidies.test_standard_pages import filled_in

MAY = Month(2024, 5)
DAY = date(2024, 5, 6)
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"
    with time_machine.travel(DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def needed():
    """The Standard asks for five days."""
    Standard.objects.update(notice_days=5)


@pytest.fixture
def sheet(community, sibling, group):
    """May of one subdistrict: a person in each of two communities, and nobody paid in a third."""
    for number, (place, body) in enumerate([(community, group), (sibling, factories.group(sibling))]):
        person = factories.member(place, f"人{'一二'[number]}", account=f"62284800000000000{number}")
        factories.appointment(person, body)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    return sheet


@pytest.fixture
def endorsed(needed, sheet, community, sibling, clerk, leader):
    workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    return workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)


def post(sheet, communities, actor, *, days=5, first=DAY, **kwargs):
    until = first + timedelta(days=days - 1)
    return services.post(
        sheet=sheet, communities=communities, place="公示栏", posted_on=first, until=until, actor=actor, **kwargs
    )


def objection(notice, actor, **fields):
    row = Objection(**{"notice": notice, "received_on": timezone.localdate(), "text": "在职人员", **fields})
    services.record_objection(row, actor=actor)
    return row


def answered(row, actor, outcome=ObjectionOutcome.NOT_UPHELD):
    services.answer(row, outcome=outcome, answer="经核实属实", answered_on=timezone.localdate(), actor=actor)


def states(sheet):
    return {posting.community.name: posting.state for posting in notice_states.of(sheet).values()}


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


@pytest.fixture
def closed(sheet, community, secretary, clock):
    [notice] = post(sheet, [community], secretary, days=1)
    answered(objection(notice, secretary), secretary)
    clock.move_to(DAY + timedelta(days=1))
    return services.close(notice, actor=secretary)


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


# Pages -----------------------------------------------------------------------------------------------------------


def picture(name="board.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.picture(), "image/png")


def test_a_secretary_posts_on_the_phone_with_a_photo_and_takes_it_away_again(client, sheet, community, secretary):
    client.force_login(secretary)
    page = reverse("notices-post", args=[MAY, community.subdistrict.code])
    form = client.get(page).context["form"]
    assert (form["posted_on"].value(), form["until"].value()) == (DAY, DAY + timedelta(days=6))
    data = {"communities": [community.code], "place": "社区公示栏", "posted_on": "2024-05-06", "until": "20240512"}
    notice_page = client.post(page, data | {"photos": [picture()]}, follow=True)
    notice = Notice.objects.get()
    assert notice_page.redirect_chain[-1][0] == notice.get_absolute_url()
    photo = notice.photos.get()
    answer = client.get(photo.get_absolute_url())
    assert (answer["Content-Type"], answer["Content-Disposition"]) == ("image/png", 'inline; filename="board.png"')
    assert photo.removal_url in notice_page.text
    client.post(photo.removal_url, {"reason": "拍到了路人"})
    assert not NoticePhoto.objects.exists()
    assert NoticePhoto.history.first().history_change_reason == "拍到了路人"
    files.sweep(older_than=-1)


def test_a_photo_of_a_notice_survives_the_sweep_of_unknown_files(client, sheet, community, secretary):
    [notice] = post(sheet, [community], secretary, photos=[files.taken("board.png", factories.picture())])
    assert files.sweep(older_than=-1) == 0
    client.force_login(secretary)
    assert client.get(notice.photos.get().get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"communities": []}, "请至少勾选一个社区"),
        ({"communities": ["620201001002"]}, "620201001002"),
        ({"until": "2024-05-05"}, "公示期至少1天"),
        ({"posted_on": "2024-05-01"}, "公示不能早于该日"),
        ({"photos": [SimpleUploadedFile("a.pdf", b"%PDF-1.7 x")]}, "只能上传照片"),
    ],
)
def test_what_cannot_be_is_refused_in_words(client, sheet, community, secretary, change, words):
    client.force_login(secretary)
    data = {"communities": [community.code], "place": "栏", "posted_on": "2024-05-06", "until": "2024-05-12"}
    answer = client.post(reverse("notices-post", args=[MAY, community.subdistrict.code]), data | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Notice.objects.exists()


def test_an_objection_is_recorded_answered_and_closed_in_the_browser(client, sheet, community, secretary, clock):
    [notice] = post(sheet, [community], secretary, days=1)
    client.force_login(secretary)
    member = sheet.lines.get(community=community).member
    data = {"received_on": "2024-05-06", "channel": "phone", "text": "已在外地工作", "member": member.pk,
            "objector": "赵大爷", "contact": "13900000000"}  # fmt: skip
    client.post(reverse("objection-add", args=[notice.pk]), data)
    row = notice.objections.get()
    client.post(
        reverse("objection-answer", args=[row.pk]),
        {"outcome": "not_upheld", "answer": "经查在岗", "answered_on": "2024-05-06"},
    )
    close = reverse("notice-close", args=[notice.pk])
    assert "暂不能结束公示" in client.get(close).text
    clock.move_to(DAY + timedelta(days=1))
    client.force_login(secretary)
    assert "异议已答复" in client.post(close, follow=True).text


def test_who_objects_is_shown_to_the_community_and_its_subdistrict_alone(
    client, sheet, community, secretary, clerk, leader, finance, civil, auditor
):
    [notice] = post(sheet, [community], secretary)
    objection(notice, secretary, objector="赵大爷", contact="13900000000")
    shown = {}
    for user in (secretary, clerk, leader, finance, civil, auditor):
        client.force_login(user)
        page = client.get(notice.get_absolute_url()).text
        assert "在职人员" in page
        shown[user.username] = ("赵大爷" in page, "13900000000" in page)
    assert [name for name, seen in shown.items() if any(seen)] == ["secretary", "clerk", "leader"]


def test_the_sheet_shows_how_its_lists_stand_as_far_as_one_sees(client, sheet, community, sibling, secretary, clerk):
    post(sheet, [community, sibling], clerk)
    client.force_login(secretary)
    page = client.get(sheet.get_absolute_url())
    assert [posting.community for posting in page.context["postings"]] == [community]
    client.force_login(clerk)
    listed = client.get(reverse("notices", args=[MAY, community.subdistrict.code])).context["postings"]
    assert [posting.community for posting in listed] == [community, sibling]


def test_finance_is_shown_why_the_sheet_cannot_be_approved_yet(client, endorsed, finance):
    client.force_login(finance)
    page = client.get(endorsed.get_absolute_url())
    assert "社区公示结束（福民社区、胜利社区）" in page.text
    assert reverse("sheet-approve", args=[MAY, endorsed.subdistrict.code]) not in page.text
    [line] = [line.text for line in client.get(reverse("workbench")).context["lines"] if "2024年5月" in line.text]
    assert "社区公示结束" in line


def test_the_list_to_print_says_who_gets_what_and_that_it_is_not_approved(client, sheet, community, secretary):
    client.force_login(secretary)
    page = client.get(reverse("notice-paper", args=[MAY, community.code])).text
    line = sheet.lines.get(community=community)
    assert line.name in page
    assert "未经审批" in page
    assert line.member.id_number not in page


def test_the_days_are_a_parameter_of_the_standard(client, civil):
    client.force_login(civil)

    for given, stored in (("7", 7), ("", 0)):
        client.post(reverse("standard-add"), filled_in(document=f"文件{given}", notice_days=given))
        assert Standard.objects.get(document=f"文件{given}").notice_days == stored
    page = client.get(reverse("standards")).text
    assert "各社区名单公示满7天后，方可审批发放表。" in page
    assert "财政审批不以公示为前提。" in page
    draft = Standard.objects.get(notice_days=7)
    copy = client.get(f"{reverse('standard-add')}?copy={draft.pk}").context["form"]
    assert copy["notice_days"].value() == 7


def test_another_subdistricts_secretary_sees_nothing(client, sheet, community, stranger, secretary):
    [notice] = post(sheet, [community], secretary)
    client.force_login(factories.user("other", Role.SECRETARY, community=stranger))
    assert client.get(notice.get_absolute_url()).status_code == 404


def test_the_writers_lock_is_taken_before_the_notices(client, sheet, community, secretary, clock, lock_order):
    [notice] = post(sheet, [community], secretary, days=1)
    clock.move_to(DAY + timedelta(days=1))
    client.force_login(secretary)
    lock_order.clear()
    client.post(reverse("notice-close", args=[notice.pk]))
    assert lock_order[:2] == ["writers", "Notice"]
    notice.refresh_from_db()
    assert notice.closed_on


@pytest.mark.parametrize("name", ["change", "record_objection", "answer"])
def test_a_refusal_is_shown_on_the_form(client, sheet, community, secretary, monkeypatch, name):
    [notice] = post(sheet, [community], secretary)
    row = objection(notice, secretary)

    def refuse(*args, **kwargs):
        raise Refused("公示已结束")

    monkeypatch.setattr(services, name, refuse)
    url, data = {
        "change": (
            reverse("notice-edit", args=[notice.pk]),
            {"place": "别处", "posted_on": "2024-05-06", "until": "2024-05-12", "version": notice.version},
        ),
        "record_objection": (
            reverse("objection-add", args=[notice.pk]),
            {"received_on": "2024-05-06", "channel": "phone", "text": "已在外地工作"},
        ),
        "answer": (
            reverse("objection-answer", args=[row.pk]),
            {"outcome": "not_upheld", "answer": "经查在岗", "answered_on": "2024-05-06"},
        ),
    }[name]
    client.force_login(secretary)
    page = client.post(url, data)
    assert page.status_code == 422
    assert "公示已结束" in page.text


def test_who_approves_is_shown_open_notices_and_objections(client, sheet, community, sibling, clerk, leader, finance):
    [notice, _other] = post(sheet, [community, sibling], clerk)
    objection(notice, clerk)
    workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()
    address = reverse("sheet-approve", args=[MAY, community.subdistrict.code])
    page = client.get(address).text
    assert reverse("notices", args=[MAY, community.subdistrict.code]) in page
    assert "1条异议待答复" in page
    assert "审批不以公示结束为前提" in page


def test_who_approves_is_shown_for_how_many_days_lists_have_to_hang(client, endorsed, finance):
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()
    page = client.get(reverse("sheet-approve", args=[MAY, endorsed.subdistrict.code])).text
    assert "要求公示5天" in page
    assert "审批不以公示结束为前提" not in page
