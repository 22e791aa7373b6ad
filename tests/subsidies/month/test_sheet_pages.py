"""The pages of the money: months, a sheet, a line and why it is so, computing and handing out."""

import io
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import msoffcrypto
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from registry.models import AuditEntry, Position, Role
from subsidies.models import Sheet, SheetLine
from subsidies.month import sheets
from tests import factories

MONTH = Month(2026, 10)


@pytest.fixture
def paid(community, group, standard):
    """Paid 550: 300 and five years."""
    member = factories.member(community, "李建荣", account="6228480003000108658")
    factories.appointment(member, group, Position.GROUP_LEADER)
    return member


@pytest.fixture
def employed(community, group):
    member = factories.member(community, "范晓玲")
    factories.appointment(member, group)
    factories.employment(member)
    return member


@pytest.fixture
def canary(sibling):
    """Somebody of the sibling community, on the same sheet."""
    member = factories.member(sibling, "金丝雀")
    factories.appointment(member, factories.group(sibling))
    return member


@pytest.fixture
def sheet(paid, employed, canary, community):
    return sheets.prepare(MONTH, [community.subdistrict])[0]


def line_url(member, month=MONTH):
    return reverse("line", args=[month, member.pk])


def export_url(sheet):
    return reverse("export", args=[MONTH, sheet.subdistrict.code])


def test_a_clerk_sees_the_whole_sheet(client, clerk, sheet):
    client.force_login(clerk)
    answer = client.get(sheet.get_absolute_url())
    assert [block.community.name for block in answer.context["blocks"]] == ["福民社区", "胜利社区"]
    assert answer.context["total"].amounts["net"] == sheet.net == Decimal(1000)
    unpaid = client.get(reverse("sheet-unpaid", args=[MONTH, sheet.subdistrict.code]))
    assert [row["line"].name for row in unpaid.context["rows"].data] == ["范晓玲"]
    assert "核定日在职" in unpaid.text


def test_a_secretary_sees_the_lines_and_totals_of_the_own_community_alone(client, secretary, sheet, canary, sibling):
    client.force_login(secretary)
    for path in (reverse("workbench"), reverse("months"), sheet.get_absolute_url()):
        text = client.get(path).text
        assert "550.00" in text
        for foreign in (canary.name, "1,000.00", "450.00"):
            assert foreign not in text
        # The names of the communities that a sheet waits for stand for all to see, but no sums.
        assert (sibling.name in text) == (path != reverse("workbench"))


def test_an_amount_leads_to_its_explanation(client, secretary, sheet, paid):
    client.force_login(secretary)
    assert line_url(paid) in client.get(sheet.get_absolute_url()).text
    text = client.get(line_url(paid)).text
    assert "550.00 元" in text
    assert "三(三)" in text
    assert "嘉政办发〔2020〕97号" in text


def test_a_line_shows_the_months_before(client, secretary, sheet, paid, community):
    sheets.prepare(MONTH.next, [community.subdistrict])
    client.force_login(secretary)
    earlier = client.get(line_url(paid, MONTH.next)).context["earlier"]
    assert [line.month for line in earlier.data] == [MONTH.first_day]


def test_numbers_are_masked(client, clerk, sheet, paid):
    client.force_login(clerk)
    for path in (sheet.get_absolute_url(), line_url(paid)):
        text = client.get(path).text
        assert paid.id_number not in text
        assert paid.account not in text


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"q": "建荣"}, ["李建荣"]),
        ({"q": "LJR"}, ["李建荣"]),
        ({"community": "620201001002"}, ["金丝雀"]),
        ({"community": "620201002001"}, ["李建荣", "金丝雀"]),  # no choice here, so no filter
        ({"q": "没有"}, []),
    ],
)
def test_lines_are_filtered_by_community_and_name(client, clerk, sheet, stranger, asked, names):
    client.force_login(clerk)
    answer = client.get(sheet.get_absolute_url(), asked)
    assert [line.name for line in answer.context["total"].lines] == names


