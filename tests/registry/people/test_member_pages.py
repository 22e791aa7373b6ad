"""A member's page, its record and employment: who sees, who edits, what a look at a number leaves behind."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from jygroups.lib import id_numbers
from registry.models import Act, AuditEntry, EmploymentSpell, Member, Position, Role
from registry.people.members.forms import MemberForm
from tests import factories

ACCOUNT = "622848000000000018"
NAUGHTY = [
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "\u202eabc",
    "田\u0301",
    "=1+1",
    "%s%d",
    "../../etc",
    "😀",
]


@pytest.fixture
def person(community):
    return factories.member(community, "张三", phone="13800000000", bank="建行", account=ACCOUNT)


def page(name, *args) -> str:
    return reverse(name, args=args)


def fields(client, address) -> dict:
    """What a browser sends of the page's form as it was opened."""
    form = client.get(address).context["form"]
    return {each.html_name: "" if each.value() is None else each.value() for each in form}


def saved(person) -> Member:
    return Member.objects.get(pk=person.pk)


class TestThePage:
    def test_it_shows_the_person_with_numbers_masked(self, client, secretary, person, group):
        factories.appointment(person, group, Position.GROUP_LEADER)
        client.force_login(secretary)
        text = client.get(page("member", person.pk)).text
        assert all(words in text for words in ("张三", "居民小组长", id_numbers.masked(ACCOUNT), "建行"))
        assert [number for number in (person.id_number, person.phone, ACCOUNT) if number in text] == []

    def test_a_group_leader_sees_offices_in_the_own_group_and_no_number(self, client, community, group, person):
        factories.appointment(person, group)
        factories.appointment(person, community.committee)
        client.force_login(factories.user("head", Role.GROUP_LEADER, group=group))
        text = BeautifulSoup(client.get(page("member", person.pk)).text, "html.parser").text  # no keys in addresses
        assert "居民小组成员" in text
        for hidden in ("居民委员会成员", "6202", "1380", "6228", "在职经历", "变更记录"):
            assert hidden not in text

    def test_offices_out_of_sight_are_not_reported(self, client, secretary, person, sibling):
        factories.appointment(person, sibling.committee)
        client.force_login(secretary)
        assert "胜利社区" not in client.get(page("member", person.pk)).text

    def test_gaps_and_both_ends_are_drawn(self, client, secretary, person, group):
        factories.appointment(person, group, last_day=date(2022, 6, 30))
        factories.appointment(person, group, first_day=date(2023, 1, 1))
        client.force_login(secretary)
        answer = client.get(page("member", person.pk))
        assert [(gap.first, gap.last, gap.days) for gap in answer.context["gaps"]] == [
            (date(2022, 7, 1), date(2022, 12, 31), 184)
        ]
        assert answer.text.count('class="bar-office') == 2


