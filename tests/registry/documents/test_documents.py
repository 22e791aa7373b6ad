"""Templates of documents: taken in with all causes of a refusal, and filled within the area that the user sees."""

import io
from datetime import date

import docx
import openpyxl
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registry.models import Act, AuditEntry, Building, DocumentTemplate, Position, StoredFile
from tests import factories


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-24T10:00:00+08:00", tick=True):
        yield


@pytest.fixture
def people(community, group, sibling):
    found = {
        "leader": factories.member(community, "王组长", phone="13800000001", account="6228480000000000018"),
        "member": factories.member(community, "李组员"),
        "director": factories.member(community, "赵主任"),
        "former": factories.member(community, "钱前任"),
        "neighbour": factories.member(sibling, "孙邻居"),
    }
    factories.appointment(found["member"], group)
    factories.appointment(found["leader"], group, Position.GROUP_LEADER)
    factories.appointment(found["director"], community.committee, Position.DIRECTOR)
    factories.appointment(found["former"], group, last_day=date(2024, 1, 31))
    factories.appointment(found["neighbour"], sibling.committee)
    factories.employment(found["member"], date(2026, 1, 1), None)
    Building.objects.create(community=community, name="1号楼", group=group, households=20)
    Building.objects.create(community=community, name="2号楼", group=group, households=30)
    return found


def document(*texts: str, table: tuple[str, ...] = ()) -> bytes:
    made = docx.Document()
    for text in texts:
        made.add_paragraph(text)
    if table:
        for cell, text in zip(made.add_table(1, len(table)).rows[0].cells, table, strict=True):
            cell.text = text
    return saved(made)


def saved(made) -> bytes:
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def hand_in(client, content: bytes, place: str, name="登记表.docx", title="登记表"):
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("document-template-add"), {"file": file, "title": title, "place": place})


def kept(client, content: bytes, place: str, name="登记表.docx") -> DocumentTemplate:
    answer = hand_in(client, content, place, name)
    assert answer.status_code == 302, answer.text
    return DocumentTemplate.objects.latest("pk")


def filled(client, template, place: str):
    answer = client.post(reverse("document-fill", args=[template.pk]), {"place": place})
    assert answer.status_code == 200, answer.text
    return docx.Document(io.BytesIO(answer.content))


def of(community) -> str:
    return f"community:{community.code}"


def test_a_template_is_kept_with_the_fields_it_names(client, secretary, community):
    client.force_login(secretary)
    template = kept(client, document("{{社区.名称}} {{ 日期.今天 }} {{社区.名称}}"), of(community))
    assert (template.fields, template.area, template.added_by) == (["社区.名称", "日期.今天"], community, secretary)
    assert client.get(template.get_absolute_url()).status_code == 200


def test_a_group_is_filled_in_with_its_people_in_order(client, secretary, community, group, people):
    client.force_login(secretary)
    template = kept(
        client,
        document(
            "{{街道.名称}}{{社区.名称}}{{居民小组.名称}}，主任{{居民委员会.主任}}，组长{{居民小组.组长}}，{{居民小组.楼院}}，{{数量.户数}}户",
            table=("{{名单.序号}}", "{{名单.姓名}}", "{{名单.职务}}", "{{名单.在职情况}}"),
        ),
        of(community),
    )
    made = filled(client, template, f"group:{group.pk}")
    assert made.paragraphs[0].text == (
        f"{community.subdistrict.name}{community.name}{group.name}，主任赵主任，组长王组长，1号楼、2号楼，50户"
    )
    assert [[cell.text for cell in row.cells] for row in made.tables[0].rows] == [
        ["1", "王组长", "居民小组长", "非在职"],
        ["2", "李组员", "居民小组成员", "在职"],
    ]


def test_a_community_is_filled_in_with_everybody_in_office_there(client, secretary, community, people):
    client.force_login(secretary)
    template = kept(
        client,
        document("{{数量.在任人数}}人，主任{{居民委员会.主任}}", table=("{{名单.姓名}}", "{{名单.居民小组}}")),
        of(community),
    )
    made = filled(client, template, of(community))
    assert made.paragraphs[0].text == "3人，主任赵主任"
    assert [row.cells[0].text for row in made.tables[0].rows] == ["赵主任", "王组长", "李组员"]


def test_a_person_is_filled_in_with_the_own_office(client, secretary, community, group, people):
    client.force_login(secretary)
    template = kept(client, document("{{人员.姓名}} {{居民小组.名称}} {{人员.职务}} {{人员.任职日期}}"), of(community))
    made = filled(client, template, f"member:{people['leader'].pk}")
    assert made.paragraphs[0].text == f"王组长 {group.name} 居民小组长 2021年1月1日"


