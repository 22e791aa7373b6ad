"""A person's own data on one page, who saw it, and the yearly report."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import Act, AuditEntry, Member, Role, Session
from registry.privacy import services
from registry.records import versions
from subsidies.month import sheets
from tests import factories

PHONE, ACCOUNT = "13800001963", "6228480000000019637"


@pytest.fixture
def person(community, group, standard):
    member = factories.member(community, "仝鹤羽", phone=PHONE, account=ACCOUNT)
    factories.appointment(member, group)
    factories.employment(member, date(2019, 1, 1), date(2019, 6, 30))
    member.bank = "某银行"
    versions.save(member, actor=None, reason="补录开户银行")
    [sheet] = sheets.prepare(Month(2026, 10), [community.subdistrict])
    factories.brought_to(sheet, "approved")
    factories.answered(sheet)
    return member


def parts(answer) -> dict[str, str]:
    page = BeautifulSoup(answer.text, "html.parser")
    return {each.h2.text.split("、", 1)[1].split("(")[0].strip(): each.text for each in page.select("section.panel")}


def test_the_copy_has_all_parts_masked_and_leaves_an_entry(client, person, secretary, clerk):
    factories.file(person, clerk, title="身份证复印件")
    client.force_login(secretary)
    found = parts(client.get(reverse("personal-data", args=[person.pk])))
    assert "某银行" in found["登记信息"]
    assert PHONE not in "".join(found.values())
    assert person.id_number not in "".join(found.values())
    assert "第一居民小组" in found["所任职务"]
    assert "某公司" in found["在职情况"]
    assert "身份证复印件" in found["随登记保存的材料"]
    assert "2026年10月" in found["各月补贴"]
    assert "到账" in found["各月补贴"]
    assert "补录开户银行" in found["登记的更改记录"]
    entry = AuditEntry.objects.get(act=Act.VIEW)
    assert (entry.user, entry.details) == (secretary, {"member": person.pk})
    assert person.name not in entry.subject
    assert (
        "查看个人信息副本"
        in parts(client.get(reverse("personal-data", args=[person.pk])))["谁看过完整号码、材料或本副本"]
    )


def test_a_line_of_a_draft_is_not_called_paid(client, person, secretary, community):
    sheets.prepare(Month(2026, 11), [community.subdistrict])
    client.force_login(secretary)
    page = BeautifulSoup(client.get(reverse("personal-data", args=[person.pk])).text, "html.parser")
    states = {row.th.text: row.find_all("td")[-1].text for row in page.select("tr") if "年" in (row.th or row).text}
    assert (states["2026年10月"], states["2026年11月"]) == ("到账", "草稿")


def test_the_file_has_whole_numbers_for_a_purpose_and_the_password(client, person, secretary):
    client.force_login(secretary)
    page = reverse("personal-data", args=[person.pk])
    assert "Content-Disposition" not in client.post(page)
    answer = client.post(page, {"purpose": "本人申请查阅", "password": "secret"})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    texts = {str(cell.value) for sheet in book for row in sheet.rows for cell in row}
    assert {person.id_number, PHONE, ACCOUNT} <= texts
    entry = AuditEntry.objects.get(act=Act.EXPORT)
    assert (entry.details["member"], entry.details["purpose"]) == (person.pk, "本人申请查阅")
    assert person.id_number not in str(entry.details)


def test_who_has_a_sign_in_reads_the_own_data_and_nobody_elses(client, person, group, stranger):
    user = factories.user("own", Role.GROUP_MEMBER, group=group)
    client.force_login(user)
    assert client.get(reverse("own-data")).status_code == 302
    user.member = person
    user.save()
    with time_machine.travel(timezone.now().replace(hour=4)):  # noon in Shanghai
        client.force_login(user)
        assert "仝鹤羽" in client.get(reverse("own-data")).text
        client.get(reverse("own-data"))
    looks = AuditEntry.objects.filter(act=Act.VIEW, user=user)
    assert looks.count() == 1
    with time_machine.travel(timezone.now().replace(hour=4) + timedelta(days=1)):
        client.force_login(user)
        client.get(reverse("own-data"))
    assert looks.count() == 2
    client.force_login(user)
    assert client.get(reverse("personal-data", args=[person.pk])).status_code == 403
    other = factories.member(stranger)
    client.force_login(factories.user("keeper", Role.SECRETARY, community=stranger))
    assert client.get(reverse("personal-data", args=[person.pk])).status_code == 404
    assert client.get(reverse("personal-data", args=[other.pk])).status_code == 200


def test_a_search_by_number_a_reveal_and_a_paper_are_listed_by_person_user_and_day(
    client, person, secretary, clerk, auditor, community
):
    paper = factories.file(person, clerk)
    other = factories.member(community, "汤无关")
    client.force_login(secretary)
    client.post(reverse("search"), {"q": person.id_number})
    client.post(reverse("search"), {"q": factories.id_number()})
    client.post(reverse("reveal", args=[person.pk, "phone"]), {"purpose": "核对", "password": "secret"})
    client.post(reverse("file", args=[paper.pk]))
    client.post(reverse("reveal", args=[other.pk, "id_number"]), {"purpose": "核对", "password": "secret"})
    subjects = AuditEntry.objects.filter(act__in=[Act.SEARCH, Act.REVEAL, Act.FILE]).values_list("subject", "details")
    assert "仝鹤羽" not in str(list(subjects))  # by key: the name goes when it is erased
    assert person.id_number not in str(list(subjects))
    client.force_login(auditor)
    page = reverse("accesses")

    def rows(query):
        return len(BeautifulSoup(client.get(f"{page}?{query}").text, "html.parser").select("table.list tbody tr"))

    assert rows("q=仝鹤羽") == 3
    assert rows("q=汤无关") == 1
    assert rows(f"user={secretary.pk}") == 5
    assert rows("act=search") == 2
    assert rows("until=2020-01-01") == 0
    client.force_login(secretary)
    assert client.get(page).status_code == 403


def test_the_yearly_report_counts_no_erasure_as_a_correction(client, community, civil, finance, auditor):
    member = factories.member(community, phone="13800001963")
    corrected = Member.objects.get(pk=member.pk)
    corrected.name = "仝鹤"
    versions.save(corrected, actor=finance, reason="更正")
    client.force_login(auditor)
    with time_machine.travel(timezone.now() + timedelta(days=4000)):
        for key in ("keep_contact", "keep_identity"):
            erasure = services.propose(key, purpose="期限已满", actor=civil)
            services.agree(erasure, seen=erasure.version, actor=finance)
            services.carry_out(erasure)
        client.force_login(auditor)
        assert "更正登记（第四十六条）0" in parts(client.get(reverse("privacy-report")))["查阅、复制与更正"]
    year = timezone.localdate().year
    shown = parts(client.get(reverse("privacy-report"), {"year": year}))["查阅、复制与更正"]
    assert "更正登记（第四十六条）1" in shown


def test_the_yearly_report_counts_and_is_a_workbook(client, person, secretary, auditor):
    client.force_login(secretary)
    for field in ("phone", "account"):
        client.post(reverse("reveal", args=[person.pk, field]), {"purpose": "核对", "password": "secret"})
    client.get(reverse("personal-data", args=[person.pk]))
    Session.objects.all().delete()
    client.logout()
    cache.clear()  # a failure of the same name within a minute has no entry
    client.post(reverse("login"), {"username": "secretary", "password": "wrong"})
    client.force_login(auditor)
    found = parts(client.get(reverse("privacy-report")))
    assert "登记人数1" in found["人数和数据量"]
    assert "第十三条" in found["处理的个人信息、目的和依据"]
    assert "会计档案管理办法" in found["保存期限：到期与逾期"]
    assert "secretary" in found["查看完整号码、材料和副本"]
    assert "登录失败1" in found["安全"]
    answer = client.post(reverse("privacy-report"))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert len(book.sheetnames) == len(found)
    assert {sheet.page_setup.paperSize for sheet in book} == {9}  # A4
