"""The pages of public notices: posting on the phone, objections in the browser, and what others are shown."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jygroups.lib.refusals import Refused
from registry.models import Role
from registry.records import files
from subsidies.exports.notice import Objections, notice
from subsidies.models import Notice, NoticePhoto, Standard, Step
from subsidies.month import workflow
from subsidies.notices import services
from tests import factories
from tests.subsidies.notices.steps import DAY, MAY, objection, post
from tests.subsidies.standards.test_standard_pages import filled_in

pytestmark = pytest.mark.usefixtures("standard")


def upload(name="board.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.photo(), "image/png")


def test_a_secretary_posts_on_the_phone_with_a_photo_and_takes_it_away_again(client, sheet, community, secretary):
    client.force_login(secretary)
    page = reverse("notices-post", args=[MAY, community.subdistrict.code])
    form = client.get(page).context["form"]
    assert (form["posted_on"].value(), form["until"].value()) == (DAY, DAY + timedelta(days=6))
    data = {"communities": [community.code], "place": "社区公示栏", "posted_on": "2024-05-06", "until": "20240512"}
    notice_page = client.post(page, data | {"photos": [upload()]}, follow=True)
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
    [notice] = post(sheet, [community], secretary, photos=[files.taken("board.png", factories.photo())])
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


def test_the_list_to_print_shows_who_gets_what_and_that_it_is_not_approved(client, sheet, community, secretary):
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


def words_of_the_workbook(sheet, **options) -> str:
    [worksheet] = openpyxl.load_workbook(io.BytesIO(notice(sheet, Objections(**options)))).worksheets
    return " ".join(str(cell.value) for row in worksheet.iter_rows() for cell in row)


def test_the_workbook_to_post_names_the_days_that_the_standard_asks_for(needed, sheet):
    assert "公示5天" in words_of_the_workbook(sheet)
    assert "公示9天" in words_of_the_workbook(sheet, days=9)


def test_page_and_workbook_say_the_same_of_objections_and_days(client, needed, sheet, community, sibling, secretary):
    client.force_login(secretary)

    def papers() -> list[str]:
        page = client.get(reverse("notice-paper", args=[MAY, community.code])).text
        return [page, words_of_the_workbook(sheet)]

    for text in papers():
        assert "自张贴之日起公示5天" in text
        assert "以当面、电话或书面方式向" in text
        assert "居民委员会反映" in text
        assert "实名" not in text
    post(sheet, [community], secretary)
    page, workbook = papers()
    assert "本名单于2024-05-06至2024-05-10在公示栏公示" in page
    assert f"{community.name}：本名单于2024-05-06至2024-05-10公示" in workbook
    assert f"{sibling.name}：本名单自张贴之日起公示5天" in workbook
