"""The names that a placeholder of a template may have, and where the value of each comes from.

A name is a part and a field in Chinese, such as 居民小组.名称. It stands in files that people keep, so it is part of a
format: tests/registry/documents/test_fields.py lists them all. Other apps add theirs with `add`, in modules fields.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from jygroups.lib import clock, shown
from jygroups.lib.encryption import EncryptedField
from registry.models import Appointment, Building, Community, Member, Position, ResidentsGroup, Subdistrict, User

Value = str | int | float  # a float is an amount of money, in yuan
LIST = pgettext_lazy("part of a document", "list")
PERSON = pgettext_lazy("part of a document", "person")
NAME = gettext_lazy("name")


@dataclass(frozen=True)
class Target:
    """What a document is filled for, as far as it is one place or person, with what lies within it today."""

    user: User
    offices: Sequence[Appointment]  # in order; each with `is_employed`
    buildings: Sequence[Building]
    communities: int
    groups: int
    subdistrict: Subdistrict | None = None
    community: Community | None = None
    group: ResidentsGroup | None = None
    member: Member | None = None

    @property
    def committee(self):
        return getattr(self.community, "committee", None)

    @property
    def office(self) -> Appointment | None:
        """The first office of the person."""
        return self.offices[0] if self.member and self.offices else None


@dataclass(frozen=True)
class Field:
    """A placeholder's name, and its value of what the attribute `of` of the target is; of the target itself without.

    One of the list takes an office instead, one with `by_member` takes nothing: it gives the values of all people of
    the target by their keys, and in the list stands in the first row of each person.
    """

    part: str | Promise
    label: str | Promise
    value: Callable[[Any], Value] = str
    of: str = ""
    is_whole: bool = False  # a whole ID, phone or account number
    by_member: Callable[[Target], Mapping[int, Value]] | None = None
    example: str = ""  # shown beside the name

    @property
    def name(self) -> str:
        return f"{self.part}.{self.label}"

    @property
    def is_listed(self) -> bool:
        return str(self.part) == str(LIST)

    def values(self, target: Target) -> dict[int, Value]:
        """For a field of the list, by the office's key; for another one its only value, under 0, or nothing."""
        if self.by_member:
            by_member = dict(self.by_member(target))
            if self.is_listed:  # once a person, at the first office: a total counts nobody twice
                return {each.pk: by_member.pop(each.member_id, "") for each in target.offices}
            return {0: by_member.get(target.member.pk, "")} if target.member else {}
        if self.is_listed:
            return {each.pk: self.value(each) for each in target.offices}
        about = getattr(target, self.of) if self.of else target
        return {} if about is None else {0: self.value(about)}


def in_words(record, name: str) -> str:
    """A field of the record as papers show it."""
    value = shown.fact(record, name)[1]
    return "" if value is None else str(value)


def _day(value) -> str:
    return date_format(value, "DATE_FORMAT") if value else ""


def _age(member: Member) -> Value:
    return "" if member.birth_date is None else clock.full_years(member.birth_date, clock.today())


def _holder(position: Position) -> Callable[[Any], Value]:
    """Of a committee or a group, who holds the position today; empty for nobody."""

    def name(body) -> Value:
        held = body.appointments.in_office(clock.today()).filter(position=position).select_related("member")
        return "、".join(office.member.name for office in held)

    return name


def _of_member(value: Callable[[Member], Value]) -> Callable[[Any], Value]:
    return lambda office: value(office.member)


_number, _day_part = pgettext_lazy("part of a document", "number"), pgettext_lazy("part of a document", "day")
_group, _committee = gettext_lazy("residents' group"), gettext_lazy("residents' committee")
_buildings = gettext_lazy("buildings")
OF_PLACES = [
    Field(
        pgettext_lazy("part of a document", "city"), NAME, lambda target: settings.CITY_NAME, example=settings.CITY_NAME
    ),
    Field(gettext_lazy("subdistrict"), NAME, of="subdistrict", example="和平街道"),
    Field(
        gettext_lazy("subdistrict"),
        gettext_lazy("statistics code"),
        lambda area: area.code,
        "subdistrict",
        example="620299001",
    ),
    Field(gettext_lazy("community"), NAME, of="community", example="光明社区"),
    Field(
        gettext_lazy("community"),
        gettext_lazy("statistics code"),
        lambda area: area.code,
        "community",
        example="620299001001",
    ),
    Field(_committee, NAME, of="committee", example="光明社区居民委员会"),
    Field(
        _committee,
        pgettext_lazy("in a document", "director"),
        _holder(Position.DIRECTOR),
        "committee",
        example="王秀英",
    ),
    Field(
        _committee,
        pgettext_lazy("in a document", "supervisory director"),
        _holder(Position.SUPERVISION_DIRECTOR),
        "committee",
        example="李建国",
    ),
    Field(_group, NAME, of="group", example="第一居民小组"),
    Field(_group, pgettext_lazy("in a document", "leader"), _holder(Position.GROUP_LEADER), "group", example="张桂兰"),
    Field(
        _group,
        _buildings,
        lambda target: "、".join(each.name for each in target.buildings if target.group),
        example="1号楼、2号楼",
    ),
    Field(_number, gettext_lazy("communities"), lambda target: target.communities, example="1"),
    Field(_number, gettext_lazy("residents' groups"), lambda target: target.groups, example="5"),
    Field(
        _number,
        gettext_lazy("people in office"),
        lambda target: len({each.member_id for each in target.offices}),
        example="21",
    ),
    Field(_number, _buildings, lambda target: len(target.buildings), example="46"),
    Field(
        _number,
        gettext_lazy("households"),
        lambda target: sum(each.households or 0 for each in target.buildings),
        example="1860",
    ),
    Field(
        _day_part, pgettext_lazy("in a document", "today"), lambda target: _day(clock.today()), example="2024年5月20日"
    ),
    Field(_day_part, pgettext_lazy("in a document", "year"), lambda target: clock.today().year, example="2024"),
    Field(_day_part, pgettext_lazy("in a document", "month"), lambda target: clock.today().month, example="5"),
    Field(
        pgettext_lazy("part of a document", "filled in by"),
        gettext_lazy("full name"),
        lambda target: target.user.name,
        example="李建国",
    ),
]


