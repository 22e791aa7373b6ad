"""May approved with four people, and with the bank; finance at its pages."""

import pytest

from subsidies.bank import payments, ready_templates
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import Sheet, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank.steps import MAY, NAMES


@pytest.fixture
def sheet(community, group):
    """May: four people with 350 yuan each, approved."""
    ready_templates.load_missing()
    for number, name in enumerate(NAMES, 1):
        factories.appointment(factories.member(community, name, account=f"62284800000000000{number}"), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    factories.brought_to(sheet, State.APPROVED)
    return Sheet.objects.select_related("subdistrict").get()


@pytest.fixture
def payment(sheet, finance):
    payment = payments.first(sheet, actor=finance)
    exports.bank_file(payment, actor=finance, options=Options(purpose="代发"))
    return payment


@pytest.fixture
def page(client, finance):
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()
    return client
