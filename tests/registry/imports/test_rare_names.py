"""Every Chinese character in somebody's name: the same through a GB18030 file, database, search, page and workbook."""

import csv
import io
import unicodedata
from datetime import date, timedelta

import openpyxl
import pytest
from django.urls import reverse

from jygroups.lib import names
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Member
from tests import factories
from tests.registry.imports.roster_rows import HEADER, row

# The blocks of Unicode in which the 8,105 characters of 通用规范汉字表 are, 196 of them above U+FFFF.
BLOCKS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x323B0))
CHARACTERS = [chr(each) for block in BLOCKS for each in block if unicodedata.category(chr(each)) == "Lo"]
NAMES = ["".join(CHARACTERS[first : first + names.LONGEST]) for first in range(0, len(CHARACTERS), names.LONGEST)] + [
    "买买提·艾力",
    "古丽·阿依·木",
]
FEW = slice(None, None, 97)


@pytest.fixture
def roster(city) -> bytes:
    """A file as WPS saves it, with a person of each name."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for place, name in enumerate(NAMES):
        born = date(1950, 1, 1) + timedelta(days=place)
        writer.writerow(row(姓名=name, 身份证号=factories.id_number(born, 11)))
    return text.getvalue().encode("gb18030")


def test_a_name_of_any_characters_stays_as_it_is(client, roster, clerk):
    loaded = rosters.load_roster(FileTable.read(roster, shape=rosters.SHAPE), name="roster.csv")
    assert (loaded.problems, loaded.new) == ([], len(NAMES))
    people = list(Member.objects.order_by("birth_date"))
    assert [person.name for person in people] == NAMES

    for person in people[FEW]:
        middle = len(person.name) // 2
        assert person in Member.objects.search(person.name[middle - 1 : middle + 1])

    client.force_login(clerk)
    for person in people[FEW]:
        assert person.name in client.get(person.get_absolute_url()).text

    data = {"purpose": "核对姓名", "password": "secret"}
    answer = client.post(reverse("export-roster", args=[people[0].community.code]), data)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    titles = next(each for each in rows if "姓名" in each)
    exported = [each[titles.index("姓名")] for each in rows[rows.index(titles) + 1 :]]
    assert sorted(filter(None, exported)) == sorted(NAMES)
