"""A month with lists to post, before and after it is endorsed, and a closed notice."""

from datetime import timedelta

import pytest
import time_machine

from subsidies.models import Standard, Step
from subsidies.month import sheets, workflow
from subsidies.notices import services
from tests import factories
from tests.subsidies.notices.steps import DAY, MAY, answered, objection, post


@pytest.fixture(autouse=True)
def clock(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"
    with time_machine.travel(DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def needed():
    """The Standard asks for five days."""
    Standard.objects.update(notice_days=5)


@pytest.fixture
def sheet(community, sibling, group):
    """May of one subdistrict: a person in each of two communities, and nobody paid in a third."""
    for number, (place, body) in enumerate([(community, group), (sibling, factories.group(sibling))]):
        person = factories.member(place, f"人{'一二'[number]}", account=f"62284800000000000{number}")
        factories.appointment(person, body)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    return sheet


@pytest.fixture
def endorsed(needed, sheet, community, sibling, clerk, leader):
    workflow.confirm_all(sheet=sheet, communities=[community, sibling], actor=clerk)
    workflow.take(Step.SUBMIT, sheet=sheet, actor=clerk)
    return workflow.take(Step.ENDORSE, sheet=sheet, actor=leader)


@pytest.fixture
def closed(sheet, community, secretary, clock):
    [notice] = post(sheet, [community], secretary, days=1)
    answered(objection(notice, secretary), secretary)
    clock.move_to(DAY + timedelta(days=1))
    return services.close(notice, actor=secretary)
