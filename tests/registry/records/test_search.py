"""The search box: names, pinyin, initials and whole ID numbers, among people in sight alone."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from jygroups.lib import names
from registry.models import Role
from tests import factories

SEARCH, SUGGEST = reverse("search"), reverse("suggest")


@pytest.fixture
def people(community, group, sibling):
    found = [factories.member(community, name) for name in ("曾志国", "单小红", "仇建", "解放军", "欧阳修·甲")]
    factories.appointment(found[0], group)
    factories.member(sibling, "曾乙雀")
    return found


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("曾", "曾志国"), ("志国", "曾志国"), ("zeng", "曾志国"), ("zengzhi", "曾志国"), ("zeng zhi guo", "曾志国"),
        ("ZZG", "曾志国"), ("zz", "曾志国"), ("shan", "单小红"), ("sxh", "单小红"), ("qiu", "仇建"), ("xie", "解放军"),
        ("oyx", "欧阳修·甲"),
    ],
)  # fmt: skip
def test_a_person_is_found_by_name_pinyin_as_a_surname_is_read_and_initials(client, secretary, people, words, name):
    client.force_login(secretary)
    found = client.get(SEARCH, {"q": words}).context["people"].data
    assert [person.name for person in found] == [name]
    assert [person.name for person in client.post(SUGGEST, {"q": words}).context["people"]] == [name]


@pytest.mark.parametrize("words", ["ceng", "dan", "chou", "jie", "guo", "%", "_", "张"])
def test_what_fits_nobody_finds_nobody_and_shows_what_else_to_try(client, secretary, people, words):
    client.force_login(secretary)
    answer = client.get(SEARCH, {"q": words})
    assert list(answer.context["people"].data) == []
    assert "首字母" in answer.text


def test_offices_stand_beside_the_name_and_what_was_found_is_marked(client, secretary, people):
    client.force_login(secretary)
    for answer in (client.get(SEARCH, {"q": "zz"}), client.post(SUGGEST, {"q": "zz"})):
        assert "<mark>曾志</mark>国" in answer.text
        assert "福民社区第一居民小组 居民小组成员" in answer.text
        assert "曾乙雀" not in answer.text


@pytest.mark.parametrize(
    ("name", "words", "part"),
    [
        ("曾志国", "志", "志"), ("曾志国", "zengz", "曾志"), ("艾山·买买提", "asm", "艾山·买"), ("曾志国", "x", ""),
        ("曾志国", "", ""),
    ],
)  # fmt: skip
def test_what_is_marked_is_what_was_found(name, words, part):
    start, end = names.matched(name, words)
    assert name[start:end] == part


def test_a_whole_id_number_leads_to_the_person_and_stands_in_no_address(client, secretary, people, stranger):
    client.force_login(secretary)
    answer = client.post(SEARCH, {"q": people[0].id_number.lower()})
    assert answer["Location"] == people[0].get_absolute_url()
    foreign = factories.member(stranger)
    answer = client.post(SEARCH, {"q": foreign.id_number}, follow=True)
    assert answer.redirect_chain == [(SEARCH, 302)]
    assert "辖区内没有" in answer.text


@pytest.mark.parametrize("words", ["", " ", "6202", "620299197001010011"])
def test_nothing_is_suggested_for_nothing_or_for_a_number(client, secretary, people, words):
    client.force_login(secretary)
    assert client.post(SUGGEST, {"q": words}).text.strip() == ""


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", "<script>alert(1)</script>", "\0", "长" * 5000, "\u202e", "😀", "{{ 7*7 }}"]
)
def test_naughty_strings_find_nobody_and_break_nothing(client, secretary, people, words):
    client.force_login(secretary)
    for answer in (client.post(SEARCH, {"q": words}, follow=True), client.post(SUGGEST, {"q": words})):
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "{{ 7*7 }}" not in words or ">49<" not in answer.text


def test_a_group_leader_sees_no_number(client, people, group):
    client.force_login(factories.user("head", Role.GROUP_LEADER, group=group))
    text = BeautifulSoup(client.get(SEARCH, {"q": "zeng"}).text, "html.parser").text  # no keys in addresses
    assert "志国" in text
    assert "6202" not in text
