"""What is put into filled files besides values: who took whole numbers, when and for what."""

import io

import docx
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from registry.documents import fields
from tests import factories
from tests.registry.documents.test_documents import document, kept, of


@pytest.mark.parametrize(("field", "is_marked"), [("人员.身份证号", True), ("人员.姓名", False)])
@time_machine.travel("2026-11-24T10:00:00+08:00", tick=True)
def test_a_file_with_whole_numbers_shows_who_took_it(client, secretary, community, field, is_marked):
    client.force_login(secretary)
    template = kept(client, document(f"{{{{{field}}}}}"), of(community))
    place = f"member:{factories.member(community, '王组长').pk}"
    address = reverse("document-fill", args=[template.pk])
    answer = client.post(address, {"place": place, "purpose": "上报名册", "password": "secret"})
    [head] = [section.header for section in docx.Document(io.BytesIO(answer.content)).sections]
    text = "\n".join(each.text for each in head.paragraphs)
    assert [each in text for each in (secretary.name, "2026-11-24 10:00", "上报名册")] == [is_marked] * 3


def test_the_page_that_deletes_a_template_has_a_trail(client, secretary, community):
    client.force_login(secretary)
    template = kept(client, document("{{社区.名称}}"), of(community))
    text = client.get(reverse("document-template-remove", args=[template.pk])).text
    assert 'class="trail"' in text
    assert template.get_absolute_url() in text


def places_found(client, template, words: str) -> list[str]:
    page = BeautifulSoup(client.get(template.get_absolute_url(), {"q": words}).text, "html.parser")
    return [each["value"] for each in page.select(".plain-list [name=place]")]


def test_a_person_is_found_from_the_page_of_the_template(client, secretary, community, sibling, group):
    person, other = factories.member(community, "王组长"), factories.member(sibling, "王邻居")
    offices = [factories.appointment(person, group), factories.appointment(person, community.committee)]
    client.force_login(secretary)
    template = kept(client, document("{{人员.姓名}}"), of(community))
    assert sorted(places_found(client, template, "wang")) == sorted(f"appointment:{each.pk}" for each in offices)
    assert places_found(client, template, other.name) == []
    assert places_found(client, template, other.id_number or "620299195803120028") == []


def test_a_group_is_found_where_the_template_asks_for_no_person(client, secretary, community, group):
    client.force_login(secretary)
    template = kept(client, document("{{居民小组.名称}}"), of(community))
    assert places_found(client, template, group.name) == [f"group:{group.pk}"]


def test_each_field_has_an_example_and_a_button_that_copies_it(client, secretary):
    client.force_login(secretary)
    page = BeautifulSoup(client.get(reverse("document-fields")).text, "html.parser")
    copied = {each["data-copy"] for each in page.select("[data-copy]")}
    assert copied == {f"{{{{{name}}}}}" for name in fields.known()}
    assert all(each.example for each in fields.known().values())