def test_of_several_offices_of_a_person_one_is_chosen(client, secretary, community, group, people):
    factories.appointment(people["leader"], community.committee)
    client.force_login(secretary)
    template = kept(client, document("{{人员.姓名}}{{人员.职务}}"), of(community))
    of_group = kept(client, document("{{居民小组.名称}}{{人员.职务}}"), of(community))
    page = BeautifulSoup(
        client.get(reverse("document-choose", args=["member", people["leader"].pk])).text, "html.parser"
    )
    options = {
        each: [(option["value"], option.text) for option in page.select(f'form[action="{address}"] option')]
        or page.select_one(f'form[action="{address}"] [name=place]')["value"]
        for each, address in ((each, reverse("document-fill", args=[each.pk])) for each in (template, of_group))
    }
    assert [label for _key, label in options[template]] == ["王组长 居民委员会成员", "王组长 居民小组长"]
    assert filled(client, template, options[template][0][0]).paragraphs[0].text == "王组长居民委员会成员"
    assert filled(client, of_group, options[of_group]).paragraphs[0].text == f"{group.name}居民小组长"


def test_a_workbook_is_filled_in_too(client, clerk, community, people):
    client.force_login(clerk)
    book = openpyxl.Workbook()
    book.active.append(["{{名单.序号}}", "{{名单.姓名}}"])
    book.active.append(["合计", "{{数量.在任人数}}"])
    template = kept(client, saved(book), of(community), "花名册.xlsx")
    answer = client.post(reverse("document-fill", args=[template.pk]), {"place": of(community)})
    rows = [*openpyxl.load_workbook(io.BytesIO(answer.content)).active.values]
    assert rows == [(1, "赵主任"), (2, "王组长"), (3, "李组员"), ("合计", 3)]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (document("{{居委会.主任}} {{天气}}"), "表.docx", ["{{居委会.主任}}（是否为{{居民委员会.主任}}）", "{{天气}}"]),
        (document("没有"), "表.docx", ["没有占位符"]),
        (document("{{名单.姓名}}"), "表.pdf", ["内容与扩展名不符"]),
        (b"%PDF-1.7", "表.pdf", ["docx或xlsx"]),
        (b"PK\x03\x04", "表.docx", ["内容与扩展名不符"]),
    ],
)
def test_a_file_that_cannot_be_filled_is_refused_with_all_causes(client, secretary, community, content, name, words):
    client.force_login(secretary)
    answer = hand_in(client, content, of(community), name)
    assert answer.status_code == 422
    assert all(each in answer.text for each in words), answer.text
    assert not DocumentTemplate.objects.exists()


def test_a_template_for_one_place_names_what_a_larger_area_lacks(client, clerk, community, people):
    client.force_login(clerk)
    template = kept(client, document("{{居民小组.名称}} {{人员.姓名}}"), of(community))
    answer = client.post(reverse("document-fill", args=[template.pk]), {"place": of(community)}, follow=True)
    assert "模板需要：居民小组、人员" in answer.text
    page = client.get(reverse("document-choose", args=["community", community.code]))
    assert "不适用于此对象" in page.text
    assert reverse("document-fill", args=[template.pk]) not in page.text


@pytest.mark.parametrize("name", ["人员.身份证号", "名单.银行账号", "名单.联系电话"])
def test_whole_numbers_ask_for_purpose_and_password_and_are_logged(client, secretary, community, people, name):
    client.force_login(secretary)
    template = kept(client, document(table=(f"{{{{{name}}}}}",)), of(community))
    address, data = reverse("document-fill", args=[template.pk]), {"place": f"member:{people['leader'].pk}"}
    asked = client.post(address, data)
    assert asked.headers["Content-Type"].startswith("text/html")
    answer = client.post(address, data | {"purpose": "上报名册", "password": "secret"})
    field = {"身份证号": "id_number", "银行账号": "account", "联系电话": "phone"}[name.partition(".")[2]]
    [cell] = docx.Document(io.BytesIO(answer.content)).tables[0].rows[0].cells
    assert cell.text == getattr(people["leader"], field)
    entry = AuditEntry.objects.filter(act=Act.EXPORT).latest("pk")
    assert (entry.details["purpose"], entry.details["what"], entry.details["name"]) == (
        "上报名册", "document", "王组长",
    )  # fmt: skip


