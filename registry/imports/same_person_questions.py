"""People of a file who may be registered already under another number, and accounts that several people have.

Only people of the communities that the file may write to are named.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from jygroups.lib import cells, id_numbers
from jygroups.lib.encryption import blind_index
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Community, EmploymentSpell, ImportRun, Member
from registry.people.duplicates import likeness
from registry.people.duplicates.likeness import Alike, Known, Likeness

LONGEST_KEY = 19  # digits of a member's key; no blind index is as short
SAME, APART = "same", "apart"  # answers; none leaves it undecided
Answers = Mapping[str, tuple[str, str]]  # by the question's key the answer and why


@dataclass(eq=False, slots=True)
class Person:
    """Somebody in the file, with what the register has of them."""

    member: Member
    spells: list[EmploymentSpell] = field(default_factory=list)
    offices: list[Appointment] = field(default_factory=list)
    registered_name: str = ""
    was_employed: bool = False  # today, by the register
    first_row: int | None = None
    personal: dict[str, Any] = field(default_factory=dict)  # the personal columns of that row
    other_names: list[int] = field(default_factory=list)  # the numbers of later rows with another name

    def compare(self, row, personal: Mapping[str, Any]) -> None:
        """Refuse the row for what it has otherwise than the person's first row; of another name only that is noted."""
        differing = [column for column, value in personal.items() if value != self.personal[column]]
        if "姓名" in differing:
            self.other_names.append(row.number)
            return
        for column in differing:
            message = _("row %(row)s has another value for the same person; make them agree")
            row.refuse(column, message % {"row": self.first_row})


class Doubt(NamedTuple):
    """What is to be checked of a person in the file."""

    person: Person
    column: str
    message: str


@dataclass(slots=True)
class Question:
    """Whether somebody new in the file is somebody registered, or of an earlier row, under another ID number."""

    number: str  # blind index of the new person's ID number
    other: str  # the key of the member, or the blind index of the ID number in the earlier row
    row: int
    other_row: int | None  # None for somebody registered
    reasons: list[str]  # what they have in common, in words
    answer: str = ""
    why: str = ""  # why they are two persons
    error: str = ""  # why the answer refuses the file

    @classmethod
    def answered(cls, member: Member, former: str, row: int) -> "Question":
        """That somebody of the file is the member, whose number is corrected."""
        words = {"old": id_numbers.masked(former), "new": id_numbers.masked(member.id_number)}
        reason = _("the ID number on the record is corrected: %(old)s → %(new)s") % words
        return cls(member.id_number_index or "", str(member.pk), row, None, [reason], SAME)

    @property
    def key(self) -> str:
        return f"{self.number}-{self.other}"

    @property
    def member(self) -> int | None:
        return int(self.other) if self.other_row is None else None

    def choices(self, *, may_decide: bool) -> list[tuple[str, str]]:
        """What can be answered, in words: an earlier row is corrected in the file."""
        two = APART, _("Two persons") if may_decide else _("Two persons, as far as is known here")
        return [two] if self.other_row else [(SAME, _("the same person: correct the ID number on the record")), two]


def of_run(run: ImportRun) -> list[Question]:
    return [Question(**each) for each in run.questions]


@dataclass
class QuestionsPage:
    """The questions of one page."""

    rows: list[dict]
    more: int  # without an answer, asked once these are answered
    answered: int  # not on the page
    carried: str  # their answers, as `posted` reads them
    may_decide: bool  # on the answers that they are two persons


def posted(data: Mapping[str, str]) -> Answers:
    """The answers of a form with _questions.html, by the question's key; also those carried from earlier pages."""
    try:
        carried = {str(key): (answer, str(why)) for key, (answer, why) in json.loads(data["carried"]).items()}
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        carried = {}
    given = {
        name.removeprefix("answer-"): (value, data.get(f"why-{name.removeprefix('answer-')}", ""))
        for name, value in data.items()
        if name.startswith("answer-")
    }
    return {
        key: (answer, cells.unwrapped(why)[:200])
        for key, (answer, why) in (carried | given).items()
        if answer in ("", SAME, APART)
    }


