"""What becomes of a file with the people of tests.registry.imports.disguises, read as the page reads it."""

from jygroups.lib.spreadsheets.errors import FileRefused
from jygroups.lib.spreadsheets.file_tables import FileTable
from jygroups.lib.spreadsheets.sandbox import REASONS, Unreadable
from registry.imports import roster_files as rosters
from registry.models import Appointment
from tests.registry.imports import disguises
from tests.registry.imports.disguises import HEADER

ENDED = [False, True, True, False]
PEOPLE = disguises.people(ENDED)  # in rows 2 to 5; those of 3 and 4 have left
NAME, NUMBER, FIRST_DAY, LAST_DAY, REASON = (
    HEADER.index(title) for title in ("姓名", "身份证号", "任职日期", "离任日期", "离任原因")
)
LOADED: set = set()  # no cell is refused


def loaded_people() -> set[tuple]:
    offices = Appointment.objects.select_related("member")
    return {
        (each.member.name, each.member.id_number, each.member.phone, str(each.first_day), str(each.last_day or ""))
        for each in offices
    }


def taken(content: bytes, rows: list[list[str]] = PEOPLE, **options) -> rosters.Loaded:
    """The result of the file; every row of it is accounted for, and either all of these people are there or nobody."""
    loaded = rosters.load_roster(FileTable.read(content, shape=rosters.SHAPE, **options), name="roster")
    assert loaded.account.is_whole, loaded.account
    if loaded.problems:
        assert not Appointment.objects.exists()
    else:
        assert loaded_people() == disguises.expected(rows)
        assert loaded.account.read == len(rows)
    return loaded


def refused(content: bytes, rows: list[list[str]] = PEOPLE, **options) -> set[tuple]:
    """Row and column of each cell for which it is refused; empty where these people are loaded."""
    return {(each.row, each.column) for each in taken(content, rows, **options).problems}


def reason(content: bytes, **options) -> str:
    """Why the file is not read at all."""
    try:
        taken(content, **options)
    except Unreadable as error:
        return str(error)
    except FileRefused as refused:  # by the reader, where it is read in process
        return str(REASONS[str(refused)])
    return ""


def changed(*cells: tuple[int, int, str], rows: list[list[str]] = PEOPLE) -> list[list[str]]:
    """The table with its titles and these cells in place of its own: row of the file, place, text."""
    table = [[*row] for row in (HEADER, *rows)]
    for number, place, text in cells:
        table[number - 1][place] = text
    return table
