"""Rows of a roster's file for tests, and what the registers hold after it was loaded."""

import hashlib
from datetime import date

from django.apps import apps
from django.db import connection

from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import EmploymentSpell
from tests import factories

HEADER = [
    "街道", "社区", "居民小组", "姓名", "身份证号", "联系电话", "职务", "任职日期", "离任日期", "离任原因",
    "在职情况", "在职起始日期", "在职截止日期", "工作单位", "人员来源", "开户银行", "银行账号", "备注",
]  # fmt: skip
A, B, C, D = (factories.id_number(date(1970, 1, 1), order) for order in (101, 102, 103, 104))
ACCOUNT = "6228480003000027320"


def row(**cells) -> list[str]:
    """A row without fault, but for the cells given."""
    usual = {
        "街道": "雄关街道", "社区": "福民社区", "居民小组": "第一居民小组", "姓名": "张三", "身份证号": A,
        "职务": "居民小组成员", "任职日期": "2021-01-05", "在职情况": "非在职",
    }  # fmt: skip
    return [{**usual, **cells}.get(title, "") for title in HEADER]


def load(*rows, header=HEADER, **options):
    return rosters.load_roster(FileTable.of([header, *rows]), name="roster.xlsx", **options)


def contents() -> dict[str, str]:
    """A digest of each table of the project's."""
    digests = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {model._meta.db_table} ORDER BY 1")
            digests[model._meta.db_table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return digests


def problems(loaded) -> list[tuple]:
    return [(finding.row, finding.column) for finding in loaded.problems]


def spells() -> list[tuple]:
    return [(spell.first_day, spell.last_day) for spell in EmploymentSpell.objects.order_by("first_day")]
