"""Titles that are not known are chosen on the page or for the command; good rows are saved; rows are accounted for."""

import io
import json
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.urls import reverse

from registry.models import Appointment, ImportRun, ImportState, ResidentsGroup
from tests import factories
from tests.registry.imports.import_steps import confirmed, file, given_in, outcomes, page
from tests.registry.imports.roster_rows import ACCOUNT, HEADER, A, B, C, D, row

UNKNOWN = [{"身份证号": "证件编码", "离任日期": "下岗日子"}.get(title, title) for title in HEADER]


pytestmark = pytest.mark.usefixtures("real_areas")


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
    assert text.index("按所选的列重新检查") < text.index("改正后重新上传")
    run = choose(client, run, 证件编码="身份证号", 下岗日子="离任日期")
    assert (run.state, run.new) == (ImportState.CHECKED, 1)
    confirmed(client, run)
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_a_column_that_is_left_out_is_not_among_the_folded_warnings(client, keeper):
    run = given_in(client, [*row(), "汉"], header=[*HEADER, "民族"])
    run.findings += [[[2], "备注", f"提醒{each}", True, "", 1] for each in range(4)]
    run.save()
    found = BeautifulSoup(client.get(run.get_absolute_url()).text, "html.parser")
    folded = found.select_one("details.by-cause").extract()
    assert "提醒3" in folded.text
    assert "民族" not in folded.text
    assert "民族" in " ".join(each.text for each in found.select(".note"))


def test_an_unknown_column_of_days_is_asked_about_where_no_last_day_is_known(client, keeper):
    header = ["离岗日子" if title == "离任日期" else title for title in HEADER]
    run = given_in(client, row(离任日期="2023-06-30"), header=header)
    assert run.state == ImportState.REFUSED
    assert "离岗日子" in page(client, run)
    confirmed(client, choose(client, run, 离岗日子="离任日期"))
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


def test_an_unknown_column_of_days_that_are_no_ends_is_not_asked_about(client, keeper):
    header = ["出生日期" if title == "离任日期" else title for title in HEADER]
    run = given_in(client, row(离任日期="1970-01-01"), header=header)
    assert run.state == ImportState.CHECKED


def test_what_was_chosen_is_remembered_for_the_next_file_of_the_area(client, keeper):
    run = given_in(client, row(), header=UNKNOWN)
    confirmed(client, choose(client, run, 证件编码="身份证号", 下岗日子="离任日期"))
    again = given_in(client, row(姓名="李四", 身份证号=B), header=UNKNOWN)
    assert (again.state, again.new) == (ImportState.CHECKED, 1)


def test_what_is_remembered_yields_to_a_title_that_is_known_and_can_be_cleared(client, keeper):
    header = ["工资卡" if title == "银行账号" else title for title in HEADER]
    run = given_in(client, row(银行账号=ACCOUNT), header=header)
    confirmed(client, choose(client, run, 工资卡="银行账号"))
    again = given_in(client, [*row(姓名="李四", 身份证号=B, 银行账号=ACCOUNT), "1"], header=[*HEADER, "工资卡"])
    assert again.chosen == {}
    assert (again.state, outcomes(again)[0].cells["银行账号"][-4:]) == (ImportState.CHECKED, ACCOUNT[-4:])
    third = given_in(client, row(姓名="王五", 身份证号=C, 银行账号=ACCOUNT), header=header)
    assert "银行账号" in outcomes(third)[0].cells
    assert "清除这项选择" in page(client, third)
    client.post(reverse("import-columns", args=[third.pk]), {"clear": "银行账号"})
    third.refresh_from_db()
    assert "银行账号" not in outcomes(third)[0].cells
    assert "清除这项选择" not in page(client, third)
    confirmed(client, third)
    assert given_in(client, row(姓名="赵六", 身份证号=D, 银行账号=ACCOUNT), header=header).chosen == {}


def test_a_title_that_is_left_out_is_not_asked_about_again_until_that_is_cleared(client, keeper):
    header = [{"银行账号": "工资卡", "联系电话": "备用号"}.get(title, title) for title in HEADER]
    run = choose(client, given_in(client, row(), header=header), 工资卡="", 备用号="")
    assert run.unread == {}
    assert "按所选的列重新检查" not in page(client, run)
    confirmed(client, run)
    assert "清除这项选择" not in page(client, run)
    again = given_in(client, row(姓名="李四", 身份证号=B), header=header)
    assert (set(again.chosen["left"]), again.unread) == ({"工资卡", "备用号"}, {})
    assert "”不采用" in page(client, again)
    client.post(reverse("import-columns", args=[again.pk]), {"clear": "left"})
    again.refresh_from_db()
    assert set(again.unread["titles"]) == {"工资卡", "备用号"}
    confirmed(client, choose(client, again, 工资卡="银行账号", 备用号=""))
    third = given_in(client, row(姓名="王五", 身份证号=C), header=header)
    assert third.chosen == {"银行账号": "工资卡", "left": ["备用号"]}


def test_a_column_of_days_is_asked_about_again_though_it_was_left_out(client, keeper):
    header = ["离岗日子" if title == "离任日期" else title for title in HEADER]
    run = choose(client, given_in(client, row(离任日期="2023-06-30"), header=header), 离岗日子="")
    assert run.unread["titles"] == ["离岗日子"]
    assert run.chosen == {}


def test_two_titles_are_never_one_column(client, keeper):
    run = given_in(client, row(), header=UNKNOWN)
    assert choose(client, run, 证件编码="身份证号", 下岗日子="身份证号").state == ImportState.REFUSED
    assert run.chosen == {}


def test_the_command_takes_a_mapping(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(row(离任日期="2023-06-30"), header=UNKNOWN).read())
    with pytest.raises(CommandError, match="""--mapping '{"身份证号": "证件编码"}'"""):
        call_command("import_roster", path)
    mapping = json.dumps({"身份证号": "证件编码", "离任日期": "下岗日子"})
    call_command("import_roster", path, mapping=mapping, stdout=io.StringIO())
    assert str(Appointment.objects.get().last_day) == "2023-06-30"


@pytest.mark.parametrize(
    "mapping",
    ["{", "[]", '{"无此列": "x"}', '{"姓名": 1}', '{"离任日期": "退任"}', '{"离任日期": "备注", "备注": "备注"}'],
)
def test_a_mapping_that_is_none_is_a_mistake_of_usage(tmp_path, mapping):
    path = tmp_path / "roster.csv"
    path.write_bytes(file(row()).read())
    with pytest.raises(CommandError) as refused:
        call_command("import_roster", path, mapping=mapping)
    assert refused.value.returncode == 2


def test_the_page_accounts_for_every_row_of_the_file(client, keeper):
    total = ["合计", *[""] * 2, "2人", *[""] * (len(HEADER) - 4)]
    run = given_in(client, row(), row(姓名="李四", 身份证号=B, 任职日期="明年"), total)
    assert "共4行＝读取1行＋跳过2行＋拒绝1行" in page(client, run)


# Pasted -----------------------------------------------------------------------------------------------------


def pasted(client, group, rows, **options):
    text = "\n".join("\t".join(each) for each in rows)
    return client.post(reverse("group-paste", args=[group.pk]), {"rows": text, **options})


@pytest.fixture
def group_here(city, community):
    return ResidentsGroup.objects.get(committee__community=community, ordinal=1)


def test_thousands_of_pasted_rows_are_checked_and_more_are_reported(client, keeper, group_here):
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
