"""Money at random: payments, answers, bounces, money given up or repaid, late facts; after each step all of it foots.

What is due is always somewhere, and the ledger, the reconciliation, the debts, the pages, the workbook and the bank's
files agree with a second account that is written here by hand. RUNS and STEPS make it longer: RUNS=20 STEPS=1000 is
the full walk. A world ends after MONTHS months, and the next one begins, so that every month takes part to the end.
"""

import os
from collections import Counter
from itertools import count

import pytest
import time_machine
from django.db import transaction

from jygroups.lib.spreadsheets import parser
from jygroups.lib.spreadsheets import sandbox as spreadsheets
from tests.subsidies.corrections.walk import Walk

RUNS, STEPS = int(os.environ.get("RUNS", "2")), int(os.environ.get("STEPS", "120"))
MONTHS = 10
pytestmark = pytest.mark.usefixtures("standard")


@pytest.fixture
def in_process(monkeypatch):
    """The reader in this process: a process of its own for each of thousands of files takes hours."""
    monkeypatch.setattr(
        spreadsheets,
        "_parsed",
        lambda content, separator="": parser.read(content, separator=separator),
    )


@pytest.mark.parametrize("seed", range(RUNS))
@pytest.mark.usefixtures("in_process")
def test_money_is_always_somewhere_and_every_account_of_it_agrees(seed, community, group, client):
    from subsidies.bank import ready_templates

    ready_templates.load_missing()
    done: Counter[str] = Counter()
    with time_machine.travel("2025-06-15T10:00:00+08:00", tick=True):
        for world in count():
            with transaction.atomic():
                walk = Walk(f"{seed} {world}", community, group, client)
                walk.close()
                while walk.done.total() < STEPS - done.total() and walk.done["close"] < MONTHS:
                    walk.step()
                    walk.check()
                    if walk.done.total() % 40 == 0:
                        walk.check_papers()
                done += walk.done
                transaction.set_rollback(True)
            if done.total() >= STEPS:
                break
    expected = {"pay", "answer", "give_up", "reinstate", "fact", "leave", "decide", "close", "repay", "reverse"}
    assert expected <= set(done), done