class TestEditing:
    def test_the_community_of_the_record_edits_it_and_the_history_has_the_reason(self, client, secretary, person):
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        answer = client.post(address, fields(client, address) | {"phone": "13900000000", "reason": "本人来电"})
        assert answer["Location"] == person.get_absolute_url()
        assert (saved(person).phone, saved(person).account, saved(person).id_number) == (
            "13900000000", ACCOUNT, person.id_number,
        )  # fmt: skip
        version = person.history.first()
        assert (version.history_user, version.history_change_reason) == (secretary, "本人来电")

    @pytest.mark.parametrize("name", ["member-edit", "employment-add"])
    def test_who_merely_sees_the_person_is_refused(self, client, secretary, sibling, group, name):
        person = factories.member(sibling)
        factories.appointment(person, group)
        client.force_login(secretary)
        assert client.get(page("member", person.pk)).status_code == 200
        assert client.get(page(name, person.pk)).status_code == 403
        assert client.post(page(name, person.pk), {"name": "李四"}).status_code == 403
        assert saved(person).name == person.name

    def test_a_post_elsewhere_gives_no_right_here(self, client, leader, stranger, person):
        factories.user("both")
        leader.posts.create(role=Role.SECRETARY, community=stranger, first_day=date(2020, 1, 1))
        client.force_login(leader)
        assert client.get(page("member-edit", person.pk)).status_code == 403

    def test_a_form_saved_unchanged_changes_nothing(self, client, secretary, person):
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        assert client.post(address, fields(client, address)).status_code == 302
        assert saved(person).version == person.version

    def test_a_number_typed_in_blocks_is_taken(self, client, secretary, person):
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        client.post(address, fields(client, address) | {"account": "6228 4800 0000 0000 26"})
        assert saved(person).account == "622848000000000026"

    def test_an_id_number_already_registered_gives_the_hint_alone(self, client, secretary, person, stranger):
        other = factories.member(stranger, "丙金雀")
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        answer = client.post(address, fields(client, address) | {"id_number": other.id_number.lower()})
        assert answer.status_code == 422
        assert answer.context["form"].errors == {"id_number": ["此人已在册，请联系街道办事处。"]}
        assert "丙金雀" not in answer.text
        assert saved(person).id_number == person.id_number

    def test_a_refused_form_lists_every_problem_and_keeps_what_was_typed(self, client, secretary, person):
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        typed = {"name": "Zhang", "id_number": "620299197001010011", "phone": "12", "account": "12", "bank": "农行"}
        answer = client.post(address, fields(client, address) | typed)
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {"name", "id_number", "phone", "account"}
        assert all(f'value="{value}"' in answer.text for value in typed.values())

    def test_the_second_of_two_sees_both_values_and_chooses(self, client, secretary, clerk, person):
        address = page("member-edit", person.pk)
        client.force_login(clerk)
        opened = fields(client, address)
        client.force_login(secretary)
        client.post(address, fields(client, address) | {"bank": "农行"})
        client.force_login(clerk)
        answer = client.post(address, opened | {"bank": "工行"})
        assert answer.status_code == 409
        assert "农行" in answer.text
        assert 'value="工行"' in answer.text
        assert saved(person).bank == "农行"
        again = {each.html_name: each.value() or "" for each in answer.context["form"]}
        client.post(address, again | {"keep-bank": "mine"})
        assert saved(person).bank == "工行"

    @pytest.mark.parametrize("field", ["name", "id_number", "phone", "bank", "account", "source", "reason", "version"])
    @pytest.mark.parametrize("text", [*NAUGHTY, "长" * 5000, "\x00"])
    def test_naughty_strings_are_refused_or_come_back_as_they_were(self, client, secretary, person, field, text):
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        answer = client.post(address, fields(client, address) | {field: text})
        assert answer.status_code in (302, 409, 422)
        assert "<script>alert" not in client.get(page("member", person.pk)).text
        if answer.status_code == 302 and field in ("name", "bank"):
            assert getattr(saved(person), field) == text

    @pytest.mark.parametrize("name", ["㐀𠀀𪚥", "𬀩" * 50, "买买提·艾山江", "㛃䶮", "〇々"])
    def test_names_of_rare_characters_round_trip(self, client, secretary, person, name):
        client.force_login(secretary)
        address = page("member-edit", person.pk)
        assert client.post(address, fields(client, address) | {"name": name}).status_code == 302
        assert saved(person).name == name
        assert name in client.get(page("member", person.pk)).text


class TestHandingOver:
    def test_a_clerk_hands_over_within_the_subdistrict(self, client, clerk, person, sibling):
        client.force_login(clerk)
        address = page("member-hand-over", person.pk)
        client.post(address, fields(client, address) | {"community": sibling.pk})
        assert saved(person).community == sibling

    def test_no_community_of_another_subdistrict_can_be_chosen(self, client, clerk, person, stranger):
        client.force_login(clerk)
        address = page("member-hand-over", person.pk)
        answer = client.post(address, fields(client, address) | {"community": stranger.pk})
        assert answer.status_code == 422
        assert "大众社区" not in answer.text
        assert saved(person).community == person.community


class TestShowingANumber:
    def test_it_is_shown_once_for_a_purpose_and_logged_without_it(self, client, secretary, person):
        client.force_login(secretary)
        address = page("reveal", person.pk, "id_number")
        assert person.id_number not in client.get(address).text
        answer = client.post(address, {"purpose": "核对证件", "password": "secret"})
        assert person.id_number in answer.text
        assert "no-store" in answer["Cache-Control"]
        assert person.id_number not in client.get(address).text
        entry = AuditEntry.objects.get()
        assert (entry.act, entry.user, entry.address) == ("reveal", secretary, "127.0.0.1")
        assert entry.details == {"member": person.pk, "field": "id_number", "purpose": "核对证件"}
        assert person.id_number not in str(vars(entry))

    def test_without_a_purpose_nothing_is_shown_and_nothing_logged(self, client, secretary, person):
        client.force_login(secretary)
        answer = client.post(page("reveal", person.pk, "account"), {"purpose": " ", "password": "secret"})
        assert answer.status_code == 422
        assert ACCOUNT not in answer.text
        assert not AuditEntry.objects.exists()

    def test_in_place_only_the_part_is_answered(self, client, secretary, person):
        client.force_login(secretary)
        asked = {"purpose": "联系本人", "password": "secret"}
        answer = client.post(page("reveal", person.pk, "phone"), asked, headers={"HX-Request": "true"})
        assert "13800000000" in answer.text
        assert "<html" not in answer.text

    @pytest.mark.parametrize("role", ["leader", "civil", "auditor"])
    def test_who_has_no_business_with_it_is_refused(self, client, request, person, role):
        client.force_login(request.getfixturevalue(role))
        assert client.post(page("reveal", person.pk, "phone"), {"purpose": "看看"}).status_code == 403

    def test_who_merely_sees_the_person_is_refused(self, client, secretary, sibling, group):
        person = factories.member(sibling)
        factories.appointment(person, group)
        client.force_login(secretary)
        assert client.post(page("reveal", person.pk, "id_number"), {"purpose": "核对"}).status_code == 403

    def test_finance_sees_all_of_the_city_and_no_other_field(self, client, finance, person):
        client.force_login(finance)
        assert (
            ACCOUNT
            in client.post(page("reveal", person.pk, "account"), {"purpose": "办理发放", "password": "secret"}).text
        )
        assert (
            client.post(page("reveal", person.pk, "pinyin"), {"purpose": "办理发放", "password": "secret"}).status_code
            == 404
        )

    def test_who_has_not_typed_the_password_lately_does_so_beside_the_purpose(self, client, secretary, person):
        client.force_login(secretary)
        address = page("reveal", person.pk, "account")
        assert "password" in client.get(address).context["form"].fields
        asked = {"purpose": "办理发放"}
        for answer in (client.post(address, asked), client.post(address, asked | {"password": "wrong"})):
            assert answer.status_code == 422
            assert ACCOUNT not in answer.text
            assert 'value="办理发放"' in answer.text  # what was asked is not lost
        assert not AuditEntry.objects.filter(act=Act.REVEAL).exists()
        assert ACCOUNT in client.post(address, asked | {"password": "secret"}).text
        # And not again for a while.
        assert ACCOUNT in client.post(address, asked).text


