"""Questions whether people of a file are registered: answers that contradict one another, and more than a page has."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jygroups.lib import id_numbers
from jygroups.lib.encryption import blind_index
from registry.imports import same_person_questions
from registry.models import DistinctPersons, Member
from registry.people.duplicates import likeness as duplicates
from tests import factories
from tests.registry.imports import import_steps as steps
from tests.registry.imports.roster_rows import load, row

BORN = date(1966, 3, 4)
ONE, OTHER, THIRD = (factories.id_number(BORN, order) for order in (501, 502, 503))
TWO = [
    row(姓名="赵试甲", 身份证号=number, 居民小组=group)
    for number, group in ((OTHER, "第二居民小组"), (THIRD, "第三居民小组"))
]


@pytest.fixture(autouse=True)
def groups(group, community):
    return [factories.group(community, number) for number in (2, 3)]


@pytest.fixture
def first(groups):
    load(row(姓名="赵试甲", 身份证号=ONE))
    return Member.objects.get()


def key(number: str, member: Member) -> str:
    return f"{blind_index(number)}-{member.pk}"


def radios(answer) -> set[str]:
    page = BeautifulSoup(answer.text, "html.parser")
    return {each["name"] for each in page.select(".same-person input[type=radio]")}


class TestContradictions:
    def test_two_new_people_cannot_both_be_one_member(self, first):
        loaded = load(*TWO, answers={key(number, first): ("same", "") for number in (OTHER, THIRD)})
        assert [(each.row, each.message) for each in loaded.problems] == [
            (2, "第3行也已答为同一人，只能有一行是"),
            (3, "第2行也已答为同一人，只能有一行是"),
        ]
        assert Member.objects.get().id_number == ONE

    @pytest.mark.parametrize("name", ["钱试乙", "赵试甲"])
    def test_an_answer_counts_only_for_a_pair_that_was_asked_about(self, first, name):
        later = factories.id_number(date(1971, 8, 9), 505)
        other = row(姓名=name, 身份证号=later, 居民小组="第二居民小组")
        loaded = load(other, answers={key(later, first): ("same", "")}, must_answer=True)
        assert [each.row for each in loaded.problems] == [2]
        assert "毫无相同之处" in loaded.problems[0].message
        assert loaded.asks_only
        assert (Member.objects.get().name, Member.objects.get().id_number) == ("赵试甲", ONE)

    def test_an_answer_about_somebody_registered_under_that_number_counts_for_nothing(self, first, community):
        second = factories.member(community, "赵试甲", id_number=OTHER)
        load(TWO[0], answers={key(OTHER, first): ("same", "")})
        assert {each.pk: each.id_number for each in Member.objects.all()} == {first.pk: ONE, second.pk: OTHER}

    def test_one_new_person_cannot_be_two_members(self, first, community):
        second = factories.member(community, "赵试甲", id_number=factories.id_number(BORN, 504))
        loaded = load(TWO[0], answers={key(OTHER, each): ("same", "") for each in (first, second)})
        assert {each.row for each in loaded.problems} == {2}
        assert Member.objects.count() == 2

    def test_an_import_with_the_former_number_too_names_both_rows_and_writes_nothing(self, client, clerk, first):
        client.force_login(clerk)
        run = steps.given_in(client, row(姓名="赵试甲", 身份证号=ONE), TWO[0])
        client.post(reverse("import-answers", args=[run.pk]), {f"answer-{key(OTHER, first)}": "same"})
        run.refresh_from_db()
        assert run.state == "refused"
        message = f"第2行仍用此人的另一号码 {id_numbers.masked(ONE)}；删去其中一行，或两行改用同一号码"
        assert steps.page(client, run).count(message) >= 2  # at the question and at the row
        steps.confirmed(client, run)
        assert Member.objects.get().id_number == ONE

    @pytest.mark.parametrize("options", [{}, {"must_answer": True}, {"dry_run": True}])
    def test_the_former_number_in_the_file_refuses_the_answer(self, first, options):
        both = TWO[0], row(姓名="赵试甲", 身份证号=ONE)
        loaded = load(*both, answers={key(OTHER, first): ("same", "")}, **options)
        assert [each.row for each in loaded.problems] == [2]
        assert "第3行仍用" in loaded.problems[0].message
        assert Member.objects.get().id_number == ONE

    def test_rows_of_one_file_are_no_one_person_by_an_answer(self):
        loaded = load(*TWO, answers={f"{blind_index(THIRD)}-{blind_index(OTHER)}": ("same", "")})
        assert [each.row for each in loaded.problems] == [3]
        assert "第2行仍用" in loaded.problems[0].message
        assert not Member.objects.exists()

    def test_pasted_rows_with_the_former_number_too_are_not_saved(self, client, clerk, first, groups):
        client.force_login(clerk)
        rows = "\n".join(f"赵试甲\t{number}\t组员\t2026-07-0{day}\t非在职" for day, number in ((1, ONE), (2, OTHER)))
        given = {"rows": rows, "save": "1", f"answer-{key(OTHER, first)}": "same"}
        answer = client.post(reverse("group-paste", args=[groups[0].pk]), given)
        assert answer.status_code == 422
        assert "仍用此人的另一号码" in answer.text
        assert Member.objects.get().id_number == ONE

    def test_the_answer_stays_on_the_page_where_it_leads_to_another_error(self, client, clerk, first, group):
        client.force_login(clerk)
        rows = f"赵试甲\t{OTHER}\t组员\t2026-07-01\t非在职"
        given = {"rows": rows, "save": "1", f"answer-{key(OTHER, first)}": "same"}
        answer = client.post(reverse("group-paste", args=[group.pk]), given)
        assert answer.status_code == 422
        assert "同一任职请填2021-01-05" in answer.text
        [chosen] = BeautifulSoup(answer.text, "html.parser").select(".same-person input[checked]")
        assert chosen["value"] == "same"

    def test_on_the_page_of_an_import_the_answers_can_be_changed(self, client, clerk, first):
        client.force_login(clerk)
        run = steps.given_in(client, *TWO)
        given = {f"answer-{key(number, first)}": "same" for number in (OTHER, THIRD)}
        client.post(reverse("import-answers", args=[run.pk]), given)
        run.refresh_from_db()
        assert run.state == "refused"
        assert "第3行也已答为同一人" in steps.page(client, run)
        given |= {f"answer-{key(THIRD, first)}": "apart", f"why-{key(THIRD, first)}": "已核对"}
        client.post(reverse("import-answers", args=[run.pk]), given)
        run.refresh_from_db()
        steps.confirmed(client, run)
        assert set(Member.objects.values_list("pk", flat=True)) > {first.pk}
        assert {each.id_number for each in Member.objects.all()} == {OTHER, THIRD}

    @pytest.mark.parametrize(("answer", "why"), [("same", ""), ("apart", "同名同日")])
    def test_answers_that_are_changed_when_it_is_confirmed_are_checked_first(self, client, clerk, first, answer, why):
        """The button that loads sends what stands in the questions."""
        client.force_login(clerk)
        run, pair = steps.given_in(client, TWO[0]), key(OTHER, first)
        if answer == "apart":
            client.post(reverse("import-answers", args=[run.pk]), {f"answer-{pair}": "same"})
        given = {f"answer-{pair}": answer, f"why-{pair}": why}
        shown = client.post(reverse("import-confirm", args=[run.pk]), given, follow=True)
        assert "文件已按您刚改的回答重新检查" in shown.text
        run.refresh_from_db()
        assert (run.state, run.questions[0]["answer"], run.questions[0]["why"]) == ("checked", answer, why)
        assert Member.objects.get().id_number == ONE
        client.post(reverse("import-confirm", args=[run.pk]), given)
        assert {each.id_number for each in Member.objects.all()} == ({OTHER} if answer == "same" else {ONE, OTHER})

    def test_a_reason_that_lacks_keeps_it_from_being_loaded(self, client, clerk, first):
        client.force_login(clerk)
        run = steps.given_in(client, TWO[0])
        given = {f"answer-{key(OTHER, first)}": "apart"}
        assert "请说明为何是两人" in client.post(reverse("import-confirm", args=[run.pk]), given, follow=True).text
        assert Member.objects.get().id_number == ONE

    def test_a_reason_that_lacks_is_asked_for_at_its_question_and_all_answers_stay(self, client, clerk, community):
        client.force_login(clerk)
        members = [
            factories.member(community, name, id_number=factories.id_number(BORN, order))
            for order, name in ((601, "钱试乙"), (602, "孙试丙"), (603, "李试丁"))
        ]
        numbers = [factories.id_number(BORN, order) for order in (611, 612, 613)]
        people = [*zip(members, numbers, strict=True)]
        run = steps.given_in(client, *(row(姓名=member.name, 身份证号=number) for member, number in people))
        names = [f"answer-{key(number, member)}" for member, number in people]
        client.post(reverse("import-answers", args=[run.pk]), {names[0]: "same", names[1]: "apart", names[2]: "same"})
        shown = client.get(run.get_absolute_url())
        asked = BeautifulSoup(shown.text, "html.parser").select(".same-person")
        checked = {each["name"]: each["value"] for question in asked for each in question.select("input[checked]")}
        assert [*checked.items()] == [*zip(names, ("same", "apart", "same"), strict=True)]
        assert ["请说明为何是两人" in question.text for question in asked] == [False, True, False]
        assert "第3行：请说明为何是两人" in shown.text
        assert steps.confirmed(client, run).state == "checked"

    def test_pasted_rows_ask_again(self, client, clerk, first, groups):
        client.force_login(clerk)
        rows = "\n".join(f"赵试甲\t{number}\t组员\t2026-07-0{day}\t非在职" for day, number in ((1, OTHER), (2, THIRD)))
        given = {f"answer-{key(number, first)}": "same" for number in (OTHER, THIRD)}
        answer = client.post(reverse("group-paste", args=[groups[0].pk]), {"rows": rows, "save": "1", **given})
        assert answer.status_code == 422
        assert set(given) <= radios(answer)
        assert Member.objects.get().id_number == ONE


class TestMoreThanAPage:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch):
        monkeypatch.setattr(duplicates, "MOST", 2)

    @pytest.fixture
    def known(self, community):
        return [
            factories.member(community, f"钱试{each}", id_number=factories.id_number(BORN, order))
            for order, each in enumerate("甲乙丙丁戊", 1)
        ]

    @property
    def numbers(self) -> list[str]:
        return [factories.id_number(BORN, order) for order in range(11, 16)]

    def test_pasted_rows_are_asked_about_page_by_page_and_saved(self, client, clerk, known, groups):
        client.force_login(clerk)
        address = reverse("group-paste", args=[groups[0].pk])
        rows = "\n".join(
            f"{member.name}\t{number}\t组员\t2026-07-01\t非在职"
            for member, number in zip(known, self.numbers, strict=True)
        )
        answer, sent, asked = client.post(address, {"rows": rows}), {"rows": rows, "save": "1"}, []
        assert "还有3个问题" in answer.text
        for _page in range(3):
            names = radios(answer) - set(asked)
            asked += names
            carried = BeautifulSoup(answer.text, "html.parser").select_one("input[name=carried]")
            given = dict.fromkeys(radios(answer), "apart") | {
                name.replace("answer-", "why-"): "已核对" for name in radios(answer)
            }
            answer = client.post(address, sent | given | ({"carried": carried["value"]} if carried else {}))
        assert answer.status_code == 302
        assert len(asked) == DistinctPersons.objects.filter(reason="已核对").count() == 5

    def test_an_import_asks_about_all(self, client, clerk, known):
        client.force_login(clerk)
        run = steps.given_in(
            client,
            *[row(姓名=member.name, 身份证号=number) for member, number in zip(known, self.numbers, strict=True)],
        )
        for _page in range(3):
            names = radios(client.get(run.get_absolute_url()))
            why = {name.replace("answer-", "why-"): "已核对" for name in names}
            client.post(reverse("import-answers", args=[run.pk]), dict.fromkeys(names, "apart") | why)
        run.refresh_from_db()
        assert [each["answer"] for each in run.questions] == ["apart"] * 5

    @pytest.mark.parametrize("carried", ["{", "[1]", '{"a": 1}', '{"a": ["same", null]}', '{"a": [{}, ""]}'])
    def test_carried_answers_that_were_tampered_with_are_left_out(self, client, clerk, known, groups, carried):
        client.force_login(clerk)
        sent = {"rows": f"钱试甲\t{self.numbers[0]}\t组员\t2026-07-01\t非在职", "save": "1", "carried": carried}
        assert client.post(reverse("group-paste", args=[groups[0].pk]), sent).status_code == 422

    def test_the_queries_that_save_answers_do_not_grow(self, known):
        people = list(zip(known, self.numbers, strict=True))

        def cost(some: list) -> int:
            answers = {key(number, member): ("apart", "") for member, number in some}
            with CaptureQueriesContext(connection) as asked:
                loaded = load(*[row(姓名=member.name, 身份证号=number) for member, number in some], answers=answers)
            assert (loaded.problems, loaded.new) == ([], len(some))
            return len(asked)

        assert cost(people[:1]) == cost(people[1:])


@pytest.mark.parametrize("carried", ["[" * 100_000, "{", "[1]", '{"a": 1}'])
def test_carried_answers_that_nobody_can_read_are_none(carried):
    assert same_person_questions.posted({"carried": carried}) == {}


def test_a_reason_that_nobody_can_see_is_none():
    assert same_person_questions.posted({"answer-a-1": "apart", "why-a-1": " \u200b\u3000"}) == {"a-1": ("apart", "")}


def test_a_large_file_is_asked_about_as_a_small_one(monkeypatch):
    phone = {"姓名": "赵试甲", "联系电话": "13800000000"}
    load(row(**phone, 身份证号=ONE))
    rows = [
        row(**phone, 居民小组="第二居民小组", 身份证号=OTHER),
        row(**phone, 身份证号=factories.id_number(date(1971, 8, 9), 505)),
    ]
    together = load(*rows, dry_run=True).questions
    monkeypatch.setattr(duplicates, "TOGETHER", 1)  # people of a query
    assert load(*rows, dry_run=True).questions == together
    assert {(each.row, each.other_row) for each in together} == {(2, None), (3, None), (3, 2)}
