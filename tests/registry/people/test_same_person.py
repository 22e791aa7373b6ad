"""One person under two ID numbers: asked before saving, listed until somebody decides, answered once."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from registry.models import Appointment, DistinctPersons, Member, Position, Term
from registry.people.duplicates import likeness, todo
from registry.people.duplicates import services as duplicates
from registry.records import versions
from tests import factories
from tests.registry.imports import import_steps as steps
from tests.registry.imports.roster_rows import ACCOUNT, load, row

BORN = date(1966, 3, 4)
PHONE = "13800000000"
ONE, OTHER, THIRD = (factories.id_number(BORN, order) for order in (501, 502, 503))
ELSEWHEN = factories.id_number(date(1971, 8, 9), 504)
# Somebody of the group since 2021, and rows of the next roster about what may be the same person.
FIRST = {"姓名": "赵试甲", "身份证号": ONE, "联系电话": PHONE, "开户银行": "甘肃银行", "银行账号": ACCOUNT}
ALIKE = {
    "birth date": {"居民小组": "第二居民小组", "身份证号": OTHER},
    "birth date and blanks around the name": {"居民小组": "第二居民小组", "身份证号": OTHER, "姓名": "　赵试甲 "},
    "phone": {"居民小组": "第二居民小组", "联系电话": PHONE},
    "phone with dashes": {"居民小组": "第二居民小组", "联系电话": "138-0000-0000"},
    "phone with the country's code": {"居民小组": "第二居民小组", "联系电话": "+86 13800000000"},
    "account": {"居民小组": "第二居民小组", "银行账号": ACCOUNT},
    "account with blanks": {"居民小组": "第二居民小组", "银行账号": "6228 4800 0300 0027 320"},
    "office": {},
    "office in another position": {"职务": "居民小组长"},
    "office from a later day": {"任职日期": "2024-05-06"},
    "office in full width": {"姓名": "赵试甲　", "居民小组": "第１居民小组"},
    "all of it": {"身份证号": OTHER, "联系电话": PHONE, "银行账号": ACCOUNT},
}
UNLIKE = {
    "another name": {"姓名": "钱试乙", "身份证号": OTHER, "联系电话": PHONE},
    "another group, phone and birth date": {"居民小组": "第二居民小组", "联系电话": "13900000000"},
    "an office after the other has ended": {"任职日期": "2025-01-01"},
}


@pytest.fixture(autouse=True)
def second_group(group, community):
    return factories.group(community, 2)


@pytest.fixture
def first(second_group):
    load(row(**FIRST))
    return Member.objects.get()


def rows_like(**cells) -> list[str]:
    return row(**{"姓名": "赵试甲", "身份证号": ELSEWHEN} | cells)


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


class TestFinding:
    @pytest.mark.parametrize("cells", ALIKE.values(), ids=ALIKE)
    def test_somebody_alike_is_warned_of_and_stays_undecided(self, clerk, first, cells):
        loaded = load(rows_like(**cells))
        assert loaded.problems == []
        assert [each.column for each in loaded.warnings if "同名人员赵试甲" in each.message] == ["身份证号"]
        [pair] = duplicates.pairs(clerk)
        assert {pair.first, pair.second} == set(Member.objects.all())
        assert likeness.in_doubt(Member.objects.all()) == {pair.second.pk} != {first.pk}

    @pytest.mark.parametrize("cells", UNLIKE.values(), ids=UNLIKE)
    def test_nobody_else_is(self, clerk, first, cells):
        Appointment.objects.update(last_day=date(2024, 12, 31))
        loaded = load(rows_like(**cells))
        assert loaded.questions == []
        assert duplicates.pairs(clerk) == []

    def test_a_number_that_somebody_had_before_is_asked_about_whatever_the_name(self, clerk, first):
        first.id_number = OTHER
        versions.save(first, actor=clerk)
        loaded = load(rows_like(姓名="钱试乙", 身份证号=ONE, 居民小组="第二居民小组"))
        assert "身份证号" in [each.column for each in loaded.warnings if "更正" in each.message]
        [pair] = duplicates.pairs(clerk)
        assert pair.reasons == ["一方现用另一方原来的身份证号"]

    def test_two_new_people_of_one_file_are_asked_about_with_the_row_of_the_first(self, clerk):
        loaded = load(rows_like(身份证号=ONE), rows_like(身份证号=OTHER, 居民小组="第二居民小组"))
        [question] = loaded.questions
        assert (question.row, question.other_row) == (3, 2)
        assert len(duplicates.pairs(clerk)) == 1

    def test_one_account_of_two_names_is_listed_and_puts_nobody_in_doubt(self, clerk, first):
        loaded = load(rows_like(姓名="钱试乙", 居民小组="第二居民小组", 银行账号=ACCOUNT))
        assert loaded.questions == []
        assert "银行账号" in [each.column for each in loaded.warnings]
        assert len(duplicates.pairs(clerk)) == 1
        assert likeness.in_doubt(Member.objects.all()) == set()

    def test_who_was_merged_is_asked_about_no_more(self, clerk, first):
        load(rows_like())
        one, other = Member.objects.order_by("pk")
        duplicates.merge(survivor=one, other=other, chosen=[], seen=(one.version, other.version), actor=clerk)
        assert duplicates.pairs(clerk) == []
        assert likeness.in_doubt(Member.objects.all()) == set()

    def test_the_number_of_queries_does_not_grow(self, clerk, community, second_group):
        def cost(number: int) -> tuple[int, int]:
            for _each in range(number):
                factories.appointment(factories.member(community, "孙试丙"), second_group)
            with CaptureQueriesContext(connection) as listed:
                found = duplicates.pairs(clerk)
            assert len(found) >= number - 1
            with CaptureQueriesContext(connection) as asked:
                likeness.in_doubt(Member.objects.all())
            return len(listed), len(asked)

        cost(1)  # what the user may see is asked once
        assert cost(2) == cost(20)


class TestAddingByForm:
    def sent(self, **fields) -> dict:
        return {
            "id_number": OTHER, "name": "赵试甲", "position": "group_member",
            "first_day": timezone.localdate().isoformat(), "phone": "", "bank": "", "account": "", "employed": "",
            "employed_from": "", "employer": "", "basis": "",
        } | fields  # fmt: skip

    @pytest.fixture
    def address(self, second_group):
        return reverse("group-appoint", args=[second_group.pk])

    def test_it_is_asked_and_nothing_saved_before_the_answer(self, client, secretary, first, address):
        client.force_login(secretary)
        answer = client.post(address, self.sent())
        assert (answer.status_code, Member.objects.count()) == (422, 1)
        [asked] = soup(answer).select("fieldset.same-person")
        assert "姓名和出生日期相同" in asked.text
        [link] = asked.select("p a")
        assert (link["href"], link["target"]) == (reverse("member-edit", args=[first.pk]), "_blank")
        assert ONE not in answer.text
        first.id_number = OTHER
        versions.save(first, actor=secretary)
        assert client.post(address, self.sent()).status_code == 302

    def test_two_persons_are_saved_with_the_decision_and_undone_together(self, client, clerk, first, address):
        client.force_login(clerk)
        ticked = soup(client.post(address, self.sent())).select_one("input[name=apart]")["value"]
        answer = client.post(address, self.sent(apart=ticked, why="孪生兄弟"), follow=True)
        decision = DistinctPersons.objects.get()
        assert (decision.first, decision.second.id_number, decision.reason) == (first, OTHER, "孪生兄弟")
        assert decision.history.get().history_user == clerk
        assert duplicates.pairs(clerk) == []
        token = soup(answer).select_one("form.undo input[name=token]")["value"]
        client.post(reverse("undo"), {"token": token})
        assert not DistinctPersons.objects.exists()
        assert Member.objects.get() == first

    def test_a_secretary_gives_a_reason_and_the_clerk_decides(self, client, secretary, clerk, first, address):
        client.force_login(secretary)
        asked = soup(client.post(address, self.sent()))
        assert "由街道判定" in asked.text
        ticked = asked.select_one("input[name=apart]")["value"]
        assert client.post(address, self.sent(apart=ticked, why=" ")).status_code == 422
        assert client.post(address, self.sent(apart=ticked, why="孪生兄弟")).status_code == 302
        new = Member.objects.latest("pk")
        assert likeness.in_doubt(Member.objects.all()) == {new.pk}
        assert [line.text for line in todo.lines(clerk, timezone.localdate())] == [
            "疑似重复登记，待判定是否同一人：1对"
        ]
        client.force_login(clerk)
        page = client.get(reverse("duplicates")).text
        assert "孪生兄弟" in page
        assert secretary.name in page
        client.post(reverse("tell-apart", args=[first.pk, new.pk]), {"reason": "已核对证件"})
        assert likeness.in_doubt(Member.objects.all()) == set()
        [decision] = duplicates.decisions(clerk, new)
        assert (decision.by, decision.reason) == (clerk, "已核对证件")

    def test_a_tick_for_somebody_else_answers_nothing(self, client, secretary, first, address):
        client.force_login(secretary)
        assert client.post(address, self.sent(apart=f"x-{first.pk}")).status_code == 422
        assert client.post(address, self.sent(apart=str(first.pk))).status_code == 422

    def test_the_corrected_number_leads_to_the_one_record(self, client, secretary, first, address):
        client.force_login(secretary)
        first.id_number = OTHER
        versions.save(first, actor=secretary)
        assert client.post(address, self.sent()).status_code == 302
        assert Member.objects.count() == 1

    def test_somebody_out_of_sight_is_not_named_and_is_listed_for_civil_affairs(
        self, client, secretary, civil, stranger, address
    ):  # fmt: skip
        factories.member(stranger, "赵试甲", id_number=ONE)
        client.force_login(secretary)
        assert client.post(address, self.sent()).status_code == 302
        assert len(duplicates.pairs(civil)) == 1
        assert duplicates.pairs(secretary) == []

    def test_a_by_election_asks_too(self, client, secretary, first, community, second_group):
        today = timezone.localdate()
        Term.objects.create(ordinal=1, first_day=today - timedelta(days=9), last_day=today + timedelta(days=900))
        client.force_login(secretary)
        address = reverse("by-election", args=[community.code])
        sent = {
            "seat": f"group-{second_group.pk}:{Position.GROUP_MEMBER.value}", "person": OTHER, "name": "赵试甲",
            "first_day": today.isoformat(), "basis": "公告",
        }  # fmt: skip
        answer = client.post(address, sent)
        assert (answer.status_code, Member.objects.count()) == (422, 1)
        ticked = soup(answer).select_one("input[name=apart]")["value"]
        assert client.post(address, sent | {"apart": ticked}).status_code == 422
        assert client.post(address, sent | {"apart": ticked, "why": "孪生兄弟"}).status_code == 302
        stated = DistinctPersons.objects.get()
        assert (stated.second.id_number, stated.is_decided) == (OTHER, False)


class TestImporting:
    @pytest.fixture
    def run(self, client, clerk, first):
        client.force_login(clerk)
        return steps.given_in(client, rows_like(身份证号=OTHER))

    def answered(self, client, run, answer, why=""):
        [question] = run.questions
        key = f"{question['number']}-{question['other']}"
        client.post(reverse("import-answers", args=[run.pk]), {f"answer-{key}": answer, f"why-{key}": why})
        run.refresh_from_db()
        return run

    def test_the_page_asks_with_the_reasons_and_loads_undecided(self, client, clerk, run):
        text = steps.page(client, run)
        assert "是否同一人？" in text
        assert "自2021-01-05起在该处任职" in text
        assert OTHER not in text
        steps.confirmed(client, run)
        assert len(duplicates.pairs(clerk)) == 1

    def test_the_same_person_gets_the_number_and_nobody_is_added(self, client, clerk, run, first):
        run = self.answered(client, run, "same")
        assert (run.new, run.changed) == (0, 1)
        assert "6202**********" in steps.page(client, run)
        assert Member.objects.get().id_number == ONE
        steps.confirmed(client, run)
        first.refresh_from_db()
        assert Member.objects.get() == first
        assert (first.id_number, first.birth_date, Appointment.objects.count()) == (OTHER, BORN, 1)
        assert first.history.first().history_user == clerk
        client.post(reverse("import-undo", args=[run.pk]))
        assert Member.objects.get().id_number == ONE

    def test_two_persons_are_decided_by_who_confirms_and_undone_with_the_file(self, client, clerk, run):
        run = self.answered(client, run, "apart", "同名同日")
        assert "同名人员" not in steps.page(client, run)
        steps.confirmed(client, run)
        assert duplicates.pairs(clerk) == []
        decision = DistinctPersons.objects.get()
        assert (decision.reason, decision.history.get().history_user) == ("同名同日", clerk)
        client.post(reverse("import-undo", args=[run.pk]))
        assert not DistinctPersons.objects.exists()
        assert Member.objects.count() == 1

    def test_a_secretary_answers_with_a_reason_and_decides_nothing(self, client, secretary, first):
        client.force_login(secretary)
        run = self.answered(client, steps.given_in(client, rows_like(身份证号=OTHER)), "apart")
        assert "第2行：请说明为何是两人" in steps.page(client, run)
        assert run.questions[0]["answer"] == "apart"
        run = self.answered(client, run, "apart", "同名同日")
        steps.confirmed(client, run)
        stated = DistinctPersons.objects.get()
        assert (stated.reason, stated.is_decided) == ("同名同日", False)
        assert likeness.in_doubt(Member.objects.all()) == {stated.second_id}

    def test_an_answer_can_be_taken_back_before_it_is_loaded(self, client, run):
        run = self.answered(client, self.answered(client, run, "same"), "")
        assert (run.new, run.changed) == (1, 0)

    def test_nobody_of_another_area_gets_a_number_by_a_forged_answer(self, client, clerk, stranger, first):
        victim = factories.member(stranger, "赵试甲")
        run_key = min(likeness.Known.new(Member(name="赵试甲", id_number=OTHER)).numbers)
        load(
            rows_like(身份证号=OTHER),
            communities=[first.community],
            answers={f"{run_key}-{victim.pk}": ("same", "")},
        )
        victim.refresh_from_db()
        assert victim.id_number != OTHER

    def test_a_file_with_both_numbers_cannot_make_one_person_of_them(self, first):
        key = min(likeness.Known.new(Member(name="赵试甲", id_number=OTHER)).numbers)
        both = [row(**FIRST), rows_like(身份证号=OTHER, 居民小组="第二居民小组")]
        loaded = load(*both, answers={f"{key}-{first.pk}": ("same", "")})
        assert [each.row for each in loaded.problems] == [3]
        assert Member.objects.count() == 1


class TestPasting:
    ROW = f"赵试甲\t{OTHER}\t组员\t2026-07-01\t非在职"

    @pytest.fixture
    def address(self, second_group):
        return reverse("group-paste", args=[second_group.pk])

    def test_it_is_asked_and_saved_only_with_an_answer(self, client, secretary, first, address):
        client.force_login(secretary)
        asked = soup(client.post(address, {"rows": self.ROW}))
        names = {each["name"] for each in asked.select(".same-person input[type=radio]")}
        assert len(names) == 1
        [name] = names
        answer = client.post(address, {"rows": self.ROW, "save": "1"})
        assert (answer.status_code, Member.objects.count()) == (422, 1)
        assert soup(answer).select(".same-person")
        assert client.post(address, {"rows": self.ROW, "save": "1", name: "apart"}).status_code == 422
        why = {name.replace("answer-", "why-"): "孪生兄弟"}
        assert client.post(address, {"rows": self.ROW, "save": "1", name: "apart"} | why).status_code == 302
        stated = DistinctPersons.objects.get()
        assert (stated.history.get().history_user, stated.is_decided) == (secretary, False)
        assert likeness.in_doubt(Member.objects.all()) == {stated.second_id}

    def test_the_clerk_decides_with_a_reason(self, client, clerk, first, address):
        client.force_login(clerk)
        asked = soup(client.post(address, {"rows": self.ROW}))
        name = asked.select_one(".same-person input[type=radio]")["name"]
        assert "由街道判定" not in asked.text
        sent = {"rows": self.ROW, "save": "1", name: "apart"}
        assert client.post(address, sent).status_code == 422
        assert client.post(address, sent | {name.replace("answer-", "why-"): "孪生兄弟"}).status_code == 302
        assert likeness.in_doubt(Member.objects.all()) == set()

    def test_the_same_person_gets_the_number_and_the_office(self, client, secretary, first, address):
        client.force_login(secretary)
        [name, _same] = [
            each["name"]
            for each in soup(client.post(address, {"rows": self.ROW})).select(".same-person input[type=radio]")
        ]
        client.post(address, {"rows": self.ROW, "save": "1", name: "same"})
        first.refresh_from_db()
        assert (first.id_number, first.appointments.count(), Member.objects.count()) == (OTHER, 2, 1)
