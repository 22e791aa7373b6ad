"""Columns that nobody is asked about, proposals that fit the cells, and downloads that can be uploaded again."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registry.imports import column_choices
from registry.imports.titles import TITLES, is_left_out
from registry.models import ImportRun, ImportState
from tests.registry.imports.disguises import with_openpyxl
from tests.registry.imports.import_steps import UPLOAD, given_in, page, type_password
from tests.registry.imports.paste_form import person
from tests.registry.imports.roster_rows import HEADER, A, B, C, row

pytestmark = pytest.mark.usefixtures("real_areas")
NAME, NUMBER, COMMUNITY = (HEADER.index(title) for title in ("姓名", "身份证号", "社区"))


def uploaded(client, content: bytes) -> ImportRun:
    client.post(UPLOAD, {"kind": "roster", "file": SimpleUploadedFile("a.xlsx", content)})
    return ImportRun.objects.latest("pk")


def downloaded(client, run: ImportRun, kind: str) -> bytes:
    type_password(client)
    return client.post(reverse(f"import-{kind}", args=[run.pk]), {"purpose": "核对"}).content


def merged(client) -> ImportRun:
    """Rows 3 and 4, of which 3 is right, share their community; 4 and 5 are refused."""
    rows = [HEADER, row(), row(姓名="李四", 身份证号=B), row(姓名="王五", 身份证号=C), row(姓名="赵六", 身份证号=C)]
    rows[0] = ["证件号" if title == "身份证号" else title for title in HEADER]
    return uploaded(client, with_openpyxl({"花名册": rows}, lambda book: book.active.merge_cells("B3:B4")))


@pytest.mark.parametrize("kind", ["report", "wrong"])
def test_a_download_has_on_each_row_what_was_read_of_merged_cells(client, keeper, kind):
    sheet = openpyxl.load_workbook(io.BytesIO(downloaded(client, merged(client), kind))).active
    communities = {each[NAME]: each[COMMUNITY] for each in sheet.iter_rows(min_row=2, values_only=True)}
    assert communities["王五"] == "福民社区"


def test_the_rows_with_problems_can_be_uploaded_again_with_no_other_problem(client, keeper):
    run = merged(client)
    content = downloaded(client, run, "wrong")
    again = uploaded(client, content)
    assert again.wrong == run.wrong
    text = page(client, again)
    assert "不认识" not in text
    assert "缺少" not in text


def test_its_texts_name_the_titles_and_rows_of_the_download(client, keeper):
    run = merged(client)
    assert "第4、5行" in page(client, run)
    [_titles, first, _second] = openpyxl.load_workbook(io.BytesIO(downloaded(client, run, "wrong"))).active.values
    assert first[-1].startswith("证件号: 第2、3行")


@pytest.mark.parametrize("title", ["序号", "编号", "No.", "问题;民族:不认识这一列,已略过"])
def test_running_numbers_and_our_findings_are_left_out_without_a_question(client, keeper, title):
    run = given_in(client, ["1", *row()], header=[title, *[each for each in HEADER if each != "银行账号"], "民族"])
    assert title not in run.unread["titles"]
    assert run.state == ImportState.CHECKED
    assert f"{title} 不认识" not in page(client, run)


def test_numbers_of_people_are_no_running_numbers():
    assert not is_left_out("编号", [A])


def test_pasted_running_numbers_are_not_read(paste):
    form = paste(["序号", "姓名", "身份证号", "职务", "任职日期", "在职情况"], ["1", *person()])
    assert form.answer.status_code == 200
    assert "序号（不采用）" in form.text


@pytest.mark.parametrize(
    ("title", "column", "texts", "is_proposed"),
    [
        ("卡号序列", "银行账号", ["1", "2", "小计"], False),
        ("工资卡号码", "银行账号", ["6228***********7320"], True),
        ("身份证编码", "身份证号", ["12"], False),
        ("身份证编码", "身份证号", ["6202**********1011"], True),
        ("电话备用", "联系电话", ["有"], False),
        ("电话备用", "联系电话", ["138 0000 0001"], True),
        ("到期", "任职日期", ["2030-12-31"], False),
        ("聘任时间", "离任日期", ["2026-01-05"], False),
        ("参加工作", "工作单位", ["1985-07-01"], False),
        ("本届任职日期", "任职日期", ["2026-01-05"], True),
    ],
)
def test_a_column_is_proposed_only_where_the_cells_fit(title, column, texts, is_proposed):
    unread = {"titles": [title], "columns": [column]}
    assert column_choices.proposals(unread, TITLES, {title: texts}) == ({title: column} if is_proposed else {})


@pytest.mark.parametrize("title", ["居民姓名", "人员姓名", "成员姓名"])
def test_these_titles_are_names(client, keeper, title):
    header = [title if each == "姓名" else each for each in HEADER]
    assert given_in(client, row(), header=header).state == ImportState.CHECKED
