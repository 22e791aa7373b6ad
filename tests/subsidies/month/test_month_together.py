"""Two users take the same step at the same moment: it happens once, and the other sees who was first, and when."""

import threading
from functools import partial

import pytest
from django.db import connection, connections
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken
from registry.models import Role
from subsidies.models import Sheet, State, Step
from subsidies.month import seals, sheets, workflow
from subsidies.standards import services as standards
from tests import factories

TIMES = 200


@pytest.fixture
def endorsed(committed):
    """As many endorsed months as there are to be approved."""
    standards.load_missing()
    community = factories.community()
    factories.appointment(factories.member(community, account="622848000000000001"), factories.group(community))
    month = Month(2024, 1)
    for _number in range(TIMES if connection.vendor == "postgresql" else TIMES // 10):
        [sheet] = sheets.prepare(month, [community.subdistrict])
        factories.brought_to(Sheet.objects.get(pk=sheet.pk), State.ENDORSED)
        month = month.next
    return list(Sheet.objects.order_by("month"))


def test_two_who_approve_at_once_approve_once(endorsed):
    pair = [factories.user(name, Role.FINANCE) for name in ("finance", "finance2")]
    for sheet in endorsed:
        answers = at_once(*(partial(workflow.take, Step.APPROVE, sheet=sheet, actor=user) for user in pair))
        [refused] = [answer for answer in answers if isinstance(answer, Overtaken)]
        [approved] = [answer for answer in answers if isinstance(answer, Sheet)]
        [event] = sheet.events.filter(step=Step.APPROVE)
        assert event.by == approved.approved_by
        assert str(event.by) in str(refused)
        assert f"{timezone.localtime(event.at):%Y-%m-%d %H:%M}" in str(refused)
        assert answers.index(refused) != pair.index(event.by)
    assert list(seals.verify()) == []


def at_once(*acts) -> list:
    """What each act gave, or what it raised; all begin at the same moment, over connections of their own."""
    gate, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        gate.wait()
        try:
            answers[place] = act()
        except Exception as error:
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
