"""What is taken in as an import, by whom, and the template that it begins with."""

import io
import logging
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from registry.imports.columns import EXAMPLE_ID_NUMBER
from registry.models import (
    Appointment,
    AuditEntry,
    Building,
    EmploymentSpell,
    ImportRow,
    ImportRun,
    ImportState,
    Member,
    ResidentsGroup,
)
from tests import factories
from tests.registry.imports.import_steps import GROUPS, UPLOAD, confirmed, give_in, given_in, outcomes, page
from tests.registry.imports.roster_rows import ACCOUNT, HEADER, A, B, row

pytestmark = pytest.mark.usefixtures("real_areas")


# Files that nobody vouches for -----------------------------------------------------------------------------


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (50 << 20))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_bomb(), "解压"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "图片"),
        (b"", "数据行"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1_000), "损坏"),
        ("姓名,电话\r\n张三,1".encode(), "表头"),
    ],
)
def test_a_hostile_or_wrong_file_is_refused_in_words_and_not_stored(client, keeper, content, words):
    answer = client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("a.xlsx", content)})
    assert answer.status_code == 422
    assert words in answer.text
    assert not ImportRun.objects.exists()


def test_a_file_past_the_limit_is_not_taken_in(client, keeper, settings):
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("a.csv", b"0" * 5_000)})
    assert answer.status_code == 422
    assert "20 MB" in answer.text


def test_gb18030_formulas_and_markup_are_what_they_are(client, keeper):
    text = "\n".join([",".join(HEADER), ",".join(row(姓名="<b>李</b>", 备注="=1+1"))])
    upload = SimpleUploadedFile("名册.csv", text.encode("gb18030"))
    client.post(UPLOAD, {"kind": "roster", "file": upload})
    run = ImportRun.objects.latest("pk")
    assert run.state == ImportState.REFUSED
    answer = client.get(run.get_absolute_url())
    assert "&lt;b&gt;李&lt;/b&gt;" in answer.text
    assert "<b>李" not in answer.text
    run = given_in(client, row(备注="=1+1"))
    confirmed(client, run)
    assert Appointment.objects.get().note == "=1+1"


def test_no_number_lies_in_clear_nor_stands_whole_on_a_page(client, keeper, caplog):
    caplog.set_level(logging.DEBUG)
    run = given_in(client, row(银行账号=ACCOUNT), name=f"张三{A}.csv")
    run = confirmed(client, run)
    for number in (A, ACCOUNT):
        assert number not in page(client, run) + client.get(reverse("imports")).text + caplog.text
    with connection.cursor() as cursor:
        for model in (ImportRun, ImportRow, AuditEntry, Appointment.history.model):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            stored = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in each] for each in cursor])
            assert A not in stored
            assert ACCOUNT not in stored


# Areas -----------------------------------------------------------------------------------------------------


def test_a_row_of_another_area_is_named_as_one_and_shows_nothing_more(client, keeper):
    run = given_in(client, row(社区="胜利社区"), row(社区="桃花源社区", 身份证号=B))
    reported = [[note.message for note in outcome.notes if note.column == "社区"] for outcome in outcomes(run)]
    assert reported == [["该社区不在您的辖区；请删去它的行"], ["没有这个社区；请对照区划名单核对"]]


def test_of_somebody_whom_others_keep_nothing_is_reported(client, keeper, sibling):
    member = factories.member(sibling, "甲金雀", id_number=A, phone="13933333333")
    factories.employment(member, date(2021, 1, 1), date(2021, 6, 30))
    run = given_in(
        client, row(姓名="张三", 联系电话="13900000000", 在职起始日期="2021-03-01", 在职截止日期="2021-04-01")
    )
    assert run.state == ImportState.REFUSED
    text = page(client, run)
    for secret in ("甲金雀", "13933333333", "2021-01-01", "2021-06-30"):
        assert secret not in text
    assert [note.column for note in outcomes(run)[0].notes if not note.is_warning] == ["身份证号"]


def test_the_employment_of_somebody_whom_others_keep_is_not_changed(client, keeper, sibling):
    factories.member(sibling, "张三", id_number=A)
    run = given_in(client, row(在职情况="在职"))
    assert run.state == ImportState.REFUSED
    assert not EmploymentSpell.objects.exists()


