"""Titles that are not known are chosen on the page or for the command; good rows are saved; rows are accounted for."""

import io
import json
from datetime import date

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.urls import reverse

from jygroups.lib import sheets
from registry.models import Appointment, AuditEntry, ImportRun, ImportState, ResidentsGroup
from tests import factories
from tests.registry.import_steps import UPLOAD, confirmed, file, given_in, page
from tests.registry.roster_rows import HEADER, A, B, row

UNKNOWN = [{"身份证号": "证件编码", "离任日期": "下岗日子"}.get(title, title) for title in HEADER]


@pytest.fixture(autouse=True)
def _registry(city):
    """The real areas and groups."""
    cache.clear()


@pytest.fixture
def keeper(client, secretary):
    client.force_login(secretary)
    return secretary


def choose(client, run: ImportRun, **columns) -> ImportRun:
    names = {title: f"title-{number}" for number, title in enumerate(run.unread["titles"])}
    client.post(reverse("import-columns", args=[run.pk]), {names[title]: each for title, each in columns.items()})
    run.refresh_from_db()
    return run


def test_unknown_titles_are_named_with_a_proposal_and_chosen(client, keeper):
    run = given_in(client, row(离任日期="2023-06-30"), header=UNKNOWN)
    assert run.state == ImportState.REFUSED
    assert set(run.unread["titles"]) == {"证件编码", "下岗日子"}
    text = page(client, run)
    assert "证件编码" in text
    assert "按所选的列重新检查" in text
    run = choose(client, run, 证件编码="身份证号", 下岗日子="离任日期")
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    confirmed(client, run)
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_a_title_left_out_can_be_chosen_while_all_else_is_in_order(client, keeper):
    header = ["离岗日子" if title == "离任日期" else title for title in HEADER]
    run = given_in(client, row(离任日期="2023-06-30"), header=header)
    assert run.state == ImportState.CHECKED
    assert "离岗日子" in page(client, run)
    confirmed(client, choose(client, run, 离岗日子="离任日期"))
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_what_was_chosen_is_remembered_for_the_next_file_of_the_area(client, keeper):
    run = given_in(client, row(), header=UNKNOWN)
    confirmed(client, choose(client, run, 证件编码="身份证号", 下岗日子="离任日期"))
    again = given_in(client, row(姓名="李四", 身份证号=B), header=UNKNOWN)
    assert (again.state, again.new) == (ImportState.CHECKED, 1)


def test_two_titles_are_never_one_column(client, keeper):
    run = given_in(client, row(), header=UNKNOWN)
    assert choose(client, run, 证件编码="身份证号", 下岗日子="身份证号").state == ImportState.REFUSED
    assert run.chosen == {}


def test_the_command_takes_a_mapping(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(row(离任日期="2023-06-30"), header=UNKNOWN).read())
    with pytest.raises(CommandError, match="证件编码"):
        call_command("import_roster", path)
    mapping = json.dumps({"身份证号": "证件编码", "离任日期": "下岗日子"})
    call_command("import_roster", path, mapping=mapping, stdout=io.StringIO())
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


@pytest.mark.parametrize("mapping", ["{", "[]", '{"无此列": "x"}', '{"姓名": 1}'])
def test_a_mapping_that_is_none_is_a_mistake_of_usage(tmp_path, mapping):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(row()).read())
    with pytest.raises(CommandError) as refused:
        call_command("import_roster", path, mapping=mapping)
    assert refused.value.returncode == 2


def test_the_rows_without_a_problem_are_saved_as_a_file_that_loads(client, keeper):
    run = given_in(client, row(), row(姓名="李四", 身份证号=B, 任职日期="明年"))
    assert run.state == ImportState.REFUSED
    assert "把没有问题的 1 行另存为文件" in page(client, run)
    answer = client.post(reverse("import-good", args=[run.pk]))
    [header, *rows] = sheets.read(answer.content)[0]
    assert header == HEADER
    assert [each[header.index("身份证号")] for each in rows] == [A]
    assert AuditEntry.objects.get().details["what"] == "rows without problems"
    from django.core.files.uploadedfile import SimpleUploadedFile

    client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("a.xlsx", answer.content)})
    assert ImportRun.objects.latest("pk").state == ImportState.CHECKED


def test_the_page_accounts_for_every_row_of_the_file(client, keeper):
    total = ["合计", *[""] * 2, "2人", *[""] * (len(HEADER) - 4)]
    run = given_in(client, row(), row(姓名="李四", 身份证号=B, 任职日期="明年"), total)
    assert "文件共4行＝读取1行＋跳过2行＋拒绝1行" in page(client, run)


# Pasted -----------------------------------------------------------------------------------------------------


def pasted(client, group, rows, **options):
    text = "\n".join("\t".join(each) for each in rows)
    return client.post(reverse("group-paste", args=[group.pk]), {"rows": text, **options})


@pytest.fixture
def group_here(city, community):
    return ResidentsGroup.objects.get(committee__community=community, ordinal=1)


def test_thousands_of_pasted_rows_are_checked_and_of_more_it_is_said(client, keeper, group_here):
    rows = [
        ["张三", factories.id_number(date(1972, 1, 1), order), "成员", "2021-01-05", "非在职"]
        for order in range(1, 900)
    ]
    answer = pasted(client, group_here, [*rows, ["李四", "12", "成员", "2021-01-05", "非在职"]])
    assert answer.status_code == 422
    assert "900" in answer.text
    assert "应为18位" in answer.text
    many = pasted(client, group_here, rows * 6)
    assert many.status_code == 422
    assert "5,000" in many.text


def test_a_member_or_leader_of_the_group_may_be_called_so_and_totals_are_named(client, keeper, group_here):
    rows = [
        ["姓名", "身份证号码", "岗位", "任职时间", "是否在职"],
        ["张三", A, "成员", "2021-01-05", "否"],
        ["李四", B, "组长", "2021/1/5 0:00", "否"],
        ["合计", "2人", "", "", ""],
    ]
    answer = pasted(client, group_here, rows)
    assert "合计行" in answer.text
    pasted(client, group_here, rows, save="1")
    assert {office.position for office in Appointment.objects.filter(group=group_here)} == {
        "group_member", "group_leader",
    }  # fmt: skip
