"""Forty generated answers of each kind, each through the command and through the page, with the same result."""

from collections import Counter
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from unittest.mock import patch

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets import sandbox as files
from registry.models import Role
from subsidies.bank import payments, ready_templates, words
from subsidies.bank.reading import BY_COLUMN
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, BankTemplate, Sheet, State
from subsidies.month import sheets
from subsidies.standards import services as standards
from tests import factories
from tests.subsidies.bank.answering import COUNTS, Page, command, read_in_process, standing, undone
from tests.subsidies.bank.generated import TITLES, Answer, Maker, Person

SEEDS = range(40)
MONTH, CODE = Month(2026, 10), "620201001"
NAMES = [
    "赵试甲", "钱试乙", "孙试", "李试丁戊", "周试己", "吴试庚", "郑试辛", "王试·壬", "冯试癸", "陈试", "褚试子",
    "卫试丑",
]  # fmt: skip
ACCOUNTS = [
    "6228480003000027320", "6222021001116245702", "6217003810032345671", "6217992900012345673", "6214990000012344",
    "27020101040054431", "6228480003000054431", "6229470000000123456", "101822000123456789012",
    "6228480003000000012",
    "6217003810099999998", "270201010400112233",
]  # fmt: skip
MADE, TODAY = timezone.make_aware(datetime(2026, 11, 12, 9)), timezone.make_aware(datetime(2026, 11, 30, 9))
pytestmark = pytest.mark.django_db


class World:
    """A month with the bank since 12 November."""

    def __init__(self):
        standards.load_missing()
        ready_templates.load_missing()
        self.finance = factories.user("answering", Role.FINANCE)
        community = factories.community()
        for number, (name, account) in enumerate(zip(NAMES, ACCOUNTS, strict=True)):
            member = factories.member(community, name, account=account)
            factories.appointment(member, community.committee, None, date(2026 - number % 6, 1, 1))
        [sheet] = sheets.prepare(MONTH, [community.subdistrict])
        factories.brought_to(sheet, State.APPROVED)
        with patch("django.utils.timezone.now", return_value=MADE):
            self.payment = payments.first(Sheet.objects.get(), actor=self.finance)
        template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
        exports.bank_file(self.payment, actor=self.finance, options=Options(purpose="代发", template=template))
        self.people = [
            Person(name, account, Decimal(f"{200 + 50 * (number % 6)}.00"))
            for number, (name, account) in enumerate(zip(NAMES, ACCOUNTS, strict=True))
        ]
        found = {item.name: (item.account, item.amount) for item in self.payment.items.all()}
        assert found == {person.name: (person.account, person.amount) for person in self.people}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """It is 30 November: on the first days of a month a day without its year can be read in two ways."""
    with time_machine.travel(TODAY), django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def page(client, world, monkeypatch):
    monkeypatch.setattr(files, "_parsed", read_in_process)
    client.force_login(world.finance)
    return client


def counted(stages: dict[str, str], before: dict[str, str], answer: Answer) -> dict[str, int]:
    """What the command has to print."""
    moved = Counter(stage for name, stage in stages.items() if stage != before.get(name, "in_transit"))
    counts = {stage: moved[stage] for stage in ("arrived", "refused", "bounced")}
    counts["in_transit"] = sum(stage == "in_transit" for stage in stages.values())
    counts["known"] = sum(
        name in answer.outcomes and before.get(name, "in_transit") == stage != "in_transit"
        for name, stage in stages.items()
    )
    return counts


def by_command(answer: Answer, path, expected: dict[str, int], *, is_learnt: bool) -> None:
    path.write_bytes(answer.content)
    code, result, errors = command(path, MONTH, CODE, {} if is_learnt else answer.mapping)
    assert (code, result["unmatched"], result["questions"]) == (0, [], []), errors
    assert {name: result[name] for name in COUNTS} == expected
    assert ("遮盖" in errors) == answer.is_masked