def test_the_community_filter_offers_the_own_communities_alone(client, secretary, sheet, community):
    client.force_login(secretary)
    form = client.get(sheet.get_absolute_url()).context["form"]
    assert list(form.fields["community"].queryset) == [community]


def test_another_areas_sheet_and_lines_are_as_if_they_did_not_exist(client, secretary, sheet, canary, stranger):
    sheets.prepare(MONTH, [stranger.subdistrict])
    client.force_login(secretary)
    for path in (
        reverse("sheet", args=[MONTH, stranger.subdistrict.code]),
        reverse("sheet", args=[MONTH, "999999999"]),
        line_url(canary),
        reverse("line", args=[MONTH, 99999]),
        reverse("newest-line", args=[canary.pk]),
        f"/months/2024-13/{sheet.subdistrict.code}/",
    ):
        assert client.get(path).status_code == 404


def test_a_roster_leads_to_the_newest_line(client, secretary, sheet, paid, community):
    client.force_login(secretary)
    newest = reverse("newest-line", args=[paid.pk])
    assert client.get(newest)["Location"] == line_url(paid)
    sheets.prepare(MONTH.next, [community.subdistrict])
    assert client.get(newest)["Location"] == line_url(paid, MONTH.next)


def test_who_is_in_no_month_yet_is_listed(client, secretary, community):
    nobody = factories.member(community, "新来者")
    client.force_login(secretary)
    assert "没有新来者的发放明细" in client.get(reverse("newest-line", args=[nobody.pk]), follow=True).text


def test_who_may_not_see_sheets_is_refused(client, sysadmin, sheet, paid):
    client.force_login(sysadmin)
    for path in (reverse("months"), sheet.get_absolute_url(), line_url(paid)):
        assert client.get(path).status_code == 403


def password_typed(client, user):
    client.force_login(user)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()


# Handing out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_a_sheet_is_handed_out_and_the_log_shows_it(client, clerk, sheet, format):
    password_typed(client, clerk)
    answer = client.post(export_url(sheet), {"format": format, "purpose": "归档"})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert quote("雄关街道") in answer["Content-Disposition"]
    assert answer.content.startswith(b"PK" if format == "xlsx" else b"\xef\xbb\xbf")
    entry = AuditEntry.objects.first()
    assert (entry.act, entry.user, entry.address) == ("export", clerk, "127.0.0.1")
    assert entry.details["purpose"] == "归档"


def test_a_secretary_does_not_export(client, secretary, sheet):
    client.force_login(secretary)
    assert client.post(export_url(sheet), {"format": "csv"}).status_code == 403
    assert "导出</a>" not in client.get(sheet.get_absolute_url()).text


def test_an_export_asks_for_the_password_again_for_its_purpose_and_for_a_known_format(client, clerk, sheet):
    client.force_login(clerk)
    assert client.get(export_url(sheet))["Location"].startswith(reverse("confirm-password"))
    password_typed(client, clerk)
    assert client.post(export_url(sheet), {"format": "exe", "purpose": "归档"}).status_code == 422
    assert client.post(export_url(sheet), {"format": "csv", "purpose": ""}).status_code == 422
    assert not AuditEntry.objects.filter(act="export").exists()


def test_the_password_of_a_workbook_is_shown_once_and_stored_nowhere(client, clerk, sheet):
    password_typed(client, clerk)
    page = client.post(export_url(sheet), {"format": "xlsx", "purpose": "归档", "with_password": "on"})
    password = page.context["password"]
    assert password in page.text
    assert not AuditEntry.objects.filter(act="export").exists()
    answer = client.post(export_url(sheet), {"ticket": page.context["ticket"]})
    file = msoffcrypto.OfficeFile(io.BytesIO(answer.content))
    file.load_key(password=password)
    file.decrypt(io.BytesIO())
    assert password not in client.get(export_url(sheet)).text
    assert client.post(export_url(sheet), {"ticket": "made up"}).status_code == 403


