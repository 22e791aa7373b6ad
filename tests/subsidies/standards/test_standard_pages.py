"""Standards: drafted by one, put into force by another, shown what it does before, never changed once used."""

from datetime import date
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import Error, IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Position, Subdistrict
from subsidies.corrections import proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, Rate, Sheet, Standard, Standing
from subsidies.month import pay_preview, sheets
from subsidies.standards import adoption
from subsidies.standards import services as standards
from tests import factories
from tests.subsidies.corrections.test_corrections import close

pytestmark = pytest.mark.usefixtures("standard")
NOW = Month.of(timezone.localdate())


@pytest.fixture
def person(community, group):
    person = factories.member(community, "张三", account="622848000000000001")
    factories.appointment(person, group, Position.GROUP_LEADER, first_day=date(2024, 1, 1))
    return person


@pytest.fixture
def draft(civil):
    """Leaders get 100 more, nobody else anything."""
    row = Standard(effective_month=NOW.first_day, document="二号文件", yearly_increment=Decimal(50))
    return standards.draft(standard=row, rates={Position.GROUP_LEADER: Decimal(400)}, actor=civil)


def filled_in(**fields):
    """The form as civil affairs fills it in."""
    rates = {f"rate_{position}": "" for position in Position} | {"rate_group_leader": "400"}
    return {
        "document": "二号文件", "effective": str(NOW.next), "yearly_increment": "60", "reference_day": "1",
        "service_basis": "cumulative", "counts_employed_service": "on", "service_counted_from": "", "max_years": "",
        "look_back": "24", "clerk_limit": "1000", **rates, **fields,
    }  # fmt: skip


def adopt(client, standard):
    return client.post(reverse("standard-adopt", args=[standard.pk]), {"version": standard.version})


def test_a_draft_begins_as_a_copy_of_the_one_in_force(client, civil):
    client.force_login(civil)
    form = client.get(reverse("standard-add")).context["form"]
    assert form["rate_deputy_director"].value() == 500
    assert form["rate_director"].value() is None
    client.post(reverse("standard-add"), filled_in())
    row = Standard.objects.get(document="二号文件")
    assert (row.state, row.drafted_by, row.effective_month) == (Standing.DRAFT, civil, NOW.next.first_day)
    assert list(row.rates.values_list("position", "amount")) == [("group_leader", 400)]
    assert {version.history_user for version in row.history.all()} == {civil}


@pytest.mark.parametrize(
    ("field", "value"),
    [("reference_day", "32"), ("yearly_increment", "-1"), ("effective", "2026"), ("rate_group_leader", "-5"),
     ("rate_group_leader", ""), ("document", "")],
)  # fmt: skip
def test_a_draft_that_cannot_be_is_refused_and_keeps_what_was_typed(client, civil, field, value):
    client.force_login(civil)
    answer = client.post(reverse("standard-add"), filled_in(**{field: value, "look_back": "17"}))
    assert answer.status_code == 422
    assert 'value="17"' in answer.text
    assert Standard.objects.count() == 1


def test_a_draft_decides_nothing(draft, person):
    assert Standard.objects.in_force(NOW).get().document != draft.document
    assert {rules.document for rules in pay_preview.Rules().all} == {"嘉政办发〔2020〕97号"}
    [sheet, *_others] = sheets.prepare(NOW, Subdistrict.objects.all())
    assert sheet.standard != draft
    assert corrections.clerk_limit() == 1000


def test_two_who_change_a_draft_at_once_see_both_values(client, civil, draft):
    client.force_login(civil)
    url = reverse("standard-edit", args=[draft.pk])
    first, second = filled_in(version=draft.version), filled_in(version=draft.version, yearly_increment="70")
    client.post(url, first)
    assert client.post(url, second).status_code == 409
    draft.refresh_from_db()
    assert draft.yearly_increment == 60


def test_a_rate_is_changed_added_and_taken_away(client, civil, draft):
    client.force_login(civil)
    changed = filled_in(version=draft.version, rate_group_leader="", rate_group_member="230")
    client.post(reverse("standard-edit", args=[draft.pk]), changed)
    assert list(draft.rates.values_list("position", "amount")) == [("group_member", 230)]
    assert Rate.history.filter(history_type="-").get().history_user == civil


