"""A file given in by page does what the command does, after its user was shown what that is."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from jygroups.lib import constraints
from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.file_tables import FileTable, Unclear
from jygroups.lib.spreadsheets.structures import Structure
from registry.imports import groups as group_files
from registry.imports import roster_files as rosters
from registry.imports import services as imports
from registry.imports.findings import Finding, report
from registry.models import (
    Appointment,
    AuditEntry,
    EmploymentSpell,
    ImportRun,
    ImportState,
    Member,
)
from registry.records import versions
from tests.registry.imports import disguises
from tests.registry.imports.import_steps import UPLOAD, confirmed, file, given_in, outcomes, page, values
from tests.registry.imports.roster_rows import ACCOUNT, HEADER, A, B, C, contents, row

pytestmark = pytest.mark.usefixtures("real_areas")


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

    def reported() -> list:
        return [
            [
                {
                    name: value
                    for name, value in version.__dict__.items()
                    if not name.startswith("_") and name not in ("id", "row_key", "member_id", "history_id",
                                                                 "history_date", "history_user_id", "created_at",
                                                                 "updated_at")
                }
                for version in model.history.order_by("history_id")
            ]
            for model in (Member, EmploymentSpell, Appointment)
        ]  # fmt: skip

    run = confirmed(client, given_in(client, *rows))
    by_page = reported()
    assert run.state == ImportState.LOADED
    constraints.remove_triggers()
    for model in (Appointment, EmploymentSpell, Member):
        model.objects.all().delete()
        model.history.all().delete()
    path = tmp_path / "roster.csv"
    path.write_bytes(file(*rows).read())
    call_command("import_roster", path)
    assert by_page == reported()


def test_the_preview_shows_old_and_new_of_each_cell_and_that_is_what_changes(client, keeper):
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
    exported = SimpleUploadedFile("roster.xlsx", rosters.export_roster(community, purpose="核对", actor=keeper))
    before = values()
    client.post(UPLOAD, {"kind": "roster", "file": exported})
    run = ImportRun.objects.latest("pk")
    assert (run.state, run.unchanged) == (ImportState.NOTHING, 2)
    assert values() == before


def test_who_confirms_what_has_changed_since_is_shown_it_again(client, keeper):
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
    asked = client.post(reverse("import-report", args=[run.pk]))
    assert "Content-Disposition" not in asked
    answer = client.post(reverse("import-report", args=[run.pk]), {"purpose": "核对", "password": "secret"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet.cell(2, HEADER.index("居民小组") + 1).comment is not None
    assert sheet.cell(2, HEADER.index("身份证号") + 1).value == A  # the user's own file
    assert AuditEntry.objects.get().details["what"] == "import report"


def test_a_finding_about_a_whole_row_stands_alone_beside_it():
    findings = [Finding(2, "", "", "合计行"), Finding(2, "姓名", "", "请填写")]
    content = report(FileTable.of([["姓名"], ["合计"]], rosters.SHAPE), findings)
    assert openpyxl.load_workbook(io.BytesIO(content)).active["B2"].value == "合计行; 姓名: 请填写"


def test_a_cell_with_a_problem_and_a_warning_is_marked_as_wrong_and_has_both_in_its_note():
    table, problem = FileTable.of([["姓名"], ["张三"]], rosters.SHAPE), Finding(2, "姓名", "", "请填写")
    warning = Finding(2, "姓名", "", "请核对", is_warning=True)
    [both, wrong] = (
        openpyxl.load_workbook(io.BytesIO(report(table, found))).active["A2"]
        for found in ([problem, warning], [problem])
    )
    assert both.comment.text == "请填写; 请核对"
    assert both.fill.fgColor.rgb == wrong.fill.fgColor.rgb


def test_rows_of_a_file_name_the_cells_where_they_are_in_the_download_or_say_that_they_are_in_the_file():
    table = FileTable.of([["姓名"], ["张三"], ["李四"]], rosters.SHAPE)
    findings = [
        Finding(3, "姓名", "", "单元格A3的文字带删除线"),
        Finding(3, "", "", "单元格 A2:A3 是合并的"),
        Finding(3, "", "", "第2行"),
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(report(table, findings, frozenset([3])))).active
    assert sheet["B2"].value == "姓名: 单元格A2的文字带删除线; 原文件单元格 A2:A3 是合并的; 原文件第2行"


def test_the_workbook_with_the_findings_has_on_each_row_what_was_read_of_merged_cells():
    rows = [["社区", "姓名", "身份证号"], ["福民社区", "张三", A], ["", "李四", B]]
    table = FileTable.found(rows, rosters.SHAPE, Structure(merged=[(1, 0, 2, 0)]))
    assert [row for _number, row in table.body.rows] == [rows[1], ["福民社区", "李四", B]]
    assert openpyxl.load_workbook(io.BytesIO(report(table, []))).active["A3"].value == "福民社区"


def test_a_corrected_file_takes_the_place_of_the_one_with_problems(client, keeper):
    wrong = given_in(client, row(姓名=""))
    assert list(ImportRun.objects.visible_to(keeper).needing_attention()) == [wrong]
    client.post(UPLOAD, {"kind": "roster", "file": file(row()), "instead": wrong.pk})
    wrong.refresh_from_db()
    run = ImportRun.objects.latest("pk")
    assert (wrong.state, bytes(wrong.file)) == (ImportState.ABANDONED, b"")
    assert list(ImportRun.objects.visible_to(keeper).needing_attention()) == [run]
    confirmed(client, run)
    assert not ImportRun.objects.needing_attention().exists()


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
    address = reverse("import-progress", args=[run.pk])
    session = client.session.session_key
    before = client.session.get_expiry_date()
    cache.set(run.progress_key, (4_000, 20_000, timezone.now().timestamp() - 10), 60)
    with time_machine.travel(timezone.now(), tick=False):
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


def test_work_that_died_is_reported_and_started_again(client, keeper, started, django_capture_on_commit_callbacks):
    run = given_in(client, row())
    assert not run.is_dead
    ImportRun.objects.update(updated_at=timezone.now() - timedelta(minutes=11))
    assert "中断" in page(client, run)
    assert list(ImportRun.objects.needing_attention()) == [run]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("import-restart", args=[run.pk]))
    assert started == [run.pk]
    run.refresh_from_db()
    assert not run.is_dead


def test_a_fault_of_the_program_saves_nothing_and_is_reported(client, keeper, monkeypatch):
    run = given_in(client, row())
    before = values()

    def breaks(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(versions, "create", breaks)
    run = confirmed(client, run)
    assert (run.state, values()) == (ImportState.FAILED, before)
    assert "重新开始" in page(client, run)


@pytest.mark.parametrize("error", [Unclear("表头"), RuntimeError("fault")])
def test_what_is_given_up_while_it_is_at_work_stays_dropped(client, keeper, monkeypatch, error):
    run = given_in(client, row())
    ImportRun.objects.update(state=ImportState.UPLOADED)
    run.refresh_from_db()

    def reads(run):
        assert bytes(run.file)
        imports.give_up(ImportRun.objects.get(pk=run.pk))
        raise error

    monkeypatch.setattr(imports, "table_of", reads)
    imports.carry_out(run)
    run.refresh_from_db()
    assert (run.state, bytes(run.file)) == (ImportState.ABANDONED, b"")


def test_two_at_one_import_load_it_once(client, keeper):
    run = given_in(client, row())
    first, second = ImportRun.objects.get(pk=run.pk), ImportRun.objects.get(pk=run.pk)
    ImportRun.objects.update(state=ImportState.CONFIRMED, confirmed_by=keeper)
    first.refresh_from_db()
    second.refresh_from_db()
    imports.carry_out(first)
    imports.carry_out(second)
    assert Appointment.history.count() == 1


# What is stored --------------------------------------------------------------------------------------------


def test_after_some_days_a_file_is_dropped_and_its_findings_stay(client, keeper):
    loaded = confirmed(client, given_in(client, row()))
    wrong = given_in(client, row(姓名="", 身份证号=B, 联系电话="1"))
    ImportRun.objects.update(updated_at=timezone.now() - timedelta(days=31))
    imports.drop_old()
    for run in (loaded, wrong):
        run.refresh_from_db()
        assert bytes(run.file) == b""
    assert (loaded.state, wrong.state) == (ImportState.LOADED, ImportState.ABANDONED)
    [stored] = outcomes(wrong)
    assert stored.cells == {}
    assert {(note.column, note.value) for note in stored.notes if not note.is_warning} == {
        ("姓名", ""),
        ("联系电话", ""),
    }


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
        "registry_importrun", "registry_importrow", "registry_importrun_communities", "registry_session",
    } & changed  # fmt: skip


def test_groups_loaded_by_command_and_by_page_agree(client, clerk):
    client.force_login(clerk)
    header, cells = ["社区", "居民小组", "成立日期", "楼院", "户数"], ["福民社区", "一组", "2020-12-01", "甲楼", "48"]
    run = confirmed(client, given_in(client, cells, header=header, kind="groups"))
    assert (run.state, run.new) == (ImportState.LOADED, 1)
    table = imports.FileTable.read(file(cells, header=header).read(), shape=group_files.SHAPE)
    assert group_files.load_groups(table, name="groups").unchanged == 1


def test_a_workbook_with_a_password_is_asked_for_it_and_stored_without(client, keeper):
    content = sandbox.locked(disguises.with_openpyxl({"花名册": [HEADER, row()]}), "机密")
    sent = {"kind": "roster", "file": SimpleUploadedFile("花名册.xlsx", content)}
    page = client.post(reverse("import-upload"), sent)
    assert page.status_code == 422
    assert 'name="password"' in page.text
    again = {**sent, "file": SimpleUploadedFile("花名册.xlsx", content), "password": "wrong"}
    assert "密码不对" in client.post(reverse("import-upload"), again).text
    assert not ImportRun.objects.exists()
    again |= {"file": SimpleUploadedFile("花名册.xlsx", content), "password": "机密"}
    client.post(reverse("import-upload"), again)
    assert ImportRun.objects.get().state == "checked"
