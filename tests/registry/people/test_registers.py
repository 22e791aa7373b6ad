"""名册查询: each filter of each list, and what is shown as a file."""

import csv
import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from registry.models import Appointment, AuditEntry, Building, EndReason, Position, ResidentsGroup, Source
from registry.people.registers.views import PAGES
from tests import factories


@pytest.fixture
def register(community, sibling, terms):
    """Two groups and a committee; each person is unlike the others in what is asked for."""
    today = timezone.localdate()
    group, other = factories.group(community), factories.group(community, 2)
    factories.group(sibling)
    gone = factories.group(community, 3, dissolved_on=date(2025, 1, 1))
    old = factories.member(
        community, "甲长", id_number=factories.id_number(date(1950, 1, 1), 101), account="622848000000000018",
        bank="农行", source=Source.OTHER,
    )  # fmt: skip
    young = factories.member(community, "乙员", id_number=factories.id_number(date(1990, 1, 1), 102))
    left, comes = factories.member(community, "丙离"), factories.member(community, "丁来")
    apart = factories.member(sibling, "戊邻", account="622848000000000026")
    factories.employment(young)
    factories.appointment(old, group, Position.GROUP_LEADER)
    factories.appointment(young, group, first_day=date(2026, 1, 1))
    office = factories.appointment(left, other, last_day=date(2022, 6, 30))
    Appointment.objects.filter(pk=office.pk).update(end_reason=EndReason.RESIGNATION)
    factories.appointment(comes, other, first_day=today + timedelta(days=30))
    factories.appointment(apart, sibling.committee, Position.DIRECTOR)
    Appointment.objects.filter(member=old).update(term=terms[0])
    Appointment.objects.filter(member=young).update(term=terms[1])
    Building.objects.create(community=community, name="1号楼", group=group)
    Building.objects.create(community=community, name="2号院", kind="courtyard")
    return {"group": group.pk, "gone": gone.pk, "old_term": terms[0].pk, "today": today}


FILTERS = [
    ("members", {}, "甲长 乙员 戊邻"),
    ("members", {"q": "jz"}, "甲长"),
    ("members", {"community": "620201001002"}, "戊邻"),
    ("members", {"subdistrict": "620201001"}, "甲长 乙员 戊邻"),
    ("members", {"group": "group"}, "甲长 乙员"),
    ("members", {"position": "group_leader"}, "甲长"),
    ("members", {"office": "past"}, "丙离"),
    ("members", {"office": "coming"}, "丁来"),
    ("members", {"office": "any"}, "甲长 乙员 丙离 丁来 戊邻"),
    ("members", {"account": "no"}, "乙员"),
    ("members", {"account": "yes"}, "甲长 戊邻"),
    ("members", {"employed": "yes"}, "乙员"),
    ("members", {"employed": "no"}, "甲长 戊邻"),
    ("members", {"on": "2022-06-30"}, "甲长 丙离 戊邻"),
    ("members", {"sex": "female", "community": "620201001001"}, "乙员"),
    ("members", {"age_from": "70"}, "甲长"),
    ("members", {"age_to": "40"}, "乙员"),
    ("members", {"source": "other"}, "甲长"),
    ("members", {"joined_from": "2026-01-01", "joined_to": "2026-01-01"}, "乙员"),
    ("members", {"left_from": "2022-06-30", "left_to": "2022-06-30"}, "丙离"),
    ("appointments", {}, "甲长 乙员 戊邻"),
    ("appointments", {"term": "old_term"}, "甲长"),
    ("appointments", {"term": "null"}, "戊邻"),
    ("appointments", {"end_reason": "resignation"}, "丙离"),
    ("appointments", {"office": "past", "q": "丙"}, "丙离"),
    ("appointments", {"account": "no"}, "乙员"),
    ("expiring", {}, "甲长 戊邻"),
    ("expiring", {"state": "over"}, "甲长"),
    ("expiring", {"state": "none"}, "戊邻"),
    ("expiring", {"state": "soon"}, ""),
    ("expiring", {"position": "director"}, "戊邻"),
    ("groups", {"community": "620201001001"}, "第一居民小组 第二居民小组"),
    ("groups", {"standing": "no"}, "第三居民小组"),
    ("groups", {"size": "right"}, ""),
    ("groups", {"leader": "yes"}, "第一居民小组"),
    ("groups", {"covers": "no", "community": "620201001001"}, "第二居民小组"),
    ("groups", {"q": "第二"}, "第二居民小组"),
    ("committees", {"lack": "director"}, "福民社区居民委员会"),
    ("committees", {"community": "620201001002"}, "胜利社区居民委员会"),
    ("buildings", {}, "1号楼 2号院"),
    ("buildings", {"covered": "no"}, "2号院"),
    ("buildings", {"kind": "courtyard"}, "2号院"),
    ("buildings", {"group": "group"}, "1号楼"),
    ("buildings", {"q": "1号"}, "1号楼"),
]


@pytest.mark.parametrize(("name", "asked", "expected"), FILTERS, ids=str)
def test_a_list_is_narrowed_to_what_is_asked_for(client, clerk, register, name, asked, expected):
    client.force_login(clerk)
    asked = {key: register.get(value, value) for key, value in asked.items()}
    answer = client.get(f"{reverse(name)}?{urlencode(asked)}")
    assert not answer.context["filter"].form.errors
    found = {str(getattr(row.record, "member", row.record)) for row in answer.context["table"].rows}
    assert found == set(expected.split())


@pytest.mark.parametrize("lack", ["director", "group_leader", "group_size"])
def test_vacancies_are_narrowed_by_what_is_lacking_and_where(client, clerk, register, lack):
    client.force_login(clerk)
    answer = client.get(f"{reverse('vacancies')}?{urlencode({'lack': lack, 'community': '620201001001'})}")
    rows = [row.record for row in answer.context["table"].rows]
    assert {row.lack for row in rows} == {lack}
    assert {row.community.name for row in rows} == {"福民社区"}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("name", list(PAGES))
def test_each_list_is_exported_as_it_is_shown(client, clerk, register, name, form):
    client.force_login(clerk)
    address = f"{reverse(name)}?community=620201001001"
    rows = client.get(address).context["table"].rows
    answer = client.post(address, {"export": form})
    if form == "csv":
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    else:
        lines = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert len(lines) == 1 + len(rows) > 1
    assert all(lines[0])
    assert "622848000000000018" not in str(lines)
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user, entry.details["lines"]) == ("export", clerk, len(rows))


@pytest.mark.parametrize("kind", ["committees", "groups"])
def test_the_set_up_tables_are_exported_with_their_title_and_total(client, clerk, register, kind):
    client.force_login(clerk)
    address = reverse(f"{kind}-annex", args=["620201001"])
    answer = client.post(address)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [[str(cell) for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert "设置情况表" in cells[0][0]
    assert cells[-1][0] == "合计" or "合计" in cells[-1]
    assert {"福民社区", "胜利社区"} <= {cell for row in cells for cell in row}
    assert "第三居民小组" not in str(cells)  # dissolved
    assert AuditEntry.objects.get().act == "export"


def test_people_are_suggested_while_a_name_is_typed_and_none_for_a_number(client, secretary, register):
    client.force_login(secretary)

    def suggested(words: str) -> str:
        return client.post(reverse("suggest"), {"q": words}).text

    assert "甲长" in suggested("jiazhang")
    assert "戊邻" not in suggested("戊")  # another community's
    number = ResidentsGroup.objects.get(pk=register["group"]).appointments.get(member__name="甲长").member.id_number
    assert "甲长" not in suggested(number)
    assert "甲长" not in suggested(number[:6])