def chosen(form, answer: Answer) -> dict[str, str]:
    """The fields of the columns' form as a user sets them, whom the page has proposed the same or nothing."""
    changes = {}
    for place, table in enumerate(form.tables):
        key = f"{{}}-{place}" if place else "{}"
        outcome = answer.sheets.get(table.name) or BY_COLUMN
        assert form[key.format("says")].value() in (outcome, ""), "says"
        changes[key.format("says")] = outcome
        if key.format("account") in form.fields:  # no other sheet before has the same titles
            own = {name: title for name, title in answer.columns.items() if title in table.head.names}
            titles = {key.format(name): own.get(name, "") for name in TITLES}
            proposed = {name: form[name].value() for name in titles}
            assert {**titles, **proposed, key.format("reason"): ""} == {**titles, key.format("reason"): ""}, "proposed"
            assert form[key.format("in_fen")].value() == answer.in_fen
            changes |= titles
    return changes


def by_page(page, world, answer: Answer, expected: dict[str, int], *, is_learnt: bool) -> None:
    walk = Page(page, MONTH, CODE, world.payment, answer.name, answer.content)
    if not is_learnt:
        assert walk.step == "columns"
        if answer.separator:
            walk.send("read", **{"separator" if answer.separator == " " else "other": answer.separator})
        walk.send("columns", **chosen(walk.form("columns"), answer))
        assert walk.response.status_code == 200, walk.form("columns").errors
    if answer.words:
        assert walk.step == "words"
        known = {words.same(word): meaning for word, meaning in answer.words.items()}
        asked = walk.form("meanings").words
        walk.send("meanings", **{f"word-{place}": known[word] for place, word in enumerate(asked)})
    assert walk.step == "preview"
    preview, form = walk.form("preview"), walk.form("form")
    assert (preview.left, bool(preview.masked)) == (0, answer.is_masked)
    rest = {"rest": answer.rest or "stay"} if "rest" in form.fields else {}
    if answer.wrong_day:
        walk.send("form", day=answer.wrong_day, **rest)
        assert (walk.response.status_code, [*walk.form("form").errors]) == (422, ["day"])
    walk.send("form", day=answer.day, **rest)
    taken = BankAnswer.objects.latest("pk")
    assert {f"{day}" for day in taken.results.values_list("day", flat=True)} == {answer.day}
    counts = {"arrived": taken.paid, "refused": taken.refused, "in_transit": taken.in_transit, "bounced": taken.bounced}
    assert counts == {name: expected[name] for name in counts}, walk.response.status_code


def both(page, world, path, answer: Answer, before: dict[str, str] | None = None) -> dict[str, str]:
    """Through command and page, each with the result that the maker knows; the page's stays."""
    stages = answer.stages(world.people, before)
    expected = counted(stages, before or {}, answer)
    with undone():
        by_command(answer, path, expected, is_learnt=bool(before))
        assert standing() == stages
    by_page(page, world, answer, expected, is_learnt=bool(before))
    assert standing() == stages
    return stages


@contextmanager
def case(kind: str, seed: int, failed: list):
    """One of many: what it writes is undone, and its failure does not keep the others from being tried."""
    try:
        with undone():
            yield
    except AssertionError as error:
        failed.append((kind, seed, f"{error}"[:500]))


@pytest.mark.parametrize(
    "kind", ["states", "unknown", "lists", "masked", "sheets", "separators", "fen", "untitled", "stacked"]
)
def test_forty_answers_of_each_kind(page, world, tmp_path, kind):
    failed: list = []
    for seed in SEEDS:
        with case(kind, seed, failed):
            answer = Maker(seed, kind, world.people).make()
            path = tmp_path / answer.name
            path.write_bytes(answer.content)
            if seed % 4 == 0:
                code, result, _errors = command(path, MONTH, CODE)
                assert (code, bool(result["questions"]), set(standing().values())) == (1, True, {"in_transit"})
            both(page, world, path, answer)
    assert failed == []


@pytest.mark.parametrize("kind", ["processing", "bounced"])
def test_forty_answers_and_a_later_one_of_the_same_titles(page, world, tmp_path, kind):
    """The first is taken in by the command; of the later one nothing is asked, as its titles and words are known."""
    failed: list = []
    for seed in SEEDS:
        with case(kind, seed, failed):
            maker = Maker(seed, kind, world.people)
            first = maker.make()
            stages = first.stages(world.people)
            by_command(first, tmp_path / first.name, counted(stages, {}, first), is_learnt=False)
            later = maker.later(stages)
            both(page, world, tmp_path / later.name, later, stages)
    assert failed == []
