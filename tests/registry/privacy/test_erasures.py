"""Retention and erasure: what is due, what keeps it, who agrees, and that nothing of an erased person is left."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from jygroups.lib import clock, store
from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import (
    Act,
    Appointment,
    AuditEntry,
    ErasedRow,
    Erasure,
    ErasureState,
    Member,
    MemberFile,
    Provision,
    ProvisionKey,
)
from registry.people.members import privacy as members
from registry.privacy import queries, services
from registry.provisions import retention
from registry.records import audit, versions
from subsidies.models import Objection, SheetLine
from subsidies.month import notice_states, seals, sheets
from tests import factories

LATER = datetime(2036, 11, 30, 4, tzinfo=UTC)  # ten years are over for who left before 30 November 2026
BORN = date(1963, 7, 19)
NAME, PHONE, ACCOUNT = "仝鹤羽", "13800001963", "6228480000000019637"
EMPLOYER, TITLE, NOTE = "鹤羽机械厂", "鹤羽证件", "鹤羽自愿辞任"


def eras(member: Member, key=ProvisionKey.KEEP_IDENTITY) -> bool:
    return member.pk in {row.pk for row in retention.rule_of(key).due(retention.periods()[key].until)}


def gone(community, **fields) -> Member:
    """Somebody with all kinds of data, of whom an edit left versions too."""
    member = factories.member(community, NAME, id_number=factories.id_number(BORN), phone=PHONE, account=ACCOUNT)
    member.bank = "鹤羽银行"
    versions.save(member, actor=None, reason=f"电话改为{PHONE}")
    spell = factories.employment(member, date(2019, 1, 1), date(2019, 6, 30))
    spell.employer = EMPLOYER
    versions.save(spell, actor=None)
    return member


def left(member, group, last_day=date(2021, 3, 31)) -> Appointment:
    office = factories.appointment(member, group, last_day=last_day)
    office.note = NOTE
    versions.save(office, actor=None)
    return office


@pytest.fixture
def person(community, group):
    member = gone(community)
    left(member, group)
    return member


@pytest.fixture
def former(community, group):
    """The same, long ago by the clock of the pages."""
    member = gone(community)
    factories.appointment(member, group, first_day=date(2010, 1, 1), last_day=date(2012, 12, 31))
    return member


def agreed(key, proposer, other) -> Erasure:
    erasure = services.propose(key, purpose="期限已满", actor=proposer)
    services.agree(erasure, seen=erasure.version, actor=other)
    return erasure


def erase(key, proposer, other) -> Erasure:
    erasure = agreed(key, proposer, other)
    services.carry_out(erasure)
    erasure.refresh_from_db()
    return erasure


def places(*words: str) -> set[str]:
    """Table and column of every stored value, decrypted, in which one of the words is found."""
    found = set()
    for model in apps.get_models():
        for row in model._base_manager.values():
            for name, value in row.items():
                if any(word in str(value) for word in words):
                    found.add(f"{model.__name__}.{name}")
    return found


# What is due -------------------------------------------------------------------------------------------------


def test_a_period_is_over_on_its_day_and_not_before(person):
    with clock.at(datetime(2031, 3, 30, 12, tzinfo=UTC)):
        assert not eras(person)
    with clock.at(datetime(2031, 3, 30, 16, tzinfo=UTC)):  # 31 March in the city
        assert eras(person)


def test_the_period_is_a_provision_with_its_clause_that_civil_affairs_changes(person, client, civil):
    client.force_login(civil)
    data = {"value": "20", "clause": "市政府会议纪要", "in_force_from": "2027-01-01"}
    assert client.post(reverse("provision-add", args=["keep_identity"]), data).status_code == 302
    with clock.at(datetime(2031, 4, 1, 4, tzinfo=UTC)):
        assert not eras(person)
        [row] = [each for each in queries.standings() if each.rule.key == ProvisionKey.KEEP_IDENTITY]
        assert (row.words, row.provision.clause) == ("20年", "市政府会议纪要")


def test_without_a_provision_nothing_is_due(person):
    Provision.objects.filter(key=ProvisionKey.KEEP_IDENTITY).delete()
    with clock.at(LATER):
        [row] = [each for each in queries.standings() if each.rule.key == ProvisionKey.KEEP_IDENTITY]
    assert (row.due, row.kept) == (0, 0)


def test_who_is_in_office_or_will_be_is_never_due(community, group):
    factories.appointment(factories.member(community), group)
    future = factories.member(community)
    factories.appointment(future, group, first_day=date(2037, 1, 1))
    with clock.at(LATER):
        assert not members.over_identity(clock.today()).exists()


def test_who_never_held_an_office_is_due_by_the_day_of_the_record(community):
    member = factories.member(community)
    assert not eras(member)
    with clock.at(datetime(2037, 1, 1, tzinfo=UTC)):
        assert eras(member)


@pytest.mark.parametrize("kind", ["hold", "correction", "debt", "transfer", "post", "draft", "secretary"])
def test_what_is_open_keeps_a_person_and_is_named(person, community, sibling, group, clerk, standard, kind):
    reason = {
        "hold": "暂停", "correction": "补发扣回", "debt": "应收", "transfer": "调动", "post": "岗位",
        "draft": "发放表", "secretary": "书记",
    }[kind]  # fmt: skip
    if kind == "hold":
        factories.hold(person, clerk)
    elif kind in ("correction", "debt"):
        getattr(factories, kind)(person, community)
    elif kind == "transfer":
        factories.transfer(person.appointments.get(), sibling.committee, clerk)
    elif kind == "post":
        user = factories.user("old", "group_leader", group=group)
        user.member = person
        user.save()
    elif kind == "draft":
        sheets.prepare(Month(2021, 2), [community.subdistrict])
    else:
        community.party_secretary = person
        versions.save(community, actor=None)
    with clock.at(LATER):
        assert not eras(person)
        key = ProvisionKey.KEEP_IDENTITY
        row = queries.over(retention.rule_of(key), retention.periods()[key]).get(pk=person.pk)
        assert reason in " ".join(queries.reasons(row))


# Erasing -----------------------------------------------------------------------------------------------------


def test_nothing_of_an_erased_person_is_left_but_in_the_vouchers_of_the_money(
    person, community, clerk, civil, finance, standard, django_capture_on_commit_callbacks
):
    """Every value of every table, decrypted; the closed sheet stands, and its seal and the log's chain too."""
    digest = factories.file(person, clerk, title=TITLE, name=f"{TITLE}.pdf").digest
    versions.save(MemberFile.objects.get(), actor=clerk, reason=f"{NAME}的证件")
    number = person.id_number
    [sheet] = sheets.prepare(Month(2021, 2), [community.subdistrict])
    factories.brought_to(sheet, "approved")
    factories.answered(sheet)
    words = (NAME, number, PHONE, ACCOUNT, EMPLOYER, TITLE, NOTE, "鹤羽", person.pinyin, BORN.isoformat())
    assert {"Member.phone", "HistoricalMember.account", "HistoricalAppointment.note"} <= places(*words)
    with clock.at(LATER), django_capture_on_commit_callbacks(execute=True):
        erasure = erase(ProvisionKey.KEEP_IDENTITY, civil, finance)
    assert erasure.state == ErasureState.DONE
    assert places(*words) == {
        *(f"SheetLine.{name}" for name in ("name", "id_number", "bank", "account")),
        *(f"PaymentItem.{name}" for name in ("name", "id_number", "bank", "account")),
    }
    with pytest.raises(store.Missing):
        store.get(digest)
    assert [str(fault) for fault in seals.verify()] == []
    assert audit.verify().faults == []
    person = Member.objects.get()
    assert (person.name, person.id_number, person.birth_date, person.erased_at) == ("***", "", None, LATER)
    assert person.appointments.get().first_day == date(2021, 1, 1)  # of nobody known
    assert SheetLine.objects.get().id_number == number


