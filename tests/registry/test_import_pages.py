"""A file given in by page does what the command does, after its user has seen what that is."""

import io
import logging
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from registry.imports.columns import EXAMPLE_ID_NUMBER
from registry.imports.outcomes import Outcome
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
from registry.services import areas, imports, rosters
from tests import factories
from tests.registry.test_roster_import import ACCOUNT, HEADER, A, B, C, contents, row

UPLOAD = "/imports/upload/"
GROUPS = ["社区", "居民小组", "楼院"]


@pytest.fixture(autouse=True)
def _registry(city):
    """The real areas and groups."""
    cache.clear()


@pytest.fixture
def keeper(client, secretary):
    client.force_login(secretary)
    return secretary


def file(*rows, header=HEADER, name="roster.csv") -> SimpleUploadedFile:
    lines = [",".join(f'"{cell}"' for cell in cells) for cells in (header, *rows)]
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def give_in(client, *rows, kind="roster", **options):
    return client.post(UPLOAD, {"kind": kind, "file": file(*rows, **options)})


def given_in(client, *rows, **options) -> ImportRun:
    answer = give_in(client, *rows, **options)
    assert answer.status_code == 302, answer.text
    return ImportRun.objects.latest("pk")


def confirmed(client, run: ImportRun) -> ImportRun:
    client.post(reverse("import-confirm", args=[run.pk]))
    run.refresh_from_db()
    return run


def outcomes(run: ImportRun) -> list[Outcome]:
    return [Outcome.from_text(each.content) for each in run.rows.all()]


def page(client, run: ImportRun, rows="all") -> str:
    return " ".join(BeautifulSoup(client.get(f"{run.get_absolute_url()}?rows={rows}").text, "html.parser").text.split())


def values() -> dict[str, list[dict]]:
    """All that the registers say, but for how often it was saved."""
    left_out = {"version", "updated_at"}
    return {
        model.__name__: [
            {
                each.attname: getattr(row, each.attname)
                for each in model._meta.concrete_fields
                if each.name not in left_out
            }
            for row in model.objects.order_by("pk")
        ]
        for model in (Member, Appointment, EmploymentSpell, ResidentsGroup, Building)
    }


# What is shown is what is done -----------------------------------------------------------------------------


def test_a_file_given_in_is_shown_and_nothing_is_saved(client, keeper):
    before = values()
    run = given_in(client, row(联系电话="13900000000"))
    assert (run.state, run.new, run.uploaded_by) == (ImportState.CHECKED, 1, keeper)
    assert values() == before
    text = page(client, run)
    assert "张三" in text
    assert "13900000000" in text
    assert "确认导入 1 行" in text


def test_by_page_and_by_command_a_file_gives_the_same_rows_and_versions(client, keeper, tmp_path):
    rows = [
        row(联系电话="13900000000", 在职情况="在职", 工作单位="某公司"),
        row(姓名="李四", 身份证号=B, 离任日期="2024-01-31"),
    ]

    def told() -> list:
        return [
            [
                {
                    name: value
                    for name, value in version.__dict__.items()
                    if not name.startswith("_") and name not in ("id", "member_id", "history_id", "history_date",
                                                                 "history_user_id", "created_at", "updated_at")
                }
                for version in model.history.order_by("history_id")
            ]
            for model in (Member, EmploymentSpell, Appointment)
        ]  # fmt: skip

    run = confirmed(client, given_in(client, *rows))
    by_page = told()
    assert run.state == ImportState.LOADED
    for model in (Appointment, EmploymentSpell, Member):
        model.objects.all().delete()
        model.history.all().delete()
    path = tmp_path / "roster.csv"
    path.write_bytes(file(*rows).read())
    call_command("import_roster", path)
    assert by_page == told()


