"""A re-election's workbook whose rows and columns were changed: what it says of a person is told, not guessed."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registry.models import Election

FIRST = 4  # row of the people


@pytest.fixture
def book(client, secretary, community, term, people):
    client.force_login(secretary)
    address = reverse("election-workbook", args=[term.pk, community.code])
    answer = client.post(address, {"purpose": "换届", "password": "secret"})
    return openpyxl.load_workbook(io.BytesIO(answer.content))


@pytest.fixture
def upload(client, community, term, book):
    """Send the workbook; row and column of what is refused."""

    def send() -> list[tuple]:
        content = io.BytesIO()
        book.save(content)
        file = SimpleUploadedFile("list.xlsx", content.getvalue())
        answer = client.post(reverse("election-upload", args=[term.pk, community.code]), {"file": file})
        if answer.status_code == 302:
            return []
        assert not Election.objects.exists()
        return [(each.row, each.column) for each, _value in answer.context["findings"] if not each.is_warning]

    return send


def test_a_name_beside_another_person_s_number_is_refused(book, upload):
    sheet = book.active
    rows = [row for row in sheet.iter_rows(min_row=FIRST, max_row=7) if row[2].value in ("乙员", "丙员")]
    rows[0][6].value = "离任"
    rows[0][2].value, rows[1][2].value = rows[1][2].value, rows[0][2].value  # one column alone was sorted
    assert upload() == [(row[2].row, "姓名") for row in rows]


def test_a_name_may_have_blanks(book, upload):
    cell = book.active.cell(FIRST, 3)
    cell.value = "\u3000".join(cell.value)
    assert upload() == []


def test_a_column_that_appears_twice_is_refused(book, upload):
    sheet = book.active
    sheet.cell(3, 9).value = "结果"
    sheet.cell(FIRST, 9).value = "离任"
    assert upload() == [(None, "结果")]


def test_an_outcome_without_a_person_is_refused(book, upload):
    row = FIRST + 6
    book.active.cell(row, 7).value = "新任"
    assert {each for each, _column in upload()} == {row}


def test_a_day_in_a_column_without_a_title_is_refused(book, upload):
    book.active.cell(FIRST, 9).value = "2026-06-30离任"
    assert upload() == [(FIRST, "")]
