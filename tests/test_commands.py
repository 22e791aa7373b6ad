"""The commands as a user calls them: what they print, what they leave, how they end."""

from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, ManagementUtility, call_command
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState
from django.db.models import CharField

from jygroups.management.commands.migrate import rendering_changed_models_only
from registry.models import Appointment, Member
from tests.registry.imports.roster_rows import HEADER, A, contents, row


@pytest.fixture(scope="session")
def set_up(sites, tmp_path_factory):
    """A site in which `setup` was called."""
    site = sites(tmp_path_factory.mktemp("set-up") / "var")
    answer = site.run("setup")
    assert (answer.returncode, answer.stderr) == (0, "")
    return site


@pytest.fixture
def trial(set_up, sites, tmp_path):
    """A copy of that site."""
    return sites(tmp_path / "var", like=set_up)


def csv_file(path: Path, *rows) -> Path:
    path.write_text("".join(",".join(cells) + "\n" for cells in [HEADER, *rows]), encoding="utf-8")
    return path


def test_the_demo_ends_with_the_workbooks_written_and_prints_where(sites, tmp_path):
    trial = sites(tmp_path / "var")
    answer = trial.run("demo", "--no-serve", "--members", "60", "--month", "2026-10")
    assert (answer.returncode, answer.stderr) == (0, "")
    folder = tmp_path / "var/exports"
    assert str(folder) in answer.stdout
    assert "jygroups-demo" in answer.stdout
    assert "secretary.fumin" in answer.stdout
    assert len(list(folder.glob("*.xlsx"))) == 2
    again = trial.run("demo", "--no-serve", "--members", "60", "--month", "2026-10")
    assert again.returncode == 0


@pytest.fixture
def end(monkeypatch):
    """How a command line ends, in this process."""
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)

    def end(*arguments) -> int:
        try:
            ManagementUtility(["manage.py", *map(str, arguments)]).execute()
        except SystemExit as reported:
            return reported.code
        return 0

    return end


@pytest.mark.usefixtures("city")
def test_commands_end_with_0_1_or_2(end, tmp_path):
    good, bad = csv_file(tmp_path / "good.csv", row()), csv_file(tmp_path / "bad.csv", row(姓名=""))
    assert end("import_roster", good) == 0
    assert end("import_roster", bad) == 1
    assert end("import_roster") == 2
    assert end("prepare_month", "2026-10") == 0
    assert end("prepare_month", "2026-13") == 2
    assert end("prepare_month", "2026-10", "--subdistrict", "999999999") == 2
    assert end("prepare_month", "2019-10") == 1
    assert end("export_month", "2026-09", "--format", "csv", "--output", tmp_path / "x.csv") == 1
    assert end("export_month", "2026-10", "--format", "doc", "--output", tmp_path / "x") == 2
    assert end("explain_payment", A, "2026-10") == 0
    assert end("explain_payment", A[:-1], "2026-10") == 1


def test_a_refused_file_leaves_the_database_byte_for_byte_as_it_was(trial, tmp_path):
    assert trial.run("import_roster", csv_file(tmp_path / "good.csv", row())).returncode == 0
    before = trial.content()
    answer = trial.run("import_roster", csv_file(tmp_path / "bad.csv", row(姓名="李四"), row(任职日期="去年")))
    assert answer.returncode == 1
    assert trial.content() == before


@pytest.mark.usefixtures("city")
class TestImportRoster:
    def test_problems_go_to_standard_error_one_a_line(self, tmp_path, capsys):
        wrong = A[:17] + ("0" if A[17] != "0" else "1")
        file = csv_file(tmp_path / "a.csv", row(身份证号=wrong), row(社区="桃花源", 任职日期="去年"))
        with pytest.raises(CommandError, match="3") as refused:
            call_command("import_roster", file)
        assert refused.value.returncode == 1
        lines = capsys.readouterr().err.strip().splitlines()
        lines = [line for line in lines if line.startswith("第")]  # the others are warnings
        assert [line.split(" · ")[:3] for line in lines] == [
            ["第2行", "身份证号", wrong],
            ["第3行", "社区", "桃花源"],
            ["第3行", "任职日期", "去年"],
        ]
        assert A[17] in lines[0].split(" · ")[3]

    def test_a_dry_run_saves_nothing(self, tmp_path):
        before = contents()
        call_command("import_roster", csv_file(tmp_path / "a.csv", row()), dry_run=True)
        assert contents() == before

    def test_the_report_is_the_file_with_each_finding_beside_its_cell(self, tmp_path):
        file = csv_file(tmp_path / "a.csv", row(), row(身份证号="=1+1", 姓名=""))
        with pytest.raises(CommandError):
            call_command("import_roster", file, report=tmp_path / "report.xlsx")
        sheet = openpyxl.load_workbook(tmp_path / "report.xlsx").active
        assert [cell.value for cell in sheet[1]][: len(HEADER)] == HEADER
        wrong = sheet.cell(3, HEADER.index("身份证号") + 1)
        assert (wrong.value, wrong.data_type) == ("=1+1", "s")
        assert wrong.comment
        assert sheet.cell(3, HEADER.index("姓名") + 1).comment
        assert "身份证号" in sheet.cell(3, len(HEADER) + 1).value
        assert sheet.cell(3, 1).fill.fgColor.rgb != wrong.fill.fgColor.rgb

    def test_a_file_that_cannot_be_read_is_reported_with_the_reason(self, tmp_path):
        path = tmp_path / "a.xlsx"
        path.write_bytes(b"PK\x03\x04 cut short")
        with pytest.raises(CommandError) as refused:
            call_command("import_roster", path)
        assert refused.value.returncode == 1

    def test_a_good_file_is_loaded_and_counted(self, tmp_path, capsys):
        call_command("import_roster", csv_file(tmp_path / "a.csv", row()))
        assert "1" in capsys.readouterr().out
        assert (Member.objects.count(), Appointment.objects.count()) == (1, 1)

    def test_a_report_that_cannot_be_written_ends_it_before_anything_is_loaded(self, tmp_path):
        before = contents()
        with pytest.raises(CommandError, match="nowhere"):
            call_command("import_roster", csv_file(tmp_path / "a.csv", row()), report=tmp_path / "nowhere/report.xlsx")
        assert contents() == before


def test_a_migration_renders_again_only_the_model_that_it_changes(monkeypatch):
    rendered, render = [], ModelState.render
    monkeypatch.setattr(ModelState, "render", lambda self, apps: rendered.append(self.name) or render(self, apps))
    state = MigrationLoader(None).project_state()
    models = len(state.apps.get_models())
    rendered.clear()
    with rendering_changed_models_only():
        migrations.AddField("member", "nickname", CharField(default="")).state_forwards("registry", state)
    assert rendered == ["Member"]
    assert state.apps.get_model("registry", "Member")._meta.get_field("nickname")
    state.clear_delayed_apps_cache()  # as before Python in a migration
    rendered.clear()
    assert state.apps.get_models()
    assert len(rendered) >= models