def test_the_preview_tells_old_and_new_of_each_cell_and_that_is_what_changes(client, keeper):
    confirmed(
        client,
        given_in(
            client, row(联系电话="13900000000", 银行账号=ACCOUNT, 在职情况="非在职"), row(姓名="李四", 身份证号=B)
        ),
    )
    run = given_in(
        client,
        row(
            联系电话="13911111111", 银行账号="622848000123456", 离任日期="2026-01-31", 离任原因="辞职", 在职情况="在职"
        ),
        row(姓名="李四", 身份证号=B),
        row(姓名="王五", 身份证号=C),
    )
    first, second, third = outcomes(run)
    assert (first.kind, second.kind, third.kind) == ("changed", "unchanged", "new")
    assert {tuple(change) for change in first.changes} == {
        ("离任日期", "", "2026-01-31"),
        ("离任原因", "", "辞职"),
        ("联系电话", "13900000000", "13911111111"),
        ("银行账号", "6228***********7320", "6228*******3456"),
        ("在职情况", "非在职", "在职"),
    }
    assert (run.new, run.changed, run.unchanged, run.wrong) == (1, 1, 1, 0)
    run = confirmed(client, run)
    assert (run.state, run.moved) == (ImportState.LOADED, False)
    member = Member.objects.with_id_numbers([A])[0]
    office = member.appointments.get()
    assert (member.phone, member.account) == ("13911111111", "622848000123456")
    assert (office.last_day, office.end_reason) == (date(2026, 1, 31), "resignation")
    assert member.employment_spells.count() == 1
    assert [outcome.key for outcome in outcomes(run)][2] == Member.objects.with_id_numbers([C])[0].pk


def test_every_problem_stands_beside_its_cell_and_nothing_is_saved(client, keeper):
    before = values()
    run = given_in(
        client, row(居民小组="第九居民小组", 任职日期="2021-02-30", 联系电话="1"), row(姓名="李四", 身份证号=B)
    )
    assert (run.state, run.wrong, run.new) == (ImportState.REFUSED, 1, 1)
    [wrong, _right] = outcomes(run)
    assert {note.column for note in wrong.notes if not note.is_warning} == {"居民小组", "任职日期", "联系电话"}
    assert "2021-02-30" in page(client, run, "wrong")
    assert "李四" not in page(client, run, "wrong")
    client.post(reverse("import-confirm", args=[run.pk]))
    assert values() == before


def test_the_roster_that_was_exported_has_nothing_to_load(client, keeper, community):
    confirmed(
        client,
        given_in(
            client, row(联系电话="13900000000", 在职情况="在职"), row(姓名="李四", 身份证号=B, 离任日期="2024-01-31")
        ),
    )
    exported = SimpleUploadedFile("roster.xlsx", rosters.export_roster(community, actor=keeper))
    before = values()
    client.post(UPLOAD, {"kind": "roster", "file": exported})
    run = ImportRun.objects.latest("pk")
    assert (run.state, run.unchanged) == (ImportState.NOTHING, 2)
    assert values() == before


def test_who_confirms_what_has_changed_since_is_shown_it_anew(client, keeper):
    confirmed(client, given_in(client, row(联系电话="13900000000")))
    run = given_in(client, row(联系电话="13911111111"))
    member = Member.objects.get()
    member.phone = "13922222222"
    member.save()
    run = confirmed(client, run)
    assert (run.state, run.moved) == (ImportState.CHECKED, True)
    assert Member.objects.get().phone == "13922222222"
    assert outcomes(run)[0].changes == [("联系电话", "13922222222", "13911111111")]
    run = confirmed(client, run)
    assert (run.state, run.moved) == (ImportState.LOADED, False)
    assert Member.objects.get().phone == "13911111111"


def test_confirming_twice_loads_once(client, keeper):
    run = confirmed(client, given_in(client, row()))
    confirmed(client, run)
    assert Appointment.history.count() == 1
    assert AuditEntry.objects.filter(act="import").count() == 1