def shown(
    questions: list[Question], user, *, rows: Mapping[int, Mapping[str, str]], may_decide: bool
) -> QuestionsPage | None:
    """The questions with the people as the user sees them, those to be answered first; None without any.

    `rows` has the cells of rows, with masked numbers.
    """
    if not questions:
        return None
    questions = sorted(questions, key=lambda each: is_complete(each) and not each.error)
    questions, rest = questions[: likeness.MOST], questions[likeness.MOST :]
    questions.sort(key=lambda each: each.row)
    answered = {each.key: (each.answer, each.why) for each in rest if each.answer}
    keys = [question.member for question in questions if question.member]
    members = Member.objects.visible_to(user).select_related("community").defer("phone", "account").in_bulk(keys)
    found = [
        {
            "question": question,
            "choices": question.choices(may_decide=may_decide),
            "cells": rows.get(question.row, {}),
            "member": members.get(question.member),
            "other": rows.get(question.other_row or 0, {}),
        }
        for question in questions
    ]
    return QuestionsPage(
        found, len(rest) - len(answered), len(answered), json.dumps(answered, ensure_ascii=False), may_decide
    )


def is_complete(question: Question) -> bool:
    """Whether it is answered, two persons with the reason."""
    return bool(question.answer) and bool(question.answer != APART or question.why)


def are_other(run: ImportRun, answers: Answers) -> bool:
    """Whether any question of the import has another answer or reason there than the one it was checked with."""
    return any(answers.get(each.key, (each.answer, each.why)) != (each.answer, each.why) for each in of_run(run))


def refuse_without_reason(run: ImportRun) -> None:
    """Raise Refused with the rows that are answered to be two persons without the reason."""
    if rows := sorted({each.row for each in of_run(run) if each.answer and not is_complete(each)}):
        words = {"rows": _(", ").join(map(str, rows))}
        raise Refused(_("Rows %(rows)s: give the reason why they are two persons.") % words)


def contradicted(questions: Iterable[Question]) -> dict[str, str]:
    """By key the errors of answers that make one person of several people."""
    by_member, by_number = defaultdict(list), defaultdict(list)
    for each in questions:
        if each.answer == SAME:
            by_member[each.other].append(each)
            by_number[each.number].append(each)
    found: dict[str, str] = {}
    for several in by_number.values():
        if len(several) > 1:
            message = _("answered to be the same person as several registered people; merge their records first")
            found |= {each.key: message for each in several}
    for several in by_member.values():
        for each in several if len(several) > 1 else ():
            others = _(", ").join(str(other.row) for other in several if other is not each)
            found[each.key] = _("row %(row)s is answered to be the same person too; only one of them can be") % {
                "row": others
            }
    return found


def refuse_other_names(rows: Iterable) -> None:
    """Refuse rows with one ID number and different names: it is not known whose the number is."""
    of_person = defaultdict(list)
    for row in rows:
        of_person[id(row.person)].append(row)
    message = _("rows %(rows)s have the same ID number and different names; correct the number or the name")
    for own in of_person.values():
        if own[0].person.other_names:
            words = {"rows": _(", ").join(str(row.number) for row in own)}
            for row in own:
                row.refuse("身份证号", message % words)


def visible(communities: Iterable[Community] | None):
    """The people who may be named: of these communities, of all for None."""
    registered = Member.objects.filter(merged_into=None)
    return registered if communities is None else registered.filter(community__in=communities)


def corrected(numbers: Iterable[str], registered, answers: Answers) -> dict[str, Member]:
    """By ID number in the file the registered person who was answered to have it now; one query, none without answers.

    Nobody whose present number the file has too, or who was answered to have several; none for a number of several.
    """
    same = []
    for question, (answer, _why) in answers.items():
        number, _hyphen, other = question.partition("-")
        if answer == SAME and other.isdecimal() and len(other) < LONGEST_KEY:
            same.append((number, int(other)))
    found = registered.in_bulk({member for _number, member in same}) if same else {}
    indices = {blind_index(number): number for number in numbers} if found else {}
    pairs = [(number, member) for number, member in same if number in indices and member in found]
    times = Counter(each for pair in pairs for each in pair)
    return {
        indices[number]: found[member]
        for number, member in pairs
        if times[number] == times[member] == 1 and found[member].id_number_index not in indices
    }


def unlike(
    people: list[Person], offices: Iterable[tuple[Person, Appointment]], registered
) -> Iterator[tuple[Person, str, bool]]:
    """Findings about those answered to be somebody registered with whom they, by their rows, have nothing in common.

    The answer was given about other rows, or about nobody who was asked about.
    """
    written = {}
    for person in people:
        name, phone, account = (person.personal.get(column) or "" for column in ("姓名", "联系电话", "银行账号"))
        copy = Member(id_number=person.member.id_number, name=name, phone=phone, account=account)
        written[id(person)] = Known.new(copy, of=person)
    if not written:
        return
    _hold(written, offices)
    pairs = likeness.like(list(written.values()), registered)
    alike = {id(pair.second.of) for pair in pairs if pair.may_be_one and pair.first.key == pair.second.of.member.pk}
    message = _("answered to be %(name)s of the register, but has nothing in common with that person; check again")
    for person in people:
        if id(person) not in alike:
            yield person, message % {"name": person.registered_name}, True