def test_a_clerk_who_is_secretary_elsewhere_does_not_hand_out_or_compute_there(client, sheet, stranger, canary):
    user = factories.user("both", Role.CLERK, subdistrict=stranger.subdistrict)
    user.posts.create(role=Role.SECRETARY, community=sheet.lines.first().community, first_day=date(2020, 1, 1))
    client.force_login(user)
    answer = client.get(sheet.get_absolute_url())
    assert answer.status_code == 200
    assert canary.name not in answer.text
    assert not answer.context["may_export"]
    assert client.post(export_url(sheet), {"format": "csv"}).status_code == 403
    answer = client.post(reverse("compute"), {"month": "2026-10", "subdistrict": sheet.subdistrict.code})
    assert answer.status_code == 422


# Computing -----------------------------------------------------------------------------------------------


def compute(client, subdistrict, month=None):
    month = month or Month.of(timezone.localdate())
    return client.post(reverse("compute"), {"month": str(month), "subdistrict": subdistrict.code}, follow=True)


def test_a_clerk_computes_a_month_and_sees_its_total(client, clerk, paid, community):
    client.force_login(clerk)
    answer = compute(client, community.subdistrict)
    assert answer.redirect_chain[-1][0] == Sheet.objects.get().get_absolute_url()
    assert "发放 1 人" in answer.text
    assert AuditEntry.objects.get().user == clerk


def test_a_draft_is_computed_again_from_its_page(client, clerk, paid, community):
    client.force_login(clerk)
    compute(client, community.subdistrict)
    factories.appointment(factories.member(community, "新来者"), community.committee)
    assert "重新核算" in client.get(Sheet.objects.get().get_absolute_url()).text
    compute(client, community.subdistrict)
    assert SheetLine.objects.count() == 2


def test_a_sheet_past_draft_stays_and_the_clerk_is_informed(client, clerk, paid, community):
    client.force_login(clerk)
    compute(client, community.subdistrict)
    factories.brought_to(Sheet.objects.get(), "submitted")
    assert "不能重新核算" in compute(client, community.subdistrict).text
    assert "重新核算</button>" not in client.get(Sheet.objects.get().get_absolute_url()).text


def test_a_month_without_standard_or_too_far_ahead_is_refused_in_words(client, clerk, paid, community):
    client.force_login(clerk)
    assert "没有生效的补贴标准" in compute(client, community.subdistrict, Month(2020, 11)).text
    for month, words in ((Month(2100, 12), "还太早"), ("2024-13", "2024-05"), ("", "必填")):
        answer = compute(client, community.subdistrict, month or " ")
        assert answer.status_code == 422
        assert words in answer.text
    assert Sheet.objects.count() == 0


def test_nobody_computes_another_subdistricts_month(client, clerk, leader, finance, secretary, community, stranger):
    client.force_login(clerk)
    assert compute(client, stranger.subdistrict).status_code == 422
    for user in (leader, finance, secretary):
        client.force_login(user)
        assert compute(client, community.subdistrict).status_code == 403
    assert Sheet.objects.count() == 0


# Queries -------------------------------------------------------------------------------------------------


def test_pages_ask_as_many_queries_for_few_rows_as_for_many(client, clerk, sheet, paid, community, group):
    client.force_login(clerk)
    last = Month(2026, 12)

    def counts():
        found = []
        for path in (reverse("workbench"), reverse("months"), sheet.get_absolute_url(), line_url(paid, last)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    for month in (MONTH, MONTH.next, last):
        sheets.prepare(month, [community.subdistrict])
    few = counts()
    for _ in range(30):
        factories.appointment(factories.member(community), group)
        factories.employment(employed := factories.member(community))
        factories.appointment(employed, community.committee)
    for month in (MONTH, MONTH.next, last):
        sheets.prepare(month, [community.subdistrict])
    assert counts() == few


@pytest.mark.parametrize("name", ["line", "newest-line"])
def test_a_number_past_all_keys_is_nobody(client, clerk, paid, name):
    client.force_login(clerk)
    month = [Month(2026, 10)] if name == "line" else []
    assert client.get(reverse(name, args=[*month, 10**20])).status_code == 404
