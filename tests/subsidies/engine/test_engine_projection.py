"""Looking ahead over many months gives for each what deciding it alone gives."""

from datetime import date
from random import Random

import pytest

from jygroups.lib.months import Month
from subsidies.engine import decide, project
from tests.subsidies.engine.test_engine_against_naive import make_life, make_standard

FIRST = Month(2019, 11)


def months(count):
    month = FIRST
    for _ in range(count):
        yield month.first_day
        month = month.next


@pytest.mark.parametrize("seed", range(4))
def test_every_month_is_as_decided_alone(seed):
    random = Random(seed)
    reused = 0
    for _life in range(150):
        life = make_life(random)
        one, other = make_standard(random), make_standard(random)
        turn = random.choice([date(2019, 1, 1), date(2022, 3, 1), date(2030, 1, 1)])
        asked = [(month, one if month < turn else other) for month in months(72)]
        for (month, standard), answer in zip(asked, project(life, asked), strict=True):
            alone = decide(life, month, standard)
            assert (answer.outcome, answer.amount, answer.paid) == (alone.outcome, alone.amount, alone.paid), month
            assert answer.home == alone.home
            reused += answer.month != month
    assert reused > 150 * 72 / 2  # most months cost nothing
