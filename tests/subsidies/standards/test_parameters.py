"""Each parameter of a Standard goes the whole way: form, model, words, forecast, and the amount that is decided."""

from datetime import date
from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from subsidies import engine
from subsidies.models import Standard
from subsidies.standards.forecast_forms import RulesForm
from subsidies.standards.parameters import parameters
from tests.subsidies.standards.test_standard_pages import filled_in

# Another value than usual of each parameter, and how the form is sent with it.
OTHER = {
    "yearly_increment": (Decimal("61.00"), "61"),
    "reference_day": (15, "15"),
    "service_basis": (engine.ServiceBasis.CONTINUOUS, "continuous"),
    "counts_employed_service": (False, ""),
    "service_counted_from": (date(2022, 3, 4), "2022-03-04"),
    "max_years": (3, "3"),
}
USUAL = {"yearly_increment": Decimal(60)}
LIFE = engine.Life(
    (
        engine.Appointment(engine.Position.GROUP_LEADER, date(2012, 1, 1), date(2016, 6, 30), "620299001001", "a"),
        engine.Appointment(engine.Position.GROUP_LEADER, date(2017, 5, 10), None, "620299001001", "a"),
    ),
    (engine.EmploymentSpell(date(2018, 1, 1), date(2018, 12, 31)),),
)


def rules(**changed) -> engine.Standard:
    rates = {engine.Position.GROUP_LEADER: Decimal(400)}
    return engine.Standard(date(2020, 12, 1), "文件", rates, **USUAL | changed)


def test_every_parameter_has_another_value_here():
    assert set(OTHER) == set(engine.PARAMETERS)


@pytest.mark.parametrize("name", engine.PARAMETERS)
def test_a_parameter_decides_amounts(name):
    changed = rules(**{name: OTHER[name][0]})
    months = [date(year, number, 1) for year in (2023, 2024) for number in range(1, 13)]
    assert any(
        engine.decide(LIFE, month, changed).amount != engine.decide(LIFE, month, rules()).amount for month in months
    )


@pytest.mark.parametrize("name", engine.PARAMETERS)
def test_a_parameter_filled_in_is_what_the_engine_decides_by(client, civil, standard, name):
    value, typed = OTHER[name]
    client.force_login(civil)
    client.post(reverse("standard-add"), filled_in(**{name: typed}))
    saved = Standard.objects.get(document="二号文件").rules()
    expected = rules(**{name: value})
    assert {each: getattr(saved, each) for each in engine.PARAMETERS} == {
        each: getattr(expected, each) for each in engine.PARAMETERS
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", engine.PARAMETERS)
def test_a_parameter_is_shown_in_words(name):
    def words(**changed):
        standard = Standard(document="文件", effective_month=date(2024, 1, 1), **USUAL | changed)
        shown = {"standard": standard, "rates": [], "parameters": parameters(standard)}
        return render_to_string("subsidies/standards/_standard.html", shown)

    assert words(**{name: OTHER[name][0]}) != words()


@pytest.mark.django_db
@pytest.mark.parametrize("name", engine.PARAMETERS)
def test_a_parameter_can_be_tried_out_in_the_forecast(name):
    value, typed = OTHER[name]
    first = Month.of(timezone.localdate()).next
    form = RulesForm({**filled_in(**{name: typed}), "since": str(first)}, standard=rules(), first=first)
    assert form.is_valid(), form.errors
    assert getattr(form.rules, name) == value