def test_a_load_is_in_the_audit_log_with_who_and_from_where(client, keeper):
    confirmed(client, given_in(client, row()))
    entry = AuditEntry.objects.get(act="import")
    assert (entry.user, entry.address, entry.subject, entry.details["new"]) == (keeper, "127.0.0.1", "roster.csv", 1)


def test_the_findings_come_back_as_a_workbook(client, keeper):
    run = given_in(client, row(居民小组="第九居民小组"))
    answer = client.post(reverse("import-report", args=[run.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet.cell(2, HEADER.index("居民小组") + 1).comment is not None
    assert sheet.cell(2, HEADER.index("身份证号") + 1).value == A  # the user's own file
    assert AuditEntry.objects.get().details["what"] == "import report"


def test_a_mended_file_takes_the_place_of_the_one_with_problems(client, keeper):
    wrong = given_in(client, row(姓名=""))
    assert list(ImportRun.objects.visible_to(keeper).needing_attention()) == [wrong]
    client.post(UPLOAD, {"kind": "roster", "file": file(row()), "instead": wrong.pk})
    wrong.refresh_from_db()
    run = ImportRun.objects.latest("pk")
    assert (wrong.state, bytes(wrong.file)) == (ImportState.ABANDONED, b"")
    assert list(ImportRun.objects.visible_to(keeper).needing_attention()) == [run]
    confirmed(client, run)
    assert not ImportRun.objects.needing_attention().exists()


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
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "损坏"),
        (b"", "表头"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(1_000), "密码"),
        ("姓名,电话\r\n张三,1".encode(), "表头"),
    ],
)
def test_a_hostile_or_wrong_file_is_refused_in_words_and_not_kept(client, keeper, content, words):
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
            kept = repr([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in each] for each in cursor])
            assert A not in kept
            assert ACCOUNT not in kept


# Areas -----------------------------------------------------------------------------------------------------


def test_a_row_elsewhere_gets_the_words_of_a_community_that_is_not_there(client, keeper):
    run = given_in(client, row(社区="胜利社区"), row(社区="桃花源社区", 身份证号=B))
    told = [[note.message for note in outcome.notes if note.column == "社区"] for outcome in outcomes(run)]
    assert told[0] == told[1] != []


def test_of_somebody_whom_others_keep_nothing_is_told(client, keeper, sibling):
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


def test_an_import_is_seen_by_whoever_sees_all_its_communities(
    client, keeper, clerk, leader, auditor, sibling, stranger
):
    own = given_in(client, row())
    client.force_login(clerk)
    of_subdistrict = given_in(client, row(身份证号=B))
    others = [
        factories.user("secretary2", "secretary", community=sibling),
        factories.user("clerk2", "clerk", subdistrict=stranger.subdistrict),
    ]
    for user, seen in [
        (keeper, {own}), (clerk, {own, of_subdistrict}), (leader, {own, of_subdistrict}),
        (auditor, {own, of_subdistrict}), *((other, set()) for other in others),
    ]:  # fmt: skip
        assert (user.username, set(ImportRun.objects.visible_to(user))) == (user.username, seen)


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


# Work that takes long --------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch):
    """Nothing is small, and what would get a process of its own is only noted."""
    keys = []
    monkeypatch.setattr(imports, "SMALL", 0)
    monkeypatch.setattr(imports, "_in_own_process", keys.append)
    return keys


