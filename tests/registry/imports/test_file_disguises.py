"""Any table of people, however a file disguises it, loads the same people or is refused with the cell named."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jygroups.lib.spreadsheets import sandbox
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Appointment
from tests.registry.imports import disguises
from tests.registry.imports.variants import loaded_people
from tests.subsidies.bank.answering import read_in_process

pytestmark = pytest.mark.usefixtures("city")
# These lose the value itself, so the file is refused where somebody has left.
REFUSED = {"merged last day", "merged name", "formula without a value"}


@pytest.fixture(autouse=True)
def _in_process(monkeypatch):
    monkeypatch.setattr(sandbox, "_parsed", read_in_process)


def check(name: str, ended: list[bool]) -> bool:
    """Whether it was loaded; either way every row is accounted for."""
    rows = disguises.people(ended)
    table = FileTable.read(disguises.DISGUISES[name](rows), shape=rosters.SHAPE)
    loaded = rosters.load_roster(table, name=name)
    assert loaded.account.is_whole, loaded.account
    if loaded.problems:
        assert all(finding.row and finding.column for finding in loaded.problems), loaded.problems
        assert not Appointment.objects.exists()
        return False
    assert loaded_people() == disguises.expected(rows)
    assert loaded.account.read == len(rows)
    return True


@pytest.mark.parametrize("name", disguises.DISGUISES)
def test_a_disguise_loses_nobody_and_no_last_day(name):
    assert check(name, [False, True, True, False, True]) is (name not in REFUSED)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(disguises.DISGUISES)), st.lists(st.booleans(), min_size=1, max_size=6))
def test_any_table_in_any_disguise_loads_the_same_people_or_is_refused_in_its_cells(name, ended):
    with transaction.atomic():
        is_loaded = check(name, ended)
        assert is_loaded or name in REFUSED
        transaction.set_rollback(True)
