"""What is put into filled files besides values: who took whole numbers, when and for what."""

import io

import docx
import pytest
import time_machine
from django.urls import reverse

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