def test_a_large_file_gets_a_process_of_its_own(client, keeper, started, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = given_in(client, row())
    assert (run.state, started) == (ImportState.UPLOADED, [run.pk])
    assert "正在核对" in page(client, run)
    call_command("run_import", run.pk)
    run.refresh_from_db()
    assert run.state == ImportState.CHECKED


def test_work_in_progress_shows_how_far_it_is_without_counting_as_use(client, keeper, started):
    run = given_in(client, row())
    cache.set(imports._key(run), (4_000, 20_000, timezone.now().timestamp() - 10), 60)
    address = reverse("import-progress", args=[run.pk])
    session = client.session.session_key
    before = client.session.get_expiry_date()
    answer = client.get(address)
    assert "4,000 / 20,000" in answer.text
    assert "40 秒" in answer.text
    assert "Set-Cookie" not in answer
    assert (client.session.session_key, client.session.get_expiry_date() - before < timedelta(seconds=5)) == (
        session,
        True,
    )
    imports.carry_out(run)
    assert client.get(address)["HX-Refresh"] == "true"


def test_work_that_died_is_told_and_started_again(client, keeper, started, django_capture_on_commit_callbacks):
    run = given_in(client, row())
    assert not imports.is_dead(run)
    ImportRun.objects.update(updated_at=timezone.now() - timedelta(minutes=11))
    assert "中断" in page(client, run)
    assert list(ImportRun.objects.needing_attention()) == [run]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("import-restart", args=[run.pk]))
    assert started == [run.pk]
    run.refresh_from_db()
    assert not imports.is_dead(run)


def test_a_fault_of_the_program_saves_nothing_and_is_told(client, keeper, monkeypatch):
    run = given_in(client, row())
    before = values()

    def breaks(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(imports.versions, "create", breaks)
    run = confirmed(client, run)
    assert (run.state, values()) == (ImportState.FAILED, before)
    assert "重新开始" in page(client, run)


def test_two_at_one_import_load_it_once(client, keeper):
    run = given_in(client, row())
    first, second = ImportRun.objects.get(pk=run.pk), ImportRun.objects.get(pk=run.pk)
    ImportRun.objects.update(state=ImportState.CONFIRMED, confirmed_by=keeper)
    first.refresh_from_db()
    second.refresh_from_db()
    imports.carry_out(first)
    imports.carry_out(second)
    assert Appointment.history.count() == 1


# What is kept ----------------------------------------------------------------------------------------------


def test_after_some_days_a_file_is_dropped_and_its_findings_stay(client, keeper, settings):
    loaded = confirmed(client, given_in(client, row()))
    wrong = given_in(client, row(姓名="", 身份证号=B, 联系电话="1"))
    ImportRun.objects.update(updated_at=timezone.now() - timedelta(days=settings.IMPORT_FILES_KEPT_DAYS + 1))
    imports.drop_old()
    for run in (loaded, wrong):
        run.refresh_from_db()
        assert bytes(run.file) == b""
    assert (loaded.state, wrong.state) == (ImportState.LOADED, ImportState.ABANDONED)
    [kept] = outcomes(wrong)
    assert kept.cells == {}
    assert {(note.column, note.value) for note in kept.notes if not note.is_warning} == {("姓名", ""), ("联系电话", "")}


def test_an_import_that_is_given_up_is_dropped_at_once(client, keeper):
    run = given_in(client, row())
    client.post(reverse("import-abandon", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, bytes(run.file)) == (ImportState.ABANDONED, b"")
    assert client.post(reverse("import-report", args=[run.pk])).status_code == 404


def test_checking_a_file_leaves_the_registers_tables_alone(client, keeper):
    before = contents()
    given_in(client, row())
    changed = {table for table, digest in contents().items() if before[table] != digest}
    assert changed == {
        "registry_importrun", "registry_importrow", "registry_importrun_communities", "django_session",
    } & changed  # fmt: skip


def test_groups_loaded_by_command_and_by_page_agree(client, clerk):
    client.force_login(clerk)
    header, cells = ["社区", "居民小组", "成立日期", "楼院", "户数"], ["福民社区", "一组", "2020-12-01", "甲楼", "48"]
    run = confirmed(client, given_in(client, cells, header=header, kind="groups"))
    assert (run.state, run.new) == (ImportState.LOADED, 1)
    table = imports.Table.read(file(cells, header=header).read(), marks=areas.MARKS)
    assert areas.load_groups(table, name="groups").unchanged == 1