def test_contact_and_papers_go_earlier_and_the_identity_stays(person, clerk, civil, finance):
    factories.file(person, clerk, title=TITLE)
    with clock.at(datetime(2026, 12, 1, tzinfo=UTC)):
        erase(ProvisionKey.KEEP_CONTACT, civil, finance)
        erase(ProvisionKey.KEEP_FILES, civil, finance)
        assert not eras(person, ProvisionKey.KEEP_CONTACT)
        assert not eras(person, ProvisionKey.KEEP_FILES)
    person.refresh_from_db()
    assert (person.name, person.phone, person.bank, person.account) == (NAME, "", "", "")
    assert places(PHONE, ACCOUNT, "鹤羽银行", TITLE) == set()
    assert places(person.id_number) == {"Member.id_number", "HistoricalMember.id_number"}


def test_the_log_says_who_how_many_and_by_which_clause_and_no_value(person, civil, finance):
    with clock.at(LATER):
        erase(ProvisionKey.KEEP_IDENTITY, civil, finance)
    proposed, erased = AuditEntry.objects.filter(act=Act.ERASE).order_by("pk")
    assert (proposed.user, proposed.details["what"], proposed.details["rows"]) == (civil, "proposed", 1)
    assert (erased.user, erased.details["proposed_by"], erased.details["rows"]) == (finance, "civil", 1)
    assert "第十九条" in erased.details["clause"]
    version = person.history.first()
    assert (version.history_user, version.name) == (finance, "***")
    assert version.history_change_reason.startswith("已清除")


