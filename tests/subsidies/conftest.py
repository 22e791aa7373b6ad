"""The demo's people, loaded once for each module that asks for them.

Such a module is marked django_db as a whole, and holds no test that makes its own people.
"""

import pytest
from django.conf import settings
from django.db import connection, transaction

from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import groups as group_files
from registry.imports import roster_files as rosters
from registry.models import Subdistrict
from registry.people.areas import services as areas
from subsidies.month import sheets
from subsidies.standards import services as standards
from tests import databases

FIXTURES = settings.BASE_DIR / "fixtures"


class Demo:
    """The demo's roster; `month` computes one."""

    def month(self, month):
        return {sheet.subdistrict.name: sheet for sheet in sheets.prepare(month, Subdistrict.objects.all())}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        areas.load_missing()
        groups = group_files.load_groups(
            FileTable.read(FIXTURES / "demo_groups.csv", shape=group_files.SHAPE), name="groups"
        )
        standards.load_missing()
        roster = rosters.load_roster(FileTable.read(FIXTURES / "demo_roster.csv", shape=rosters.SHAPE), name="roster")
        assert groups.problems == roster.problems == []
        if connection.vendor == "postgresql":
            with databases.as_owner(), connection.cursor() as cursor:
                # The planner has no other statistics for uncommitted rows. Of a table that is empty here it would
                # expect no row in all further tests either, and read it whole for each row of another.
                cursor.execute("ANALYZE registry_member, registry_appointment, registry_employmentspell")
        yield Demo()
        transaction.set_rollback(True)