EXAMPLES = {  # of a person, by the field of the record
    "name": "王秀英", "id_number": "620299195803120028", "phone": "13800000000", "bank": "农业银行",
    "account": "6228480000000000018", "source": "居民", "sex": "女", "birth_date": "1958年3月12日",
}  # fmt: skip


def _of_people() -> list[Field]:
    """Of a person: alone, and in the list, where it is the office's."""
    own: list[tuple[Any, Callable[[Member], Value], bool, str]] = [
        (
            field.verbose_name,
            partial(in_words, name=field.name),
            isinstance(field, EncryptedField),
            EXAMPLES.get(field.name, ""),
        )
        for field in Member._meta.concrete_fields
        if field.name in Member.entered()
    ]
    own += [
        (
            Member._meta.get_field("sex").verbose_name,
            lambda member: str(member.get_sex_display()),
            False,
            EXAMPLES["sex"],
        ),
        (
            Member._meta.get_field("birth_date").verbose_name,
            lambda member: _day(member.birth_date),
            False,
            EXAMPLES["birth_date"],
        ),
        (gettext_lazy("Age"), _age, False, "66"),
    ]
    of_office: list[tuple[Any, Callable[[Any], Value], str]] = [
        (gettext_lazy("position"), lambda office: office.get_position_display(), "居民小组长"),
        (gettext_lazy("first day in office"), lambda office: _day(office.first_day), "2021年1月5日"),
        (
            gettext_lazy("employment"),
            lambda office: _("employed") if office.is_employed else _("not employed"),
            "非在职",
        ),
        (gettext_lazy("community"), lambda office: office.committee.community.name, "光明社区"),
        (gettext_lazy("residents' group"), lambda office: office.group.name if office.group else "", "第一居民小组"),
    ]
    return [
        *(Field(PERSON, label, value, "member", whole, example=example) for label, value, whole, example in own),
        *(Field(PERSON, label, value, "office", example=example) for label, value, example in of_office),
        *(
            Field(LIST, label, _of_member(value), is_whole=whole, example=example)
            for label, value, whole, example in own
        ),
        *(Field(LIST, label, value, example=example) for label, value, example in of_office),
    ]


# The number of the row in the list is counted when it is filled.
ORDINAL = Field(LIST, gettext_lazy("ordinal"), lambda office: 0, example="1")
_FIELDS = [*OF_PLACES, ORDINAL, *_of_people()]


def add(*fields: Field) -> None:
    """Add fields of another app; when the site starts."""
    _FIELDS.extend(fields)


@cache
def known() -> dict[str, Field]:
    """All fields by their name in Chinese, in the order in which they are shown."""
    with override(shown.LANGUAGE):
        return {each.name: each for each in _FIELDS}


def listed() -> str:
    """What the names of the list begin with."""
    with override(shown.LANGUAGE):
        return f"{LIST}."


def nearest(name: str) -> list[str]:
    """The known names that an unknown one may stand for, at most three: those of the same field before others."""
    label = name.rpartition(".")[2]
    same = [each for each in known() if each.rpartition(".")[2] == label]
    return same[:3] if len(same) > 1 else same or get_close_matches(name, known(), 1, 0.5)


def asked_of(names: Sequence[str]) -> set[str]:
    """Of what the fields are: attributes of the target, such as group or member."""
    return {known()[name].of for name in names if name in known()} - {""}


def is_whole(names: Sequence[str]) -> bool:
    """Whether one of the fields is a whole ID, phone or account number."""
    return any(known()[name].is_whole for name in names if name in known())