def test_two_records_merged_into_one_are_erased_with_it(person, community, civil, finance):
    other = factories.member(community, f"{NAME}旧", phone=PHONE)
    other.merged_into = person
    other.save()
    with clock.at(LATER):
        erase(ProvisionKey.KEEP_IDENTITY, civil, finance)
    assert places("鹤羽", PHONE) == set()
    assert Member.objects.filter(name="***", id_number_index=None).count() == 2


def test_what_is_no_longer_due_when_it_is_agreed_to_is_left_out(person, community, group, civil, finance):
    with clock.at(LATER):
        erasure = services.propose(ProvisionKey.KEEP_IDENTITY, purpose="期限已满", actor=civil)
        factories.appointment(person, group, first_day=date(2036, 11, 1))
        services.agree(erasure, seen=erasure.version, actor=finance)
        assert services.carry_out(erasure) == {"left_out": 1}
    person.refresh_from_db()
    assert person.name == NAME
    assert ErasedRow.objects.get().is_left_out


def test_an_erasure_that_stopped_goes_on_and_erases_the_rest(community, group, civil, finance, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    people = [factories.member(community, f"前{n}", phone=PHONE) for n in "甲乙丙丁戊"]
    for each in people:
        left(each, group)
    with clock.at(LATER):
        erasure = agreed(ProvisionKey.KEEP_IDENTITY, civil, finance)
        assert services._carry_out_part(erasure.pk)["rows"] == 2
        assert Member.objects.filter(erased_at=None).count() == 3
        out = StringIO()
        call_command("erase_due", apply=True, stdout=out)
        call_command("erase_due", apply=True, stdout=StringIO())
    assert not Member.objects.filter(erased_at=None).exists()
    assert not ErasedRow.objects.filter(erased_at=None).exists()
    assert "3" in out.getvalue()
    assert Erasure.objects.get().state == ErasureState.DONE


def test_the_command_changes_nothing_without_apply(person):
    with clock.at(LATER):
        out = StringIO()
        call_command("erase_due", stdout=out)
    assert "应清除:1" in out.getvalue().replace("：", ":").replace(" ", "")
    assert places(PHONE)
    assert not AuditEntry.objects.filter(act=Act.ERASE).exists()


def test_who_objected_is_erased_a_year_after_the_notice_is_closed(
    community, group, secretary, clerk, civil, finance, standard
):
    factories.appointment(factories.member(community), group)
    sheets.prepare(Month(2026, 10), [community.subdistrict])
    notice = factories.notice(community, Month(2026, 10))
    factories.objection(notice, objector="倪鹤羽", contact=PHONE, text="名单有误")
    Objection.objects.update(answered_on=clock.today(), answered_by=secretary, answer="属实", outcome="upheld")
    closed = notice.until.replace(year=notice.until.year + 1)
    notice.closed_on, notice.closed_by, notice.result = closed, secretary, "answered"
    notice.save()
    with clock.at(LATER):
        erase(ProvisionKey.KEEP_OBJECTOR, civil, finance)
        assert not retention.rule_of("keep_objector").over(clock.today()).exists()
    assert places("鹤羽", PHONE) == set()
    assert Objection.objects.get().text == "名单有误"
    assert notice_states


# Who may, and what the database refuses ------------------------------------------------------------------------


def test_who_proposed_may_not_agree_and_one_erasure_is_open_by_a_rule(person, civil, finance):
    with clock.at(LATER):
        erasure = services.propose(ProvisionKey.KEEP_IDENTITY, purpose="期限已满", actor=civil)
        with pytest.raises(Refused):
            services.agree(erasure, seen=erasure.version, actor=civil)
        with pytest.raises(Refused):
            services.propose(ProvisionKey.KEEP_IDENTITY, purpose="再来", actor=civil)
        services.refuse(erasure, seen=erasure.version, comment="名单待核", actor=finance)
        with pytest.raises(Overtaken):
            services.agree(erasure, seen=None, actor=finance)
        services.propose(ProvisionKey.KEEP_IDENTITY, purpose="再来", actor=civil)
    person.refresh_from_db()
    assert person.name == NAME


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


def test_the_database_blanks_no_version_that_two_users_did_not_agree_to(person, civil, finance):
    blank = "UPDATE registry_historicalmember SET name = '***'"
    number = "UPDATE registry_historicalmember SET id_number = ''"
    assert refused(blank)
    assert refused(number)
    with clock.at(LATER):
        erasure = services.propose(ProvisionKey.KEEP_IDENTITY, purpose="期限已满", actor=civil)
        assert refused(blank)
        services.agree(erasure, seen=erasure.version, actor=finance)
    assert refused("UPDATE registry_historicalmember SET name = '另一人'")
    assert refused("UPDATE registry_historicalmember SET community_id = community_id + 1")
    assert refused("UPDATE registry_erasedrow SET subject = subject + 1")
    columns, false = "erasure_id, subject, whole, since, is_left_out", 0 if connection.vendor == "sqlite" else "FALSE"
    values = f"{erasure.pk}, 99, 99, '2020-01-01', {false}"
    assert refused(f"INSERT INTO registry_erasedrow ({columns}) VALUES ({values})")
    assert not refused(blank)
    assert not refused(number)


def test_an_erased_record_is_seen_and_changed_by_nobody(client, person, clerk, civil, finance):
    with clock.at(LATER):
        erase(ProvisionKey.KEEP_IDENTITY, civil, finance)
    client.force_login(clerk)
    page = client.get(reverse("member", args=[person.pk]))
    assert page.status_code == 200
    assert "已于" in page.text
    assert client.get(reverse("member-edit", args=[person.pk])).status_code == 403
    assert client.get(reverse("reveal", args=[person.pk, "id_number"])).status_code == 403
    assert "***" not in client.get(reverse("members")).text


# The pages ----------------------------------------------------------------------------------------------------


def test_civil_affairs_proposes_and_finance_agrees_with_the_password(client, former, civil, finance):
    client.force_login(civil)
    assert "会计档案管理办法" in client.get(reverse("retention")).text
    propose = reverse("erasure-propose", args=["keep_identity"])
    assert "confirm" in client.get(propose).url
    factories.confirm(client)
    assert "现有1条" in client.get(propose).text
    client.post(propose, {"purpose": "期限已满"})
    erasure = Erasure.objects.get()
    answer = {"version": erasure.version}
    assert client.post(reverse("erasure-agree", args=[erasure.pk]), answer).status_code == 302
    client.force_login(finance)
    assert NAME not in client.get(erasure.get_absolute_url()).text
    agree = reverse("erasure-agree", args=[erasure.pk])
    assert "confirm" in client.post(agree, answer).url
    former.refresh_from_db()
    assert former.name == NAME
    factories.confirm(client)
    assert "期限已满" in client.get(agree).text
    client.post(agree, answer)
    former.refresh_from_db()
    assert former.name == "***"


def test_the_list_of_who_is_over_has_what_keeps_them(client, former, community, group, clerk, auditor):
    held = factories.member(community, "汤留名")
    factories.appointment(held, group, first_day=date(2010, 1, 1), last_day=date(2012, 12, 31))
    factories.hold(held, clerk)
    client.force_login(auditor)
    page = reverse("retention-over", args=["keep_identity"])
    text = client.get(page).text
    assert NAME in text
    assert "暂停" in text
    assert "汤留名" not in client.get(f"{page}?state=due").text
    assert NAME not in client.get(f"{page}?state=kept").text
