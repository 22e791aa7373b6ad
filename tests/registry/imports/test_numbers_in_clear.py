"""A thousand ID and account numbers that go through the site stand in clear nowhere where it stores or reports."""

from datetime import date, timedelta

from django.conf import settings
from django.core.cache.backends import locmem
from django.db import connection
from django.urls import reverse

from registry.imports import services as imports
from registry.models import ImportState, Member, Session
from tests import factories
from tests.registry.imports.import_steps import confirmed, given_in, type_password
from tests.registry.imports.roster_rows import row

PEOPLE = 1_000
ROWS = [
    row(
        姓名=f"张{chr(0x4E00 + number)}{chr(0x6000 + number)}",
        身份证号=factories.id_number(date(1955, 1, 1) + timedelta(days=number * 7), number),
        联系电话=f"1390000{number:04}",
        开户银行="中国工商银行",
        银行账号=f"90012{number:05}90",
    )
    for number in range(PEOPLE)
]


def stored() -> str:
    """Each value of each table as the database has it, what sessions and cache hold, and names and content of files."""
    found: list[object] = [*map(Session.get_decoded, Session.objects.all()), locmem._caches]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [value for each in cursor.fetchall() for value in each]
    for path in settings.DATA_DIR.rglob("*"):
        found += [path] if path.suffix.startswith(".sqlite3") or path.is_dir() else [path, path.read_bytes()]
    return "\n".join(str(bytes(each) if isinstance(each, memoryview) else each) for each in found)


def test_a_thousand_numbers_stand_in_clear_neither_in_the_database_nor_beside_it(
    client, real_areas, keeper, monkeypatch, caplog
):
    caplog.set_level("DEBUG")
    monkeypatch.setattr(imports, "SMALL", 2 * PEOPLE)  # in this process, whose log is read
    type_password(client)
    numbers = [each for cells in ROWS for each in (cells[4], cells[16])]
    run = confirmed(client, given_in(client, *ROWS, name=f"{numbers[0]}.csv"))
    assert run.state == ImportState.LOADED
    assert Member.objects.count() == PEOPLE
    member = Member.objects.first()
    address = client.post(reverse("search"), {"q": member.id_number})["Location"]
    shown = client.post(reverse("reveal", args=[member.pk, "account"]), {"purpose": "核对"})
    roster = client.post(reverse("export-roster", args=[member.community.code]), {"purpose": "核对"})
    assert (member.account in shown.text, "Content-Disposition" in roster) == (True, True)
    assert client.post(reverse("member-edit", args=[member.pk]), {"id_number": numbers[4]}).status_code == 409
    logged = [each.getMessage() for each in caplog.records if each.name != "django.db.backends"]
    said = "\n".join([stored(), address, *logged])
    assert all(cells[3] in said for cells in ROWS)  # names are stored as they are
    assert [number for number in numbers if number in said] == []
