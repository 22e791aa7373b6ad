import pytest

from registry.models import Position
from subsidies.models import Sheet, Step
from subsidies.month import sheets, workflow
from tests import factories
from tests.subsidies.evidence.packs import MONTHS


@pytest.fixture
def closed(standard, community, group, clerk, leader, finance):
    """April and May of one community, closed; May is paid, with an answer of the bank."""
    for number, (name, body) in enumerate([("甲", group), ("乙", community.committee), ("丙", group)], 1):
        person = factories.member(community, name, account=f"62284800000000000{number}")
        office = factories.appointment(person, body)
    factories.employment(office.member)
    director = factories.member(community, "丁")
    factories.appointment(director, community.committee, Position.DIRECTOR)
    for month in MONTHS:
        [sheet] = sheets.prepare(month, [community.subdistrict], actor=clerk)
        workflow.confirm(sheet=sheet, community=community, actor=clerk)
        for step, user in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
            sheet = workflow.take(step, sheet=sheet, actor=user)
    factories.answered(sheet)
    return Sheet.objects.select_related("subdistrict", "standard").get(pk=sheet.pk)
