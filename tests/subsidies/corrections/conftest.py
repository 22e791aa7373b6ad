"""People who owe money."""

from datetime import date

import pytest

from jygroups.lib.months import Month
from registry.models import Appointment, Role
from subsidies.corrections import proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState
from tests import factories
from tests.subsidies.corrections.test_corrections import close

MAY = Month(2024, 5)


@pytest.fixture
def person(community, group):
    person = factories.member(community, account="622848000000000001")
    factories.appointment(person, group, first_day=date(2021, 1, 1))
    return person


@pytest.fixture
def gone(person, clerk):
    """Paid 350 in May and in June, though the person had died in April; the recoveries are accepted."""
    for month in (MAY, MAY.next):
        close(month)
    Appointment.objects.update(last_day=date(2024, 4, 10), end_reason="death")
    proposals.propose()
    for row in Correction.objects.all():
        corrections.decide(correction=row, state=CorrectionState.ACCEPTED, actor=clerk, reason="")
    return person


@pytest.fixture
def other_clerk(community):
    return factories.user("clerk2", Role.CLERK, subdistrict=community.subdistrict)