def test_drafts_are_shown_to_who_sees_the_whole_city_alone(client, draft, civil, finance, auditor, clerk, secretary):
    for user, seen in ((civil, True), (finance, True), (auditor, True), (clerk, False), (secretary, False)):
        client.force_login(user)
        assert (draft.document in client.get(reverse("standards")).text) is seen


def test_its_effect_is_shown_before_and_the_sum_is_that_of_the_month_computed_after(client, draft, person, finance):
    compared = adoption.compare(draft, NOW)
    assert (compared.difference, compared.gain, compared.lose) == (100, 1, 0)
    page = sign_in_and_get(client, finance, reverse("standard-adopt", args=[draft.pk]))
    assert "+100.00" in page.text
    adopt(client, draft)
    sheets.prepare(NOW, Subdistrict.objects.all())
    assert sum(sheet.net for sheet in Sheet.objects.all()) == compared.after


def sign_in_and_get(client, user, url):
    client.post(reverse("login"), {"username": user.username, "password": "secret"})
    client.post(reverse("confirm-password"), {"password": "secret"})
    return client.get(url)


def test_the_password_is_asked_before_a_standard_is_put_into_force(client, draft, finance):
    client.force_login(finance)
    answer = adopt(client, draft)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("confirm-password"))
    draft.refresh_from_db()
    assert draft.is_draft


def test_who_drafted_it_does_not_put_it_into_force(draft, civil, finance):
    with pytest.raises(Refused):
        standards.adopt(standard=draft, version=draft.version, actor=civil)
    with pytest.raises(IntegrityError), transaction.atomic():
        Standard.objects.filter(pk=draft.pk).update(state="in_force", in_force_by=civil)
    standards.adopt(standard=draft, version=draft.version, actor=finance)
    draft.refresh_from_db()
    assert (draft.state, draft.in_force_by) == (Standing.IN_FORCE, finance)


def test_a_draft_changed_since_it_was_looked_at_is_not_put_into_force(client, draft, civil, finance):
    sign_in_and_get(client, finance, reverse("standards"))
    standards.draft(standard=draft, rates={Position.GROUP_LEADER: Decimal(900)}, actor=civil)
    draft.version -= 1
    assert adopt(client, draft).status_code == 409
    assert Standard.objects.adopted().count() == 1


def test_a_standard_of_a_later_month_waits_to_be_carried_out(client, civil, finance):
    later = Standard(effective_month=NOW.next.first_day, document="三号文件", yearly_increment=Decimal(50))
    later = standards.draft(standard=later, rates={Position.GROUP_LEADER: Decimal(400)}, actor=civil)
    standards.adopt(standard=later, version=later.version, actor=finance)
    client.force_login(finance)
    [badge] = BeautifulSoup(client.get(reverse("standards")).text, "html.parser").select(
        f"#standard-{later.pk} .panel-head .meaning"
    )
    assert "待执行" in badge.text


def test_two_standards_of_one_month_are_not_both_in_force(draft, civil, finance):
    standards.adopt(standard=draft, version=draft.version, actor=finance)
    second = Standard(effective_month=NOW.first_day, document="三号文件", yearly_increment=Decimal(50))
    standards.draft(standard=second, rates={Position.GROUP_LEADER: Decimal(500)}, actor=civil)
    with pytest.raises(Refused):
        standards.adopt(standard=second, version=second.version, actor=finance)


def test_what_it_changes_in_closed_months_is_foretold_and_then_proposed(civil, finance, person):
    for month in (Month(2024, 1), Month(2024, 2), Month(2024, 3)):
        close(month)
    late = Standard(effective_month=date(2024, 2, 1), document="补发文件", yearly_increment=Decimal(50))
    standards.draft(standard=late, rates={Position.GROUP_LEADER: Decimal(350)}, actor=civil)
    foretold = adoption.past(late)
    assert (foretold.months, foretold.people, foretold.corrections, foretold.more, foretold.less) == (2, 1, 2, 100, 0)
    standards.adopt(standard=late, version=late.version, actor=finance)
    proposals.propose()
    assert list(Correction.objects.values_list("month", "difference")) == [
        (date(2024, 2, 1), 50), (date(2024, 3, 1), 50)
    ]  # fmt: skip
    assert Correction.objects.first().facts[0]["who"] == "finance"