class TestEmployment:
    def test_it_is_registered_ended_and_deleted_with_a_reason(self, client, secretary, person):
        client.force_login(secretary)
        entered = {"employer": "某公司", "kind": "unit", "first_day": "20240520", "evidence": "劳动合同"}
        client.post(page("employment-add", person.pk), entered)
        spell = EmploymentSpell.objects.get()
        assert (spell.member, spell.first_day, spell.last_day) == (person, date(2024, 5, 20), None)
        client.post(page("employment-end", spell.pk), {"version": spell.version, "last_day": "2025年1月31日"})
        spell.refresh_from_db()
        assert spell.last_day == date(2025, 1, 31)
        assert client.post(page("employment-remove", spell.pk), {"reason": ""}).status_code == 422
        client.post(page("employment-remove", spell.pk), {"reason": "登记错人"})
        assert not EmploymentSpell.objects.exists()
        text = client.get(page("history", "member", person.pk)).text
        assert "登记错人" in text
        assert "某公司" in text

    def test_days_that_another_employment_holds_are_refused(self, client, secretary, person):
        factories.employment(person, date(2024, 1, 1), date(2024, 12, 31))
        client.force_login(secretary)
        answer = client.post(page("employment-add", person.pk), {"kind": "unit", "first_day": "2024-12-31"})
        assert answer.status_code == 422
        assert "重叠" in answer.text
        assert 'value="2024-12-31"' in answer.text

    def test_a_last_day_before_the_first_is_refused(self, client, secretary, person):
        client.force_login(secretary)
        days = {"kind": "unit", "first_day": "2024-12-31", "last_day": "2024-01-01"}
        assert client.post(page("employment-add", person.pk), days).status_code == 422

    def test_of_people_elsewhere_nothing_can_be_done(self, client, secretary, stranger, sibling, group):
        gone = factories.employment(factories.member(stranger))
        visible = factories.employment(factories.member(sibling))
        factories.appointment(visible.member, group)
        client.force_login(secretary)
        for name in ("employment-edit", "employment-end", "employment-remove"):
            for spell, status in ((gone, 404), (visible, 403)):
                data = {"version": 1, "kind": "unit", "last_day": "2024-01-01", "reason": "试试"}
                assert (name, client.post(page(name, spell.pk), data).status_code) == (name, status)
        assert EmploymentSpell.objects.filter(last_day=None).count() == 2


def test_a_field_of_a_member_is_in_the_form_on_the_page_and_in_the_list(client, clerk, person):
    client.force_login(clerk)
    page = client.get(person.get_absolute_url()).text
    columns = [name for name, *_rest in client.get(reverse("members")).context["columns"]]
    assert {*Member.facts(), "phone", "bank", "account"} == {*Member.entered()} - {"name", "id_number"}
    assert set(MemberForm.base_fields) == {*Member.entered(), "reason", "version"}
    assert "name" not in columns
    for name in Member.facts():
        assert name in columns
        assert f"<dt>{Member._meta.get_field(name).verbose_name}</dt>" in page


def test_a_key_that_no_row_can_have_is_not_found(client, clerk):
    client.force_login(clerk)
    assert client.get(page("member", 10**20)).status_code == 404
