"""The audit log as it is read."""

from bs4 import BeautifulSoup
from django.urls import reverse

from registry.models import Act, AuditEntry
from registry.records import audit, versions
from tests import factories


def test_details_are_in_words_of_the_language_with_separated_figures():
    details = {"what": "import report", "format": "bank", "lines": 1371, "net": "152100.00", "removed": 9, "member": 18}
    words = audit.in_words(details)
    assert words == "类别 带问题标注的导入文件 · 格式 银行代发文件 · 行数 1,371 · 金额 152,100.00 · 删除 9"
    assert audit.in_words({"closing_form": 2, "certificate": "5" * 64}) == "复算证明 555555555555…"
    assert audit.in_words({"state": "in_effect"}) == "状态 已生效"
    assert audit.in_words({"what": "proposed", "clause": "本市规定"}) == "类别 提出 · 依据 本市规定"


def test_each_filter_has_one_empty_choice(client, auditor):
    client.force_login(auditor)
    page = BeautifulSoup(client.get(reverse("audit")).text, "html.parser")
    for name in ("user", "act"):
        empty = [each.text for each in page.select(f"select[name={name}] option") if not each["value"]]
        assert empty == ["全部"]


def test_an_entry_of_a_deletion_has_the_kind_and_key_of_the_row_and_nothing_it_says(community, clerk):
    member, other = factories.member(community, "张三"), factories.member(community, "李四")
    versions.remove(member, actor=clerk, reason="误登 620299197001010012", parts=[other])
    versions.delete([factories.member(community, "王五")], actor=clerk, reason="误登 620299197001010012")
    entries = AuditEntry.objects.filter(act=Act.DELETE).order_by("id")
    assert len(entries) == 2  # one for all that goes with a row
    assert entries[0].details["rows"] == 2
    for entry in entries:
        said = f"{entry.subject} {entry.details}"
        assert not any(name in said for name in ("张三", "李四", "王五", "197001010012"))