def test_whole_numbers_need_the_permission_to_see_them(client, leader, clerk, community, people):
    client.force_login(clerk)
    template = kept(client, document("{{人员.身份证号}}"), of(community))
    client.force_login(leader)
    address, data = reverse("document-fill", args=[template.pk]), {"place": f"member:{people['leader'].pk}"}
    assert client.post(address, data).status_code == 403
    assert not AuditEntry.objects.filter(act=Act.EXPORT).exists()


def test_a_file_without_whole_numbers_is_logged_too(client, secretary, community, people):
    client.force_login(secretary)
    template = kept(client, document(table=("{{名单.姓名}}",)), of(community))
    filled(client, template, of(community))
    entry = AuditEntry.objects.filter(act=Act.EXPORT).latest("pk")
    assert (entry.subject, entry.details["lines"], entry.details["name"]) == ("登记表", 3, community.name)


def test_the_stipend_stands_once_a_person_so_that_a_total_counts_nobody_twice(
    client, secretary, community, group, people, standard
):
    factories.appointment(people["leader"], community.committee)
    client.force_login(secretary)
    template = kept(client, document(table=("{{名单.姓名}}", "{{名单.本月补贴}}")), of(community))
    rows = [[cell.text for cell in row.cells] for row in filled(client, template, of(community)).tables[0].rows]
    assert [name for name, _yuan in rows] == ["赵主任", "王组长", "王组长", "李组员"]
    first, again = [yuan for name, yuan in rows if name == "王组长"]
    assert (first.endswith(".00"), again) == (True, "")


def test_a_subdistrict_is_for_users_who_see_all_of_it(client, secretary, clerk, community, people):
    template = factories.document_template(clerk, "街道表", place=community.subdistrict)
    DocumentTemplate.objects.update(fields=["名单.姓名"])
    place = f"subdistrict:{community.subdistrict.code}"
    for user, status in ((secretary, 404), (clerk, 200)):
        client.force_login(user)
        assert client.post(reverse("document-fill", args=[template.pk]), {"place": place}).status_code == status


def test_a_template_is_for_its_area_and_those_within(client, clerk, secretary, community, sibling, stranger, people):
    subdistrict = factories.document_template(clerk, "街道表", place=community.subdistrict)
    factories.document_template(clerk, "邻社区表", place=sibling)
    factories.document_template(clerk, "外街道表", place=stranger.subdistrict)
    factories.document_template(clerk, "全市表")
    client.force_login(secretary)
    page = client.get(reverse("document-templates")).text
    assert [title in page for title in ("街道表", "全市表", "邻社区表", "外街道表")] == [True, True, False, False]
    assert client.post(reverse("document-fill", args=[subdistrict.pk]), {"place": of(community)}).status_code == 200
    assert client.post(reverse("document-fill", args=[subdistrict.pk]), {"place": of(sibling)}).status_code == 404
    assert client.get(reverse("document-template-remove", args=[subdistrict.pk])).status_code == 403


@pytest.mark.parametrize(
    "place", ["city", "", "community:", "community:9", "member:0", "x:1", "group:1e3", "member:" + "9" * 30, "group:一"]
)
def test_a_place_that_is_not_in_sight_is_not_found(client, secretary, community, place):
    template = factories.document_template(secretary, place=community)
    client.force_login(secretary)
    assert client.post(reverse("document-fill", args=[template.pk]), {"place": place}).status_code == 404


def test_a_secretary_hands_in_for_the_own_community_alone(client, secretary, community, sibling):
    client.force_login(secretary)
    content = document("{{社区.名称}}")
    for place in ("city", f"subdistrict:{community.subdistrict.code}", of(sibling)):
        assert hand_in(client, content, place).status_code == 422
    assert hand_in(client, content, of(community)).status_code == 302


def test_a_deleted_template_is_gone_with_its_file_and_its_history_stays(client, secretary, community):
    template = factories.document_template(secretary, place=community)
    client.force_login(secretary)
    answer = client.post(reverse("document-template-remove", args=[template.pk]), {"reason": "已过期"})
    assert answer.status_code == 302
    assert not DocumentTemplate.objects.exists()
    last = DocumentTemplate.history.latest("history_date")
    assert (last.history_type, last.history_change_reason) == ("-", "已过期")
    assert issubclass(DocumentTemplate, StoredFile)  # whose content files.remove deletes


def test_the_templates_of_the_demo_are_taken_in(people, clerk, db):
    from registry.documents import demo, services
    from registry.records import files

    for name, _by, _code in demo.TEMPLATES:
        assert services.names_in(files.taken(name, (demo.FOLDER / name).read_bytes()))