def test_an_import_is_visible_to_the_user_who_sees_all_its_communities(
    client, keeper, clerk, leader, auditor, sibling, stranger
):
    own = given_in(client, row())
    client.force_login(clerk)
    of_subdistrict = given_in(client, row(身份证号=B))
    others = [
        factories.user("secretary2", "secretary", community=sibling),
        factories.user("clerk2", "clerk", subdistrict=stranger.subdistrict),
    ]
    for user, visible in [
        (keeper, {own}), (clerk, {own, of_subdistrict}), (leader, {own, of_subdistrict}),
        (auditor, {own, of_subdistrict}), *((other, set()) for other in others),
    ]:  # fmt: skip
        assert (user.username, set(ImportRun.objects.visible_to(user))) == (user.username, visible)


def test_a_leader_or_an_auditor_sees_an_import_and_does_nothing_with_it(client, keeper, leader, auditor):
    run = given_in(client, row())
    for user in (leader, auditor):
        client.force_login(user)
        assert "确认导入" not in page(client, run)
        assert client.post(reverse("import-confirm", args=[run.pk])).status_code == 403


def test_groups_are_for_the_clerk_and_within_the_own_subdistrict(client, keeper, clerk):
    assert give_in(client, ["福民社区", "第七居民小组", "甲楼"], header=GROUPS, kind="groups").status_code == 422
    assert client.get("/imports/template/?kind=groups").status_code == 403
    client.force_login(clerk)
    rows = [["福民社区", "第七居民小组", "甲楼"], ["大众社区", "第一居民小组", "乙楼"]]
    run = given_in(client, *rows, header=GROUPS, kind="groups")
    assert [outcome.kind for outcome in outcomes(run)] == ["new", "wrong"]
    run = confirmed(client, given_in(client, rows[0], header=GROUPS, kind="groups"))
    assert run.state == ImportState.LOADED
    assert Building.objects.get().group.name == "第七居民小组"
    moved = given_in(client, ["福民社区", "第一居民小组", "甲楼"], header=GROUPS, kind="groups")
    assert outcomes(moved)[0].changes == [("暂定", "是", "否"), ("居民小组", "第七居民小组", "第一居民小组")]


def test_who_has_lost_the_post_loads_nothing(client, keeper):
    run = given_in(client, row())
    keeper.posts.update(last_day=timezone.localdate() - timedelta(days=1))
    assert client.post(reverse("import-confirm", args=[run.pk])).status_code == 403
    assert not Appointment.objects.exists()


# The template ----------------------------------------------------------------------------------------------


def template(client, kind="roster"):
    return client.get(f"/imports/template/?kind={kind}")


def test_the_template_has_texts_that_stay_texts_and_the_own_areas_to_choose_from(client, keeper):
    book = openpyxl.load_workbook(io.BytesIO(template(client).content))
    sheet, guide, choices = (book[name] for name in ("花名册", "填写说明", "选项"))
    assert [cell.value for cell in sheet[2]] == HEADER
    assert sheet.freeze_panes == "A3"
    for column in ("身份证号", "联系电话", "银行账号"):
        letter = openpyxl.utils.get_column_letter(HEADER.index(column) + 1)
        assert sheet.column_dimensions[letter].number_format == "@"
    assert choices.sheet_state == "hidden"
    assert {cell.value for cell in choices["A"] if cell.value} == {"福民社区"}
    assert {cell.value for cell in choices["D"] if cell.value} == {
        group.name for group in ResidentsGroup.objects.filter(committee__community__name="福民社区")
    }
    assert {cell.value for cell in guide["A"]} >= set(HEADER)
    lists = {str(each.sqref) for each in sheet.data_validations.dataValidation}
    assert len(lists) == 6


@pytest.mark.parametrize("kind", ["roster", "groups"])
def test_the_template_given_back_as_it_is_holds_no_rows(client, clerk, kind):
    client.force_login(clerk)
    upload = SimpleUploadedFile("t.xlsx", template(client, kind).content)
    client.post(UPLOAD, {"kind": kind, "file": upload})
    run = ImportRun.objects.get()
    assert (run.state, run.rows.count()) == (ImportState.REFUSED, 0)


def test_the_example_left_in_a_filled_template_is_passed_by(client, keeper):
    book = openpyxl.load_workbook(io.BytesIO(template(client).content))
    for place, cell in enumerate(row(), 1):
        book["花名册"].cell(4, place).value = cell
    target = io.BytesIO()
    book.save(target)
    client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("t.xlsx", target.getvalue())})
    run = confirmed(client, ImportRun.objects.get())
    assert (run.state, run.new) == (ImportState.LOADED, 1)
    assert not Member.objects.with_id_numbers([EXAMPLE_ID_NUMBER])
