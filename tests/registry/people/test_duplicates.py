"""People registered twice: found in one's own area alone, kept apart, or merged with nothing lost or doubled."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import (
    Appointment,
    Assignment,
    AuditEntry,
    Building,
    EmploymentSpell,
    EndReason,
    Member,
    MemberFile,
    Position,
    Role,
    Subdistrict,
)
from registry.people.duplicates import services as duplicates
from registry.records import checks, history, merging
from subsidies import engine, facts
from subsidies.corrections import holds, proposals
from subsidies.corrections import services as corrections
from subsidies.models import Correction, CorrectionState, Sheet, SheetLine, Standard, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.late_facts import ledger

ACCOUNT = "622848000000000018"
BORN = date(1955, 5, 5)


@pytest.fixture
def two(community, sibling):
    return factories.member(community, "张三", account=ACCOUNT), factories.member(sibling, "张珊", account=ACCOUNT)


def merged(two, actor, chosen=()):
    survivor, other = (Member.objects.get(pk=each.pk) for each in two)
    return duplicates.merge(
        survivor=survivor, other=other, chosen=chosen, seen=(survivor.version, other.version), actor=actor
    )  # fmt: skip


class TestDeclarations:
    def test_relations_without_a_name_on_the_person_are_known_too(self):
        assert {
            "registry.Community.party_secretary", "registry.Activity.elected", "registry.ElectionLine.member",
            "registry.PlanPerson.member", "registry.DistinctPersons.first", "subsidies.ParallelLine.member",
        } <= merging.relations().keys()  # fmt: skip

    @pytest.mark.parametrize("label", ["subsidies.DebtNotice.member", "registry.User.member"])
    def test_check_reports_a_relation_whose_rows_cannot_just_be_moved(self, monkeypatch, label):
        monkeypatch.delitem(merging.RULES, label)
        [error] = checks.relations_to_members_have_a_merge_rule(None)
        assert (error.id, label in error.msg) == ("registry.E001", True)

    def test_check_reports_a_rule_for_what_refers_to_no_member(self, monkeypatch):
        monkeypatch.setitem(merging.RULES, "registry.Visit.nobody", merging.stays)
        assert [error.id for error in checks.relations_to_members_have_a_merge_rule(None)] == ["registry.E002"]

    def test_every_field_that_people_fill_in_can_be_chosen_from_either_record(self):
        filled_in = {field.name for field in Member._meta.concrete_fields if field.editable and field.name != "id"}
        assert set().union(*duplicates.CHOSEN.values()) == filled_in - {"id_number", "merged_into"}


def test_the_party_secretary_of_a_community_is_the_survivor(two, clerk, community):
    community.party_secretary = two[1]
    community.save()
    merged(two, clerk)
    community.refresh_from_db()
    assert community.party_secretary == two[0]
    assert community.history.first().history_user == clerk


class TestFinding:
    def test_the_same_account_and_the_same_name_and_birth_date_are_found(self, clerk, community, two):
        one, other = (factories.member(community, "李四", id_number=factories.id_number(BORN, n)) for n in (998, 999))
        factories.member(community, "李四", id_number=factories.id_number(date(1980, 1, 1)))
        found = {(pair.first, pair.second): pair.reasons for pair in duplicates.pairs(clerk)}
        assert found == {two: ["银行账号相同"], (one, other): ["姓名和出生日期相同"]}

    def test_only_among_people_in_sight(self, client, secretary, two):
        assert duplicates.pairs(secretary) == []
        client.force_login(secretary)
        for address in (reverse("duplicates"), two[0].get_absolute_url()):
            assert "张珊" not in client.get(address).text

    def test_people_without_an_account_are_not_alike_for_that(self, clerk, community):
        for name in ("赵一", "钱二"):
            factories.member(community, name)
        assert duplicates.pairs(clerk) == []

    def test_who_was_distinguished_is_not_shown_again(self, client, clerk, two):
        client.force_login(clerk)
        assert "张珊" in client.get(reverse("duplicates")).text
        client.post(reverse("tell-apart", args=[two[1].pk, two[0].pk]))
        assert len(duplicates.pairs(clerk)) == 1  # without a reason
        client.post(reverse("tell-apart", args=[two[1].pk, two[0].pk]), {"reason": "已核对证件"})
        assert duplicates.pairs(clerk) == []

    def test_a_secretary_sees_pairs_of_the_own_community_and_merges_none(self, client, secretary, community, two):
        one = factories.member(community, "张叁", account=ACCOUNT)
        client.force_login(secretary)
        assert "张叁" in client.get(reverse("duplicates")).text
        for name in ("merge", "tell-apart"):
            assert client.post(reverse(name, args=[two[0].pk, one.pk])).status_code == 403


class TestMerging:
    def test_all_the_other_had_is_the_survivors_and_both_histories_show_it(self, clerk, two, group, sibling):
        survivor, other = two
        factories.appointment(other, sibling.committee)
        factories.employment(other, date(2021, 1, 1), date(2021, 6, 30))
        factories.file(other, clerk)
        merged(two, clerk, {"name"})
        for model in (Appointment, EmploymentSpell, MemberFile):
            assert model.objects.get().member == survivor
        survivor.refresh_from_db()
        other.refresh_from_db()
        assert (survivor.name, other.merged_into) == ("张珊", survivor)
        assert not Member.objects.visible_to(clerk).filter(pk=other.pk).exists()
        reasons = [each.reason for each in history.of_row(survivor, viewer=clerk)]
        assert reasons.count("与张珊的档案合并") == 5
        entry = AuditEntry.objects.get(act="merge")
        assert (entry.user, entry.details["offices"], entry.details["files"]) == (clerk, 1, 1)

    def test_the_work_done_under_either_record_is_the_survivors_but_for_what_is_settled(self, clerk, two, group):
        survivor, other = two
        building = Building.objects.create(community=group.committee.community, group=group, name="1号楼")
        visit = factories.visit(building, other)
        Assignment.objects.create(building=building, member=other)
        report, settled = (factories.report(group, clerk, reporter=other, settled=each) for each in (False, True))
        type(settled).objects.filter(pk=settled.pk).update(state="confirmed", confirmed_at=timezone.now())
        rounds = [factories.evaluation_round(group.committee, name=f"第{number}次") for number in (1, 2)]
        mine, theirs = (factories.evaluation(rounds[0], group, each, points=80) for each in (survivor, other))
        alone = factories.evaluation(rounds[1], group, other, points=80)
        merged(two, clerk)
        for row in (visit, report, settled, mine, theirs, alone):
            row.refresh_from_db()
        assert (visit.visitor, Assignment.objects.get().member, report.reporter) == (survivor, survivor, survivor)
        assert (mine.member, theirs.member, alone.member) == (survivor, other, survivor)
        assert settled.reporter == other
        assert visit.history.first().history_change_reason == "与张珊的档案合并"

    def test_one_office_registered_twice_becomes_one(self, clerk, two, group):
        survivor, other = two
        factories.appointment(survivor, group, first_day=date(2021, 3, 1), last_day=date(2023, 1, 31))
        factories.appointment(other, group, first_day=date(2021, 1, 1))
        merged(two, clerk)
        office = Appointment.objects.get()
        assert (office.member, office.first_day, office.last_day) == (survivor, date(2021, 1, 1), None)

    def test_three_that_hang_together_become_one_with_the_last_ones_reason(self, clerk, two, group):
        survivor, other = two
        for first, last in ((2021, 2021), (2023, 2024)):
            factories.appointment(survivor, group, first_day=date(first, 1, 1), last_day=date(last, 12, 31))
        Appointment.objects.filter(first_day__year=2023).update(end_reason=EndReason.RESIGNATION)
        factories.appointment(other, group, first_day=date(2021, 6, 1), last_day=date(2023, 6, 1))
        merged(two, clerk)
        office = Appointment.objects.get()
        assert (office.first_day, office.last_day, office.end_reason) == (
            date(2021, 1, 1), date(2024, 12, 31), EndReason.RESIGNATION,
        )  # fmt: skip

    def test_two_positions_in_one_body_on_the_same_days_are_refused_in_words_and_nothing_changes(
        self, client, clerk, two, group
    ):  # fmt: skip
        survivor, other = two
        factories.appointment(survivor, group, Position.GROUP_LEADER)
        factories.appointment(other, group, Position.GROUP_MEMBER)
        factories.employment(other)
        client.force_login(clerk)
        address = reverse("merge", args=[survivor.pk, other.pk])
        assert "第一居民小组" in client.get(address).text
        answer = client.post(address, {"version": survivor.version, "other-version": other.version})
        assert answer.status_code == 409
        assert "不同职务" in answer.text
        assert EmploymentSpell.objects.get().member == other

    def test_what_was_changed_since_the_preview_is_looked_at_again(self, client, clerk, two):
        survivor, other = two
        client.force_login(clerk)
        other.save()
        answer = client.post(
            reverse("merge", args=[survivor.pk, other.pk]), {"version": survivor.version, "other-version": 1}
        )  # fmt: skip
        assert answer.status_code == 409
        assert not Member.objects.exclude(merged_into=None).exists()

    def test_the_page_proposes_what_only_one_has_and_takes_what_is_chosen(self, client, clerk, two):
        survivor, other = two
        other.phone = "13800000000"
        other.save()
        client.force_login(clerk)
        address = reverse("merge", args=[survivor.pk, other.pk])
        chosen = {field["name"]: field["chosen"] for field in client.get(address).context["fields"]}
        assert (chosen["phone"], chosen["name"]) == ("other", "survivor")
        client.post(address, {"version": survivor.version, "other-version": other.version, **chosen})
        survivor.refresh_from_db()
        assert (survivor.phone, survivor.name) == ("13800000000", "张三")

    def test_the_page_of_the_one_that_went_leads_to_the_one_that_stayed(self, client, clerk, two):
        merged(two, clerk)
        client.force_login(clerk)
        assert client.get(two[1].get_absolute_url())["Location"] == two[0].get_absolute_url()

    def test_of_people_out_of_sight_or_of_another_subdistrict_none_is_merged(self, client, clerk, two, stranger):
        gone = factories.member(stranger)
        visible = factories.member(stranger)
        factories.appointment(visible, two[0].community.committee)
        client.force_login(clerk)
        for other, status in ((gone, 404), (visible, 403)):
            assert client.post(reverse("merge", args=[two[0].pk, other.pk])).status_code == status

    def test_sign_ins_go_along_and_two_of_them_stand_against_it(self, clerk, two, group):
        survivor, other = two
        user = factories.user("zhang", Role.GROUP_MEMBER, group=group)
        user.member = other
        user.save()
        merged(two, clerk)
        user.refresh_from_db()
        assert user.member == survivor
        third = factories.member(survivor.community, account=ACCOUNT)
        factories.user("shan")
        third_user = factories.user("third")
        third_user.member = third
        third_user.save()
        with pytest.raises(Refused):
            merged((survivor, third), clerk)

    def test_who_went_into_one_that_goes_into_a_third_ends_in_the_third(self, clerk, two):
        third = factories.member(two[0].community, account=ACCOUNT)
        merged(two, clerk)
        merged((third, two[0]), clerk)
        assert set(Member.objects.filter(merged_into=third)) == set(two)

    def test_a_roster_that_names_the_number_of_one_that_went_is_refused(self, clerk, two, group):
        merged(two, clerk)
        titles = ["社区", "居民小组", "姓名", "身份证号", "职务", "任职日期", "在职情况"]
        row = ["福民社区", "第一居民小组", "张珊", two[1].id_number, "组员", "2021-01-01", "非在职"]
        loaded = rosters.load_roster(FileTable.of([titles, row]), name="x.csv")
        assert ["并入" in problem.message for problem in loaded.problems] == [True]
        assert not Appointment.objects.exists()


@pytest.mark.usefixtures("standard")
class TestTheMoney:
    MONTH = Month(2024, 1)

    def amounts(self) -> dict[str, int]:
        prepared = sheets.prepare(self.MONTH, Subdistrict.objects.all())
        return {line.name: int(line.net) for line in SheetLine.objects.filter(sheet__in=prepared)}

    def test_the_survivor_is_paid_once_for_the_whole_life_and_the_other_no_more(self, clerk, two, group, sibling):
        survivor, other = two
        factories.appointment(survivor, group, first_day=date(2023, 6, 1))
        factories.appointment(other, sibling.committee, first_day=date(2021, 1, 1))
        assert self.amounts() == {"张三": 200, "张珊": 350}
        merged(two, clerk)
        assert self.amounts() == {"张三": 350}
        rules = Standard.objects.get().rules()
        decision = engine.decide(facts.person(survivor).life, self.MONTH.first_day, rules)
        assert (decision.full_years, len(decision.considered)) == (3, 2)

    def close(self, *subdistricts) -> None:
        for sheet in sheets.prepare(self.MONTH, subdistricts):
            factories.brought_to(Sheet.objects.get(pk=sheet.pk), State.SUBMITTED)
            factories.brought_to(Sheet.objects.get(pk=sheet.pk), State.APPROVED)

    def test_a_line_past_draft_stays_and_the_survivor_is_not_paid_beside_it(
        self, clerk, community, two, stranger, sibling
    ):  # fmt: skip
        survivor, other = two
        factories.appointment(survivor, stranger.committee, first_day=date(2021, 1, 1))
        factories.appointment(other, sibling.committee, Position.SUPERVISION_DIRECTOR)
        self.close(community.subdistrict)
        before = SheetLine.objects.values().get()
        merged(two, clerk)
        sheets.prepare(self.MONTH, [stranger.subdistrict])
        assert SheetLine.objects.values().get() == before

    def test_what_both_were_paid_for_a_closed_month_is_recovered_once_and_the_ledger_balances(
        self, clerk, community, two, group, sibling
    ):  # fmt: skip
        survivor, other = two
        factories.appointment(survivor, group, first_day=date(2023, 6, 1))
        factories.appointment(other, sibling.committee, first_day=date(2021, 1, 1))
        self.close(community.subdistrict)
        merged(two, clerk)
        proposals.propose()
        found = Correction.objects.get()
        assert (found.member, int(found.was), int(found.should_be)) == (survivor, 550, 350)
        book = ledger(survivor)
        assert (int(book.paid), int(book.due)) == (550, 350)

    def test_what_was_decided_of_the_other_and_its_hold_go_along(self, clerk, community, two, sibling):
        survivor, other = two
        office = factories.appointment(other, sibling.committee, first_day=date(2021, 1, 1))
        self.close(community.subdistrict)
        office.first_day = date(2022, 1, 1)
        office.save()
        proposals.propose()
        corrections.decide(
            correction=Correction.objects.get(), state=CorrectionState.ACCEPTED, actor=clerk, reason="核实"
        )  # fmt: skip
        hold = holds.hold(member=other, first=Month(2024, 2), last=None, reason="核查", actor=clerk)
        merged(two, clerk)
        hold.refresh_from_db()
        assert (Correction.objects.get().member, hold.member) == (survivor, survivor)
        proposals.propose()
        assert Correction.objects.count() == 1