def _hold(known: Mapping[int, Known], offices: Iterable[tuple[Person, Appointment]]) -> None:
    """Note the offices in the file; `known` by the person's key."""
    for person, office in offices:
        if (found := known.get(id(person))) and office.committee_id:
            found.holds(office.group or office.committee, office.first_day, office.last_day)


def shared_accounts(people: list[Person], registered) -> Iterator[Doubt]:
    """Accounts that several people of the file have, or somebody else on the register; one query."""
    by_account = defaultdict(list)
    for person in people:
        if person.member.account:
            by_account[person.member.account].append(person)
    keys = {member.pk for person in people if (member := person.member).pk}
    indices = {blind_index(account): account for account in by_account}
    others = registered.filter(account_index__in=indices).exclude(pk__in=keys).values_list("account_index", "name")
    holders = {indices[index]: name for index, name in others}
    for account, persons in by_account.items():
        for person in persons:
            message = _("%(name)s (row %(row)s) has the same account; compare it with the card")
            first = persons[0]
            if person is not first:
                words = {"name": first.member.name, "row": first.first_row}
            elif account in holders:
                message, words = _("%(name)s has the same account on the register; compare it with the card"), {}
                words["name"] = holders[account]
            else:
                continue
            yield Doubt(person, "银行账号", message % words)


def questions(
    people: list[Person], offices: Iterable[tuple[Person, Appointment]], registered, answers: Answers
) -> Iterator[tuple[Question, Alike]]:
    """The questions about new people, with their offices in the file, in a number of queries that does not grow."""
    new = {
        id(person): Known.new(person.member, of=person)
        for person in people
        if person.member.pk is None and person.member.id_number and person.member.name
    }
    if not new:
        return
    _hold(new, offices)
    for pair in likeness.like(list(new.values()), registered):
        if pair.may_be_one:
            earlier = pair.first.of
            other = str(pair.first.key) if pair.first.key else earlier.member.id_number_index
            row = earlier.first_row if earlier else None
            person = pair.second.of
            question = Question(person.member.id_number_index, other, person.first_row, row, reasons(pair))
            question.answer, question.why = answers.get(question.key, ("", ""))
            yield question, pair


def reasons(pair: Alike) -> list[str]:
    since = _("in office there since %(day)s") % {"day": pair.since}
    return [since if each is Likeness.OFFICE else str(each) for each in pair.reasons]


def doubts(
    asked: list[tuple[Question, Alike]], people: Iterable[Person], *, must_answer: bool
) -> Iterator[tuple[Person, str, bool]]:
    """The findings about the new of the people in the file, and whether they refuse the file."""
    wrong = contradicted(question for question, _pair in asked)
    same = [each for each, _pair in asked if each.answer == SAME]
    in_file = {str(each.member.pk or each.member.id_number_index): each for each in people} if same else {}
    for question, pair in asked:
        person = pair.second.of
        if question.answer == SAME:
            question.error = wrong.get(question.key) or not_corrected(in_file.get(question.other))
            yield person, question.error, True
        elif not question.answer:
            yield person, doubt(question, pair), must_answer
        elif not is_complete(question):
            question.error = _("give the reason why they are two persons")
            yield person, question.error, must_answer


def not_corrected(other: Person | None) -> str:
    """Why somebody answered to be the same person stayed new: the other's number is in the file too."""
    if other is None:
        return _("the number cannot be corrected with this file; correct it on the record")
    text = _(
        "row %(row)s still has the other number %(number)s of this person; delete one of the two rows, or give both "
        "the same number"
    )
    return text % {"row": other.first_row, "number": id_numbers.masked(other.member.id_number)}


def doubt(question: Question, pair: Alike) -> str:
    """The question as a warning beside the new person's ID number."""
    words = {"name": pair.first.name, "what": _(", ").join(question.reasons), "row": str(question.other_row)}
    if question.other_row:
        text = _("row %(row)s may be the same person under another ID number (%(what)s)")
    elif Likeness.NUMBER in pair.reasons:
        text = _("%(name)s had this ID number until it was corrected; give the number of that record")
    else:
        text = _(
            "%(name)s is on the register under another ID number (%(what)s); if it is the same person, correct the "
            "number on that record instead"
        )
    return text % words
