"""The pages of terms, re-elections, by-elections and offices past their term."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl.styles import Font

from jygroups.lib.spreadsheets import sandbox
from registry.models import Appointment, AuditEntry, Election, ElectionLine, Member, Position, Term
from tests import factories
from tests.registry.terms.test_reelection import EVE, FIRST, everything
from tests.test_routes import filled_in

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def today():
    with time_machine.travel(date(2026, 11, 24), tick=True):
        yield


def address(name, term, community):
    return reverse(name, args=[term.pk, community.code])


def form_of(answer, selector="form.edit"):
    return filled_in(BeautifulSoup(answer.text, "html.parser").select_one(selector))


def test_a_secretary_prepares_and_hands_over_and_cannot_carry_out(client, secretary, community, term, people):
    client.force_login(secretary)
    page = address("election-edit", term, community)
    data = form_of(client.get(page))
    data[f"held-{people['丙员'].pk}-outcome"] = ["go"]
    assert client.post(page, data).status_code == 302
    looked_at = client.get(address("election", term, community))
    assert "丙员" in looked_at.text
    sent = {"seen": looked_at.context["form"].initial["seen"]}
    assert client.post(address("election", term, community), sent).status_code == 302
    assert Election.objects.get().prepared_by == secretary
    assert client.get(address("election-confirm", term, community)).status_code == 403
    assert client.post(address("election-confirm", term, community), sent).status_code == 403
    assert not Appointment.objects.filter(term=term).exists()


def test_a_clerk_carries_out_once_and_the_second_click_is_informed_who_was_first(
    client, clerk, community, term, people
):
    client.force_login(clerk)
    page = address("election-confirm", term, community)
    sent = {"seen": client.get(page).context["form"].initial["seen"]}
    assert client.post(page, sent).status_code == 302
    before = everything()
    second = client.post(page, sent)
    assert second.status_code == 409
    assert "clerk" in second.text
    assert everything() == before


def test_all_communities_handed_over_are_carried_out_together(client, clerk, community, sibling, term, people):
    factories.appointment(factories.member(sibling), factories.group(sibling))
    client.force_login(clerk)
    for each in (community, sibling):
        shown = client.get(address("election", term, each)).context["form"].initial["seen"]
        client.post(address("election", term, each), {"seen": shown})
    page = reverse("elections-confirm", args=[term.pk, community.subdistrict.code])
    answer = client.get(page)
    assert len(answer.context["plans"]) == 2
    assert client.post(page, {"seen": answer.context["form"].initial["seen"]}).status_code == 302
    assert Election.objects.exclude(carried_out_at=None).count() == 2


def test_the_second_of_two_who_prepare_sees_what_the_first_saved(client, secretary, community, term, people):
    client.force_login(secretary)
    page, key = address("election-edit", term, community), f"held-{people['丙员'].pk}-outcome"
    first, second = (form_of(client.get(page)) for _ in range(2))
    first[key] = ["go"]
    client.post(page, first)
    second["basis"] = ["公告2号"]
    answer = client.post(page, second)
    assert answer.status_code == 409
    assert "离任" in BeautifulSoup(answer.text, "html.parser").select_one("td .lacking").text
    again = form_of(answer)
    assert again["basis"] == ["公告2号"]
    assert client.post(page, again).status_code == 302
    assert Election.objects.get().basis == "公告2号"


def test_a_newcomer_is_found_by_name_or_number_and_elsewhere_only_hinted_at(
    client,
    secretary,
    community,
    stranger,
    group,
    term,
    people,
):
    client.force_login(secretary)
    page = address("election-edit", term, community)
    far = factories.member(stranger, "远方人")
    data = form_of(client.get(page)) | {f"add-group-{group.pk}-0-person": [far.id_number]}
    refused = client.post(page, data)
    assert refused.status_code == 422
    assert "远方人" not in refused.text
    assert far.id_number in refused.text  # what was typed stays
    factories.member(community, "本地人")
    data[f"add-group-{group.pk}-0-person"] = ["本地人"]
    assert client.post(page, data).status_code == 302
    assert ElectionLine.objects.get().member.name == "本地人"


def test_an_empty_form_is_refused_and_breaks_nothing(client, secretary, community, term, people):
    client.force_login(secretary)
    assert client.post(address("election-edit", term, community)).status_code == 422


def workbook(client, term, community):
    given = {"purpose": "换届", "password": "secret"}
    answer = client.post(address("election-workbook", term, community), given)
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def upload(client, term, community, book, **more):
    content = io.BytesIO()
    book.save(content)
    file = SimpleUploadedFile("list.xlsx", content.getvalue())
    return client.post(address("election-upload", term, community), {"file": file, **more})


def test_the_workbook_sent_back_untouched_changes_nothing(client, secretary, community, term, people):
    client.force_login(secretary)
    book = workbook(client, term, community)
    assert AuditEntry.objects.get().details["lines"] == 4
    assert upload(client, term, community, book).status_code == 302
    assert not Election.objects.exists()


def test_a_workbook_with_a_password_is_asked_for_it(client, secretary, community, term, people):
    client.force_login(secretary)
    content = io.BytesIO()
    workbook(client, term, community).save(content)
    locked = sandbox.locked(content.getvalue(), "机密")

    def sent(**more):
        file = SimpleUploadedFile("list.xlsx", locked)
        return client.post(address("election-upload", term, community), {"file": file, **more})

    page = sent()
    assert page.status_code == 422
    assert 'name="password"' in page.text
    assert "密码不对" in sent(password="wrong").text
    assert sent(password="机密").status_code == 302


def test_a_filled_workbook_becomes_the_draft(client, secretary, community, group, term, people):
    client.force_login(secretary)
    book = workbook(client, term, community)
    sheet = book.active
    rows = {row[2].value: row for row in sheet.iter_rows(min_row=4, max_row=8)}
    rows["丙员"][6].value = "离任"
    rows["甲长"][7].value = "居民小组成员"
    rows["乙员"][7].value = "代理居民小组长"
    number = factories.id_number()
    new = next(row for row in sheet.iter_rows(min_row=4) if row[2].value is None)
    for place, value in {1: group.name, 2: "戊新", 3: number, 6: "新任", 7: "居民小组成员"}.items():
        new[place].value = value
    assert upload(client, term, community, book).status_code == 302
    plan = client.get(address("election", term, community)).context["plan"]
    assert plan.counts == {"stay": 3, "go": 1, "new": 1, "other_office": 2, "employed": 0}
    # The draft written out and read again is the same draft.
    before = everything(), list(ElectionLine.objects.values_list())
    assert upload(client, term, community, workbook(client, term, community)).status_code == 302
    assert list(ElectionLine.objects.values_list()) == before[1]


def test_it_is_chosen_which_struck_rows_of_a_workbook_are_loaded(client, secretary, community, group, term, people):
    client.force_login(secretary)
    book = workbook(client, term, community)
    rows = {row[2].value: row for row in book.active.iter_rows(min_row=4, max_row=8)}
    for name in ("丙员", "乙员"):
        rows[name][6].value = "离任"
        for cell in rows[name]:
            cell.font = Font(strike=True)
    asked = upload(client, term, community, book)
    assert asked.status_code == 422
    form = asked.context["form"]
    numbers = [str(rows[name][0].row) for name in ("丙员", "乙员")]
    assert [value for value, _label in form.fields["load"].choices] == sorted(numbers, key=int)
    assert f'name="asked" value="{form["asked"].value()}"' in asked.text
    assert not Election.objects.exists()
    given = {"asked": form["asked"].value(), "load": [numbers[0]]}
    assert upload(client, term, community, book, **given).status_code == 302
    plan = client.get(address("election", term, community)).context["plan"]
    assert {seat.name for seat in plan.seats if seat.outcome == "go"} == {"丙员"}
    rows["甲长"][2].font = Font(strike=True)  # another row is asked about again
    again = upload(client, term, community, book, **given)
    assert again.status_code == 422
    assert str(rows["甲长"][0].row) in again.context["form"]["asked"].value().split(",")


def test_a_row_chosen_in_another_file_is_read_where_it_is_not_struck(client, secretary, community, term, people):
    client.force_login(secretary)
    book = workbook(client, term, community)
    row = next(book.active.iter_rows(min_row=4, max_row=4))
    row[6].value = "离任"
    assert upload(client, term, community, book, asked=str(row[0].row)).status_code == 302
    plan = client.get(address("election", term, community)).context["plan"]
    assert {seat.name for seat in plan.seats if seat.outcome == "go"} == {row[2].value}


def test_each_wrong_cell_of_a_workbook_is_reported_and_nothing_is_saved(client, secretary, community, term, people):
    client.force_login(secretary)
    book = workbook(client, term, community)
    rows = {row[2].value: row for row in book.active.iter_rows(min_row=4, max_row=8)}
    rows["甲长"][6].value = "不知道"
    rows["乙员"][1].value = "第九居民小组"
    rows["丙员"][3].value = factories.id_number()
    answer = upload(client, term, community, book)
    assert answer.status_code == 422
    reported = {(finding.column) for finding, _value in answer.context["findings"] if not finding.is_warning}
    assert reported == {"结果", "居民小组", "身份证号"}
    assert rows["丙员"][3].value not in answer.text
    assert not Election.objects.exists()


def test_a_by_election_runs_to_the_end_of_the_term(client, secretary, community, group, term):
    client.force_login(secretary)
    page = reverse("by-election", args=[community.code])
    assert "2030-12-31" in client.get(page).text
    data = {
        "seat": f"group-{group.pk}:acting_leader", "person": factories.id_number(), "name": "戊新",
        "first_day": "20261101", "basis": "公告3号",
    }  # fmt: skip
    assert client.post(page, data).status_code == 302
    row = Appointment.objects.get()
    assert (row.term, row.last_day, row.position, row.acting) == (term, None, Position.GROUP_LEADER, True)


def test_an_office_past_its_term_is_renewed_and_another_ended_in_one_go(
    client,
    secretary,
    community,
    group,
    terms,
):
    stays, goes = (factories.appointment(factories.member(community), group) for _ in range(2))
    for _ in range(3):
        factories.appointment(factories.member(community), group, first_day=FIRST)
    Appointment.objects.filter(first_day=FIRST).update(term=terms[1])
    client.force_login(secretary)
    data = form_of(client.get(reverse("overdue")))
    assert client.post(reverse("overdue"), data).status_code == 302  # unchanged
    assert Appointment.objects.count() == 5
    data |= {f"office-{stays.pk}-act": ["renew"], f"office-{goes.pk}-act": ["end"]}
    data[f"office-{goes.pk}-end_reason"] = ["resignation"]
    assert client.post(reverse("overdue"), data).status_code == 302
    assert [row.last_day for row in stays.member.appointments.order_by("first_day")] == [EVE, None]
    assert Appointment.objects.get(pk=goes.pk).end_reason == "resignation"
    assert "没有任期已满" in client.get(reverse("overdue")).text


def test_where_a_re_election_is_due_offices_are_not_renewed_one_by_one(client, secretary, people):
    client.force_login(secretary)
    answer = client.get(reverse("overdue"))
    assert answer.context["forms"] == []
    assert "去办理换届" in answer.text


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        ("2031-01-01", "2034-12-31", "last_day"),  # no five years
        ("2030-06-01", "", "__all__"),  # overlaps the term before
    ],
)
def test_a_term_is_five_years_and_overlaps_no_other(client, civil, terms, first, last, field):
    client.force_login(civil)
    answer = client.post(reverse("term-add"), {"ordinal": 3, "first_day": first, "last_day": last, "version": 1})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Term.objects.count() == 2


def test_civil_affairs_makes_the_next_term_with_what_is_proposed(client, civil, terms):
    client.force_login(civil)
    assert client.post(reverse("term-add"), form_of(client.get(reverse("term-add")))).status_code == 302
    made = Term.objects.get(ordinal=3)
    assert (made.first_day, made.last_day) == (date(2031, 1, 1), date(2035, 12, 31))
    assert made.history.get().history_user == civil


def test_a_term_that_offices_begin_in_keeps_their_days(client, civil, terms, people):
    client.force_login(civil)
    page = reverse("term-edit", args=[terms[0].pk])
    data = form_of(client.get(page)) | {"first_day": ["2019-01-01"], "last_day": [""]}
    answer = client.post(page, data)
    assert answer.status_code == 302 or "first_day" in answer.context["form"].errors
    data = form_of(client.get(page)) | {"first_day": ["2015-01-01"]}
    assert client.post(page, data).status_code == 422


def test_carrying_out_can_be_taken_back_while_nothing_is_built_on_it(client, clerk, community, term, people):
    client.force_login(clerk)
    page = address("election-confirm", term, community)
    client.post(page, {"seen": client.get(page).context["form"].initial["seen"]})
    undo = BeautifulSoup(client.get(address("election", term, community)).text, "html.parser").select_one("form.undo")
    client.post(reverse("undo"), filled_in(undo))
    assert not Appointment.objects.filter(term=term).exists()
    assert {row.last_day for row in Appointment.objects.all()} == {None}
    assert client.get(address("election", term, community)).context["plan"].state.name == "NOT_BEGUN"
    assert Member.objects.count() == 4