@pytest.mark.parametrize("change", [{"yearly_increment": 60}, {"document": "别的"}, {"look_back": 1}])
def test_the_database_refuses_any_change_to_a_standard_once_used(person, change):
    sheets.prepare(Month(2024, 1), Subdistrict.objects.all())
    for rows, fields in ((Standard.objects.all(), change), (Rate.objects.all(), {"amount": 1})):
        with pytest.raises(Error), transaction.atomic():
            rows.update(**fields)
    with pytest.raises(Error), transaction.atomic():
        Rate.objects.create(standard=Standard.objects.get(), position=Position.DIRECTOR, amount=100)
    with pytest.raises(Error), transaction.atomic():
        Rate.objects.all().delete()


def test_a_standard_in_force_is_never_a_draft_again(draft, finance, client, civil):
    standards.adopt(standard=draft, version=draft.version, actor=finance)
    with pytest.raises(Error), transaction.atomic():
        Standard.objects.filter(pk=draft.pk).update(state="draft", in_force_by=None, in_force_at=None)
    client.force_login(civil)
    client.post(reverse("standard-edit", args=[draft.pk]), filled_in(yearly_increment="99"))
    client.post(reverse("standard-discard", args=[draft.pk]))
    draft.refresh_from_db()
    assert draft.yearly_increment == 50


def test_a_draft_is_compared_in_a_month_that_it_decides(civil, finance, person):
    now = Month.of(timezone.localdate())
    rates = {Position.GROUP_LEADER: 700}
    factories.standard(Month(now.year + 1, 1), rates, increment=0)
    draft = Standard(effective_month=date(now.year + 2, 3, 1), document="再下一号", yearly_increment=Decimal(0))
    standards.draft(standard=draft, rates={Position.GROUP_LEADER: Decimal(710)}, actor=civil)
    found = adoption.compare(draft, adoption.shown_month(draft, now))
    assert (found.month, found.before, found.after) == (Month(now.year + 2, 3), 700, 710)
    # Before an adopted one, it decides the months up to that one.
    early = Standard(effective_month=date(2022, 1, 1), document="早", yearly_increment=Decimal(0))
    assert adoption.shown_month(early, now) == now
    factories.standard(Month(2023, 1), rates, increment=0)
    assert adoption.shown_month(early, now) == Month(2022, 12)


@pytest.mark.parametrize(("increment", "words"), [(0, "不计入发放人数"), (50, "每满1年50")])
def test_adopting_warns_of_a_rate_of_0(client, civil, finance, person, increment, words):
    zero = Standard(effective_month=date(2030, 1, 1), document="零", yearly_increment=Decimal(increment))
    standards.draft(standard=zero, rates={Position.GROUP_LEADER: Decimal(0)}, actor=civil)
    page = sign_in_and_get(client, finance, reverse("standard-adopt", args=[zero.pk]))
    assert "基础补贴为0元：居民小组长" in page.text
    assert words in page.text


def test_a_draft_is_discarded_once_that_was_asked(client, civil, draft):
    client.force_login(civil)
    url = reverse("standard-discard", args=[draft.pk])
    client.get(url)
    assert Standard.objects.filter(pk=draft.pk).exists()
    client.post(url)
    assert not Standard.objects.filter(pk=draft.pk).exists()
    assert Standard.history.filter(id=draft.pk, history_type="-").get().history_user == civil


def test_finance_finds_a_drafted_standard_on_the_workbench(client, finance, clerk, draft):
    address = reverse("standard-adopt", args=[draft.pk])
    for user, shown in ((finance, True), (clerk, False)):
        client.force_login(user)
        assert (address in client.get(reverse("workbench")).text) is shown


def test_the_form_opened_and_saved_unchanged_changes_nothing(client, civil, draft):
    client.force_login(civil)
    before = list(Standard.history.values_list("history_id", flat=True))
    url = reverse("standard-edit", args=[draft.pk])
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    assert client.post(url, data).status_code == 302
    assert list(Standard.history.values_list("history_id", flat=True)) == before
    assert Appointment.objects.count() == 0
