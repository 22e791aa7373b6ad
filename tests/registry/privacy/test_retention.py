"""How long something is kept: from which day on its period is over."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from jygroups.lib import clock
from registry.models import ProvisionKey
from registry.provisions import retention


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("since", "years"), [("2024-02-29", 1), ("2024-02-29", 4), ("2024-02-28", 1), ("2023-03-01", 1)]
)
def test_the_day_shown_as_the_end_of_a_period_is_the_first_on_which_it_is_over(since, years):
    period = retention.periods()[ProvisionKey.KEEP_IDENTITY]
    period.provision.value = years
    began = date.fromisoformat(since)

    def is_over(day: date) -> bool:
        with clock.at(datetime.combine(day, time(4), UTC)):
            return period.until >= began

    assert is_over(period.ends(began))
    assert not is_over(period.ends(began) - timedelta(days=1))
