"""export_month: what it writes, where, what it logs, and how it fails."""

import csv
import hashlib
import io
import os
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from jygroups.lib import client
from jygroups.lib.months import Month
from registry.models import Act, AuditEntry, Subdistrict
from subsidies.exports import services as exports
from subsidies.models import Sheet, State
from subsidies.month import sheets
from tests import factories

MAY = Month(2024, 5)


@pytest.fixture
def month(community, stranger, standard):
    """May of two subdistricts with a person each."""
    for area in (community, stranger):
        factories.appointment(factories.member(area), factories.group(area), first_day=date(2021, 1, 1))
    sheets.prepare(MAY, Subdistrict.objects.all())


def run(*arguments, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command("export_month", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def lines(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def logged():
    return AuditEntry.objects.filter(act=Act.EXPORT).order_by("pk")


def test_a_csv_holds_all_subdistricts(month, tmp_path):
    path = tmp_path / "may.csv"
    out, err = run("2024-05", "--format", "csv", "--output", str(path))
    assert [row["subdistrict_code"] for row in lines(path)] == ["620201001", "620201002"]
    assert str(path) in out
    assert err == ""
    assert os.listdir(tmp_path) == ["may.csv"]


def test_a_csv_of_one_subdistrict(month, tmp_path):
    path = tmp_path / "may.csv"
    run("2024-05", "--subdistrict", "620201002", "--format", "csv", "--output", str(path))
    assert [row["subdistrict_code"] for row in lines(path)] == ["620201002"]


def test_workbooks_of_all_subdistricts_go_to_a_folder_that_is_made(month, tmp_path):
    folder = tmp_path / "new" / "may"
    run("2024-05", "--format", "xlsx", "--output", str(folder))
    assert sorted(os.listdir(folder)) == [
        "钢城街道2024年5月工作补贴发放表（草稿）.xlsx",
        "雄关街道2024年5月工作补贴发放表（草稿）.xlsx",
    ]


def test_an_approved_sheet_s_file_is_not_called_a_draft(month, tmp_path):
    for sheet in Sheet.objects.all():
        factories.brought_to(sheet, State.APPROVED)
    run("2024-05", "--format", "xlsx", "--output", str(tmp_path))
    assert "雄关街道2024年5月工作补贴发放表.xlsx" in os.listdir(tmp_path)


def test_a_workbook_of_one_subdistrict_is_the_file_named(month, tmp_path):
    path = tmp_path / "may.xlsx"
    run("2024-05", "--subdistrict", "620201001", "--format", "xlsx", "--output", str(path))
    assert path.read_bytes().startswith(b"PK")
    assert os.listdir(tmp_path) == ["may.xlsx"]


def test_writing_again_gives_the_same_bytes(month, tmp_path):
    for form in ("csv", "xlsx"):
        path = tmp_path / f"may.{form}"
        run("2024-05", "--subdistrict", "620201001", "--format", form, "--output", str(path))
        first = path.read_bytes()
        run("2024-05", "--subdistrict", "620201001", "--format", form, "--output", str(path))
        assert path.read_bytes() == first


def test_each_file_is_logged_with_its_lines_and_its_digest(month, tmp_path):
    run("2024-05", "--format", "csv", "--output", str(tmp_path / "may.csv"))
    run("2024-05", "--subdistrict", "620201001", "--format", "xlsx", "--output", str(tmp_path / "may.xlsx"))
    first, second = Sheet.objects.order_by("subdistrict__code").values_list("pk", flat=True)
    assert [(entry.subject, entry.user, entry.details) for entry in logged()] == [
        (subject, None, {"format": form, "lines": count, "sha256": hashlib.sha256(content).hexdigest(), **sheets})
        for subject, form, count, content, sheets in (
            ("2024年5月", "csv", 2, (tmp_path / "may.csv").read_bytes(), {"sheets": [first, second]}),
            ("雄关街道2024年5月", "xlsx", 1, (tmp_path / "may.xlsx").read_bytes(), {"sheet": first}),
        )
    ]


def test_a_month_without_a_sheet_names_the_command_to_run(month, tmp_path):
    with pytest.raises(CommandError, match="prepare_month 2024-06") as failure:
        run("2024-06", "--format", "csv", "--output", str(tmp_path / "june.csv"))
    assert failure.value.returncode == 1
    assert os.listdir(tmp_path) == []


def test_a_subdistrict_without_a_sheet_is_named(month, community, tmp_path):
    sheets.prepare(MAY.next, [community.subdistrict])
    _out, err = run("2024-06", "--format", "csv", "--output", str(tmp_path / "may.csv"))
    assert "钢城街道" in err
    assert [row["subdistrict_code"] for row in lines(tmp_path / "may.csv")] == ["620201001"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_logged(month, tmp_path, form):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="file") as failure:
        run("2024-05", "--format", form, "--output", str(tmp_path / "file" / "below"))
    assert failure.value.returncode == 1
    assert not logged().exists()


def test_a_folder_is_not_overwritten_by_a_file(month, tmp_path):
    (tmp_path / "may.csv").mkdir()
    with pytest.raises(CommandError, match="may.csv：这是一个文件夹，请给出其中的文件名"):
        run("2024-05", "--format", "csv", "--output", str(tmp_path / "may.csv"))
    assert os.listdir(tmp_path) == ["may.csv"]


def test_a_write_that_breaks_off_leaves_the_old_file(month, tmp_path, monkeypatch):
    path = tmp_path / "may.csv"
    path.write_text("old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommandError, match="may.csv：磁盘已满"):
        run("2024-05", "--format", "csv", "--output", str(path))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["may.csv"]
    assert not logged().exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("2024-13", "--format", "csv", "--output", "x"),
        ("2024-05", "--format", "pdf", "--output", "x"),
        ("2024-05", "--format", "csv"),
        ("2024-05", "--subdistrict", "999999999", "--format", "csv", "--output", "x"),
    ],
)
def test_what_is_asked_wrongly_is_a_usage_error(month, arguments, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError) as failure:
        run(*arguments)
    assert failure.value.returncode == 2 or "Error:" in str(failure.value)
    assert os.listdir(tmp_path) == []


def test_a_page_gets_a_name_and_its_user_in_the_log(month, finance):
    (sheet,) = Sheet.objects.filter(subdistrict__code="620201001")
    with client.acting_from("192.0.2.7"):
        made = exports.export([sheet], "csv", actor=finance)
    assert made.name == "雄关街道2024年5月工作补贴明细（草稿）.csv"
    assert made.lines == 1
    entry = logged().get()
    assert (entry.user, entry.address) == (finance, "192.0.2.7")


def test_a_name_is_safe_in_any_file_system(month):
    Subdistrict.objects.filter(code="620201001").update(name='../雄/关"街道')
    (sheet,) = Sheet.objects.filter(subdistrict__code="620201001")
    assert exports.export([sheet], "csv").name == ".._雄_关_街道2024年5月工作补贴明细（草稿）.csv"


def test_one_workbook_takes_one_sheet(month):
    with pytest.raises(ValueError, match="2 sheets"):
        exports.export(Sheet.objects.all(), "xlsx")
    assert not logged().exists()
