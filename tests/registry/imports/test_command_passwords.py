"""A protected workbook at the commands: its password from a file or the terminal, never among the arguments."""

import pytest
from django.core.management import CommandError, call_command

from jygroups.lib.spreadsheets import sandbox
from registry.management import passwords
from registry.models import Building, Member
from tests.registry.imports import disguises
from tests.registry.imports.roster_rows import HEADER, row

pytestmark = pytest.mark.usefixtures("group")


@pytest.fixture
def protected(tmp_path):
    def protected(*rows):
        path = tmp_path / "花名册.xlsx"
        path.write_bytes(sandbox.locked(disguises.with_openpyxl({"花名册": [*rows]}), "机 密"))
        return path

    return protected


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "password"
    path.write_text("机 密\n", encoding="utf-8")
    return path


def test_the_password_is_read_from_a_file(protected, password_file):
    call_command("import_roster", protected(HEADER, row()), password_file=password_file)
    assert Member.objects.get().name == "张三"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nsecond line\n"])
@pytest.mark.parametrize("password", [" a b ", "\tx\u3000", "x\x0by\x1cz", "x\u2028y\x85"])
def test_all_of_the_first_line_but_its_end_is_the_password(tmp_path, password, end):
    path = tmp_path / "password"
    path.write_bytes(f"{password}{end}".encode())
    assert passwords._password(path, path) == password


def test_groups_too(protected, password_file):
    rows = [["社区", "居民小组", "楼院"], ["福民社区", "第一居民小组", "1号楼"]]
    call_command("import_groups", protected(*rows), password_file=password_file)
    assert Building.objects.get().name == "1号楼"


def test_a_terminal_is_asked(protected, monkeypatch):
    monkeypatch.setattr(passwords.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(passwords, "getpass", lambda prompt: "机 密" if "花名册.xlsx" in prompt else "")
    call_command("import_roster", protected(HEADER, row()))
    assert Member.objects.exists()


def test_a_wrong_password_and_none_are_named(protected, tmp_path):
    wrong = tmp_path / "wrong"
    wrong.write_text("猜的", encoding="utf-8")
    for options, cause in (({"password_file": wrong}, "密码不对"), ({}, "--password-file")):
        with pytest.raises(CommandError, match=cause) as refused:
            call_command("import_roster", protected(HEADER, row()), **options)
        assert refused.value.returncode == 1
    with pytest.raises(CommandError) as refused:
        call_command("import_roster", protected(HEADER, row()), password_file=tmp_path / "none")
    assert refused.value.returncode == 2


@pytest.mark.parametrize("command", ["import_roster", "import_groups", "import_bank_answer", "compare_month"])
def test_no_command_takes_a_password_as_an_argument(command, capsys):
    with pytest.raises(SystemExit):
        call_command(command, "--help")
    printed = capsys.readouterr().out
    assert "--password-file PATH" in printed
    assert "--password " not in printed
