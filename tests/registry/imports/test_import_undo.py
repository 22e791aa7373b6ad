"""An import is taken back whole, while nothing has been built on it."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.imports import undo as import_undo
from registry.models import Act, Appointment, AuditEntry, Building, ImportRun, ImportState, Member, ResidentsGroup
from registry.records import versions
from subsidies.models import SheetLine, State
from subsidies.month import sheets
from tests import factories
from tests.registry.imports.import_steps import GROUPS, confirmed, given_in, values
from tests.registry.imports.roster_rows import ACCOUNT, B, row


@pytest.fixture(autouse=True)
def _registry(city):
    """The real areas and groups."""


@pytest.fixture
def keeper(client, secretary):
    client.force_login(secretary)
    return secretary


def taken_back(client, run: ImportRun) -> ImportRun:
    client.post(reverse("import-undo", args=[run.pk]))
    run.refresh_from_db()
    return run


def test_undoing_restores_every_value_and_keeps_the_history(client, keeper):
    confirmed(client, given_in(client, row(联系电话="13900000000", 在职情况="在职")))
    before, versions_before = values(), Appointment.history.count()
    later = [
        row(姓名="张山", 联系电话="13911111111", 银行账号=ACCOUNT, 在职情况="在职", 在职起始日期="2022-01-01",
            离任日期="2026-01-31", 离任原因="辞职"),
        row(姓名="李四", 身份证号=B, 在职情况="在职", 工作单位="某公司"),
    ]  # fmt: skip
    run = confirmed(client, given_in(client, *later))
    assert values() != before
    page = client.get(reverse("import-undo", args=[run.pk])).text
    for words in ("删除新增的成员：1项", "恢复成员的原值：1项", "恢复任职的原值：1项"):
        assert words in page
    assert taken_back(client, run).state == ImportState.UNDONE
    assert values() == before
    assert Appointment.history.count() == versions_before + 4  # made and changed, taken away and restored
    shown = BeautifulSoup(client.get(run.get_absolute_url()).text, "html.parser").select(".import-rows tbody .meaning")
    assert {each.text.strip()[-3:] for each in shown} == {"已撤销"}
    entry = AuditEntry.objects.get(act=Act.UNDO)
    assert (entry.user, entry.details["what"], entry.details["removed"], entry.details["restored"]) == (
        keeper, "import", 3, 3,
    )  # fmt: skip


def test_groups_and_buildings_are_taken_back_too(client, clerk):
    client.force_login(clerk)
    confirmed(client, given_in(client, ["福民社区", "第一居民小组", "甲楼"], header=GROUPS, kind="groups"))
    before = values()
    rows = [["福民社区", "第七居民小组", "甲楼"], ["福民社区", "第八居民小组", "乙楼"]]
    run = confirmed(client, given_in(client, *rows, header=GROUPS, kind="groups"))
    assert Building.objects.get(name="甲楼").group.name == "第七居民小组"
    assert taken_back(client, run).state == ImportState.UNDONE
    assert values() == before


def _changed(run):
    office = Appointment.objects.get()
    office.note = "改"
    versions.save(office, actor=None)


def _appointed(run):
    member = Member.objects.get()
    factories.appointment(member, member.community.committee, first_day=date(2026, 1, 1))


def _employed(run):
    factories.employment(Member.objects.get(), date(2026, 1, 1))


def _user(run):
    factories.user("zhangsan").save()
    user = factories.user("lisi")
    user.member = Member.objects.get()
    user.save()


def _submitted(run):
    [sheet, *_others] = sheets.prepare(Month(2026, 10), [Member.objects.get().community.subdistrict])
    factories.brought_to(sheet, State.SUBMITTED)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (_changed, "又有改动的任职"), (_appointed, "登记的任职"), (_employed, "登记的在职"), (_user, "登记的用户"),
        (_submitted, "已不是草稿"),
    ],
)  # fmt: skip
def test_what_has_been_built_upon_is_not_taken_back_and_the_reason_is_shown(client, keeper, build, words):
    run = confirmed(client, given_in(client, row()))
    build(run)
    before = values()
    shown = BeautifulSoup(client.get(reverse("import-undo", args=[run.pk])).text, "html.parser")
    assert words in shown.text
    links = [link["href"] for link in shown.select(".note-wrong li a")]
    assert links or build is _user  # whose page a secretary does not see
    assert all(client.get(link).status_code == 200 for link in links)
    assert taken_back(client, run).state == ImportState.LOADED
    assert values() == before


def test_somebody_removed_again_leaves_the_drafts(client, keeper, clerk):
    confirmed(client, given_in(client, row()))
    run = confirmed(client, given_in(client, row(姓名="李四", 身份证号=B)))
    [sheet] = sheets.prepare(Month(2026, 10), [Member.objects.first().community.subdistrict])
    assert (sheet.people, SheetLine.objects.count()) == (2, 2)
    assert taken_back(client, run).state == ImportState.UNDONE
    sheet.refresh_from_db()
    line = SheetLine.objects.get()
    assert (sheet.people, sheet.net) == (1, line.net)


def test_an_import_is_taken_back_once_and_only_when_loaded(client, keeper):
    run = given_in(client, row())
    with pytest.raises(Refused):
        import_undo.undo(run, actor=keeper)
    run = taken_back(client, confirmed(client, run))
    with pytest.raises(Refused):
        import_undo.undo(run, actor=keeper)


def test_what_was_imported_later_stands_in_the_way_until_it_is_taken_back(client, keeper):
    first = confirmed(client, given_in(client, row()))
    second = confirmed(client, given_in(client, row(联系电话="13911111111")))
    assert taken_back(client, first).state == ImportState.LOADED
    assert taken_back(client, second).state == ImportState.UNDONE
    assert taken_back(client, first).state == ImportState.UNDONE
    assert not Member.objects.exists()


def test_who_only_sees_an_import_does_not_take_it_back(client, keeper, leader):
    run = confirmed(client, given_in(client, row()))
    client.force_login(leader)
    assert client.post(reverse("import-undo", args=[run.pk])).status_code == 403
    assert ResidentsGroup.objects.exists()
    assert Member.objects.exists()
