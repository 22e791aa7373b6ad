"""People of a file who may be registered already under another number, and accounts that several people have.

Only people of the communities that the file may write to are named.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from jygroups.lib.encryption import blind_index
from registry.models import Appointment, Community, EmploymentSpell, Member


@dataclass(eq=False)
class Person:
    """Somebody in the file, with what the register has of them."""

    member: Member
    spells: list[EmploymentSpell] = field(default_factory=list)
    offices: list[Appointment] = field(default_factory=list)
    registered_name: str = ""
    was_employed: bool = False  # today, by the register
    first_row: int | None = None
    said: dict[str, Any] = field(default_factory=dict)  # the personal columns of that row


class Doubt(NamedTuple):
    """What is to be checked of a person in the file."""

    person: Person
    column: str
    message: str


def doubts(people: list[Person], communities: Iterable[Community] | None) -> Iterator[Doubt]:
    """In a number of queries that does not grow with the people."""
    registered = Member.objects.filter(merged_into=None)
    if communities is not None:
        registered = registered.filter(community__in=communities)
    yield from _shared_accounts(people, registered)
    new = [person for person in people if person.member.pk is None and person.member.id_number]
    if new:
        yield from _former_numbers(new, registered)
        yield from _namesakes(new, registered)


def _shared_accounts(people: list[Person], registered) -> Iterator[Doubt]:
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


def _former_numbers(new: list[Person], registered) -> Iterator[Doubt]:
    """Numbers that a registered person had until they were corrected."""
    indices = {blind_index(person.member.id_number): person for person in new}
    versions = Member.history.filter(id_number_index__in=indices).values_list("id_number_index", "id").distinct()
    former = dict(versions)
    names = dict(registered.filter(pk__in=former.values()).values_list("pk", "name"))
    for index, key in former.items():
        if key in names:
            message = _("%(name)s had this ID number until it was corrected; give the number of that record")
            yield Doubt(indices[index], "身份证号", message % {"name": names[key]})


def _namesakes(new: list[Person], registered) -> Iterator[Doubt]:
    """New people with the name of a registered or other new one, and the same birth date, phone or account."""
    by_name = defaultdict(list)
    for member in registered.filter(name__in={person.member.name for person in new}):
        by_name[member.name].append(member)
    earlier: dict[str, list[Person]] = defaultdict(list)
    for person in new:
        member = person.member
        reasons = [reason for other in by_name[member.name] for reason in _alike(member, other)]
        if reasons:
            message = _(
                "%(name)s is on the register under another ID number, with the same %(what)s; if it is the same "
                "person, correct the number on that record instead"
            )
            words = {"name": member.name, "what": _(", ").join(dict.fromkeys(reasons))}
            yield Doubt(person, "身份证号", message % words)
        for other in earlier[member.name]:
            if reasons := list(_alike(member, other.member)):
                message = _("row %(row)s has the same name and the same %(what)s under another ID number")
                words = {"row": str(other.first_row), "what": _(", ").join(reasons)}
                yield Doubt(person, "身份证号", message % words)
                break
        earlier[member.name].append(person)


def _alike(member: Member, other: Member) -> Iterator[str]:
    """In what else than the name they are alike, in words."""
    if member.id_number[6:14] == other.id_number[6:14]:
        yield _("birth date")
    if member.phone and member.phone == other.phone:
        yield _("phone")
    if member.account and member.account == other.account:
        yield _("bank account")
