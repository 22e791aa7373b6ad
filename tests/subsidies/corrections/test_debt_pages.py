"""The pages of debts: the list, a repayment, the printed notice."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Appointment
from registry.people.duplicates import services as duplicates
from subsidies.corrections import debts, ledger, todo
from subsidies.explanations import changed_fact_texts
from subsidies.models import Correction, DebtNotice
from tests import factories
from tests.subsidies.corrections.steps import repay
from tests.subsidies.corrections.test_corrections import close

MAY = Month(2024, 5)
pytestmark = pytest.mark.usefixtures("standard")


def test_the_list_sums_what_is_owed_and_repaid_and_filters_by_age_and_state(client, gone, clerk, auditor):
    repay(gone, clerk, 400)
    client.force_login(auditor)
    page = client.get(reverse("debts"))
    assert (page.context["owed"], page.context["repaid"]) == ("300.00", "50.00")
    assert len(page.context["table"].rows) == 1
    assert len(client.get(reverse("debts") + "?state=all").context["table"].rows) == 2
    assert len(client.get(reverse("debts") + "?age=30").context["table"].rows) == 0
    assert len(client.get(reverse("debts") + "?age=nonsense&state=nonsense").context["table"].rows) == 1
    assert client.post(reverse("debts"), {"export": "csv"}).status_code == 200


def test_what_a_sheet_to_come_recovers_is_not_counted_as_owed(client, gone, clerk, group):
    repay(gone, clerk, 100)
    Appointment.objects.update(end_reason="resignation")
    factories.appointment(gone, group, first_day=date(2024, 7, 1))
    client.force_login(clerk)
    page = client.get(reverse("debts"), {"state": "all"})
    assert (page.context["owed"], page.context["coming"], page.context["people"]) == ("–", 250, 0)
    assert "由后续发放表扣回" in page.text
    [row] = page.context["table"].rows
    assert (row.get_cell_value("owed"), row.get_cell("stage")) != (250, "应收")
    assert client.get(reverse("debt", args=[gone.pk])).context["owed"] == 0


def test_a_repayment_and_a_notice_by_the_pages(client, gone, clerk, monkeypatch):
    monkeypatch.setattr(changed_fact_texts, "_by", lambda fact: "（经办甲，2024-06-01 09:00）")
    assert "经办甲" in changed_fact_texts.reasons(Correction.objects.debts().earliest("month"))[0]
    client.force_login(clerk)
    url = reverse("repayment-add", args=[gone.pk])
    words = {"amount": "700.01", "day": "2024-07-10", "method": "bank", "voucher": "银0001", "note": ""}
    assert client.post(url, words).status_code == 422
    assert client.post(url, {**words, "amount": "-5"}).status_code == 422
    assert client.post(url, {**words, "amount": "100"}).status_code == 302
    url = reverse("debt-notice-add", args=[gone.pk])
    form = client.get(url).context["form"]
    proposed = {name: form[name].initial for name in ("addressee", "number", "basis")}
    assert proposed["addressee"] == f"{gone.name}的继承人"
    assert proposed["basis"] == (
        "嘉政办发〔2020〕97号三（三）规定：“非在职居民委员会成员和居民小组成员由市财政保障工作补贴”，"
        "按月计发；离任后不再是居民委员会成员或居民小组成员，不享受工作补贴。"
    )
    words = {"day": "2024-07-11", "pay_by": "2024-07-11", "account": "雄关街道财政所"}
    words |= {**proposed, "contact": "经办甲", "phone": "0937-6200000"}
    assert client.post(url, words).status_code == 422
    assert client.post(url, {**words, "pay_by": "2024-08-11"}).status_code == 302
    notice = DebtNotice.objects.get()
    assert (notice.amount, len(notice.months)) == (600, 2)
    repay(gone, clerk, 100)
    page = client.get(notice.get_absolute_url()).content.decode()
    assert "陆佰元整" in page  # as it was issued
    assert notice.months[0]["reasons"]
    assert "（经办甲，" not in page  # what changed in the facts, not who recorded it and when
    paper = page.split("<article")[1].split("</article>")[0]
    for part in (
        "的继承人：", "福民社区", f"末四位{gone.id_number[-4:]}", "600.00元（大写：陆佰元整）", "2024年5月",
        proposed["basis"],
        "2024年8月11日前（含当日）", "雄关街道财政所", "联系人：经办甲", "0937-6200000",
        "雄关街道办事处（盖章）", "2024年7月11日",
    ):  # fmt: skip
        assert part in paper, part
    assert gone.id_number not in page
    assert client.post(url, {**words, "pay_by": "2024-08-11"}).status_code == 422  # the number is taken
    assert "逾期" in client.get(reverse("workbench")).content.decode()


def test_an_issued_notice_is_printed_as_it_was_issued(client, gone, clerk):
    old = factories.debt_notice(Correction.objects.first(), clerk)
    proposed = debts.letter_proposed(gone, clerk)
    notice = debts.notify(
        member=gone, number="追缴〔2024〕9号", day=date(2024, 7, 11), pay_by=date(2024, 8, 11), account="街道财政所",
        contact="张", phone="0937-6200000", actor=clerk, **proposed,
    )  # fmt: skip
    client.force_login(clerk)
    before = client.get(notice.get_absolute_url()).text.split("<article")[1]
    name = gone.name
    gone.name, gone.id_number = "新名", "620299195001010015"
    gone.save()
    assert client.get(notice.get_absolute_url()).text.split("<article")[1] == before
    assert name in before
    assert "（或其继承人、所在单位）：" in client.get(old.get_absolute_url()).text  # in the words of its time
    assert debts.letter_proposed(gone, clerk)["phone"] == "0937-6200000"


def test_the_notice_sent_to_a_merged_record_counts_for_the_one_that_stays(client, gone, clerk):
    factories.debt_notice(Correction.objects.first(), clerk)
    client.force_login(clerk)
    assert "尚未开具" not in client.get(reverse("workbench")).text
    stays = factories.member(gone.community, gone.name)
    gone.refresh_from_db()
    duplicates.merge(survivor=stays, other=gone, chosen=(), seen=(stays.version, gone.version), actor=clerk)
    assert Correction.objects.debts().filter(member=stays).exists()
    assert [str(line.text) for line in todo.lines(clerk, timezone.localdate()) if "尚未开具" in str(line.text)] == []


@pytest.fixture
def owing(person, clerk):
    """Who left in April: May was paid 350 yuan too much, and April 50 too little, which no sheet pays any more."""
    close(MAY)
    Appointment.objects.update(last_day=date(2024, 4, 30), end_reason="resignation")
    factories.debt(person, person.community, MAY.first_day, was=350)
    factories.debt(person, person.community, date(2024, 4, 1), should_be=350)
    return person


LETTER = {"addressee": "人", "basis": "规定", "contact": "经办", "phone": "0937-6200000"}


def issue(person, clerk):
    dates = {"day": date(2024, 7, 1), "pay_by": date(2024, 8, 1)}
    return debts.notify(member=person, number="追缴〔2024〕1号", account="财政所", actor=clerk, **dates, **LETTER)


def test_the_notice_asks_for_what_is_owed_less_what_is_still_due_to_the_person(client, owing, clerk):
    client.force_login(clerk)
    page = client.get(reverse("debt", args=[owing.pk]))
    assert (page.context["owed"], page.context["still_due"], page.context["demanded"]) == (350, 50, 300)
    assert "300.00" in client.get(reverse("debt-notice-add", args=[owing.pk])).text
    notice = issue(owing, clerk)
    assert notice.amount == 300 == -ledger.of(owing).outstanding
    text = client.get(notice.get_absolute_url()).text
    assert "减：应补发而未发" in text
    assert "-50.00" in text
    assert Correction.objects.debts().get().owed == 350  # the corrections stay as they are


def test_no_notice_is_issued_where_as_much_is_still_due_to_the_person(client, owing, clerk):
    repay(owing, clerk, 300)
    client.force_login(clerk)
    assert client.get(reverse("debt", args=[owing.pk])).context["may_notify"] is False
    with pytest.raises(Refused):
        issue(owing, clerk)
