"""Fields and forms that every page shares: days, masked numbers, and the form over a row others edit too."""

from datetime import date

import pytest
from django import forms
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import QueryDict

from jygroups.lib import id_numbers
from jygroups.lib.forms import DayField, EditForm, Form, MaskedField, TypeAhead
from jygroups.lib.months import Month
from registry.models import Member, Term
from tests import factories

OLD, NEW = "622848000000000018", "622848000000009999"


class MemberForm(EditForm):
    account = MaskedField(required=False)

    class Meta:
        model = Member
        fields = ["name", "phone", "bank", "account", "source"]


@pytest.fixture
def person(community):
    return factories.member(community, phone="13800000000", bank="建行", account=OLD)


def opened(person) -> dict:
    """What a browser sends of the form as it was opened."""
    form = MemberForm(instance=Member.objects.get(pk=person.pk))
    return {each.html_name: each.value() for each in form if each.value() is not None}


def sent(person, data: dict) -> MemberForm:
    query = QueryDict(mutable=True)
    query.update(data)
    form = MemberForm(query, instance=Member.objects.get(pk=person.pk))
    if form.is_valid() and form.edited:
        form.save()
    return form


@pytest.mark.parametrize(
    "text", ["2024-05-20", "20240520", "2024/5/20", "2024.5.20", "2024.05.20", "2024年5月20日", " 2024-05-20 "]
)
def test_a_day_is_taken_in_any_of_the_ways_people_write_one(text):
    assert DayField().clean(text) == date(2024, 5, 20)


@pytest.mark.parametrize("text", ["2024-13-01", "2023-02-29", "5月20日", "明天"])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(forms.ValidationError):
        DayField().clean(text)


def test_a_form_opened_and_sent_unchanged_changes_nothing(person):
    data = opened(person)
    assert data["account"] == id_numbers.masked(OLD)
    form = sent(person, data)
    assert (form.is_valid(), form.edited) == (True, [])
    assert Member.objects.get(pk=person.pk).version == person.version


def test_a_masked_number_is_replaced_by_what_is_typed_over_it(person):
    assert sent(person, opened(person) | {"account": NEW}).is_valid()
    assert Member.objects.get(pk=person.pk).account == NEW


def test_a_masked_number_is_deleted_by_leaving_it_empty(person):
    assert sent(person, opened(person) | {"account": ""}).is_valid()
    assert Member.objects.get(pk=person.pk).account == ""


def test_a_half_masked_number_is_refused_and_stays_as_typed(person):
    form = sent(person, opened(person) | {"account": "6228**********9999"})
    assert "account" in form.errors
    assert form["account"].value() == "6228**********9999"
    assert Member.objects.get(pk=person.pk).account == OLD


def test_a_number_typed_into_a_form_refused_for_another_field_stays_as_typed(person):
    form = sent(person, opened(person) | {"account": NEW, "name": "not Chinese"})
    assert set(form.errors) == {"name"}
    assert form["account"].value() == NEW


@pytest.fixture
def second(person):
    """What the second of two people has open, after the first has saved another bank and account."""
    data = opened(person)
    assert sent(person, opened(person) | {"bank": "农行", "account": NEW}).is_valid()
    return data | {"bank": "工行", "phone": "13900000000"}


def test_who_comes_second_is_shown_both_values_and_nothing_is_overwritten(person, second):
    form = sent(person, second)
    assert form.is_conflict
    assert {name: field.theirs for name, field in form.fields.items() if hasattr(field, "theirs")} == {
        "bank": "农行",
        "phone": "13800000000",
        "account": id_numbers.masked(NEW),
    }
    assert form["bank"].value() == "工行"
    assert Member.objects.get(pk=person.pk).bank == "农行"


def test_who_comes_second_chooses_field_by_field(person, second):
    again = second | {"version": sent(person, second)["version"].value()}
    form = sent(person, again | {"keep-bank": "theirs", "keep-phone": "mine", "keep-account": "theirs"})
    assert form.is_valid()
    saved = Member.objects.get(pk=person.pk)
    assert (saved.bank, saved.phone, saved.account) == ("农行", "13900000000", NEW)


def test_a_choice_between_two_values_is_in_doubt_again_when_a_third_comes(person, second):
    again = second | {"version": sent(person, second)["version"].value()}
    sent(person, opened(person) | {"bank": "中行"})
    form = sent(person, again | {"keep-bank": "mine", "keep-phone": "mine", "keep-account": "mine"})
    assert form.is_conflict
    assert Member.objects.get(pk=person.pk).bank == "中行"


def test_two_who_typed_the_same_are_in_no_conflict(person):
    data = opened(person) | {"bank": "农行"}
    sent(person, data)
    form = sent(person, data)
    assert (form.is_valid(), form.edited) == (True, [])


def test_a_long_choice_can_be_searched_by_pinyin():
    html = TypeAhead(choices=[("", "–"), (1, "福民社区")]).render("area", 1)
    assert "data-typeahead" in html
    assert 'data-pinyin="fu min she qu"' in html


def test_a_month_is_in_words_for_people_and_in_digits_for_addresses():
    assert (Month(2026, 11).in_words, str(Month(2026, 11))) == ("2026年11月", "2026-11")


class ChoicesForm(Form):
    term = forms.ModelChoiceField(Term.objects.none())
    member = forms.ModelChoiceField(Member.objects.none(), empty_label="nobody")
    grade = forms.ChoiceField(choices=[*BLANK_CHOICE_DASH, ("a", "A")])


def test_an_empty_choice_asks_to_choose_unless_it_has_a_meaning_of_its_own(db):
    form = ChoicesForm()
    assert all("请选择" in str(form[name]) for name in ("term", "grade"))
    assert "---" not in str(form)
    assert "nobody" in str(form["member"])
    assert "请选择" in str(MemberForm(instance=Member())["source"])
