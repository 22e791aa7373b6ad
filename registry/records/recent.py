"""What was last changed in a user's area: the newest versions of its rows, those of one act shown together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from registry.models import Appointment, Building, EmploymentSpell, Member, Record, ResidentsGroup, User

SEARCHED = 100  # versions of each kind of rows: an act on more is shown as «100 and more»


class _Kind(NamedTuple):
    model: type[Record]
    related: tuple[str, ...]  # what the words and the page are made of
    sealed: tuple[str, ...]  # encrypted, and not opened for this
    subject: Callable[[Any], str]
    page: Callable[[Any], str]


_PERSON = ("id_number", "phone", "account")
_OF_MEMBER = tuple(f"member__{name}" for name in _PERSON)
KINDS = [
    _Kind(
        Appointment,
        ("member", "group__committee__community", "committee__community"),
        _OF_MEMBER,
        lambda row: f"{row.member.name} · {row.group or row.committee} {row.get_position_display()}",
        lambda row: row.member.get_absolute_url(),
    ),
    _Kind(Member, (), _PERSON, lambda row: row.name, lambda row: Member(pk=row.id).get_absolute_url()),
    _Kind(
        EmploymentSpell,
        ("member",),
        _OF_MEMBER,
        lambda row: row.member.name,
        lambda row: row.member.get_absolute_url(),
    ),
    _Kind(
        ResidentsGroup,
        ("committee__community",),
        (),
        lambda row: f"{row.committee.community.name}{row.name}",
        lambda row: ResidentsGroup(pk=row.id).get_absolute_url(),
    ),
    _Kind(
        Building,
        ("community", "group"),
        (),
        lambda row: f"{row.community.name}{row.name}",
        lambda row: (row.group or row.community).get_absolute_url(),
    ),
]


@dataclass(frozen=True)
class Change:
    """What somebody did to one row, or in one act to several rows of a kind; `url` leads to the row."""

    at: datetime
    who: str
    what: str
    subject: str
    reason: str
    url: str  # empty for several rows


def changes(user: User, most: int) -> list[Change]:
    """The newest changes first; one query for each kind of rows."""
    return sorted((each for kind in KINDS for each in _of(kind, user)), key=lambda each: each.at, reverse=True)[:most]


def _of(kind: _Kind, user: User) -> Iterator[Change]:
    rows = kind.model.history.filter(id__in=kind.model.objects.visible_to(user).values("pk"))  # type: ignore[attr-defined]
    rows = rows.select_related("history_user", *kind.related).defer(*kind.sealed).order_by("-history_id")
    for (_user, reason, act, _minute), versions in groupby(rows[:SEARCHED], _act):
        alike = list(versions)
        newest = alike[0]
        one = len(alike) == 1
        yield Change(
            newest.history_date,
            who=str(newest.history_user or _("the system")),
            what=_words(kind, act),
            subject=kind.subject(newest) if one else _count(len(alike)),
            reason=reason or "",
            url=kind.page(newest) if one else "",
        )


def _act(version) -> tuple:
    """Versions of one act: by the same user, for the same reason, in the same minute."""
    minute = version.history_date.replace(second=0, microsecond=0)
    return version.history_user_id, version.history_change_reason, version.history_type, minute


def _words(kind: _Kind, act: str) -> str:
    words = {"+": _("%(thing)s added"), "-": _("%(thing)s removed")}.get(act, _("%(thing)s changed"))
    return words % {"thing": kind.model._meta.verbose_name}


def _count(count: int) -> str:
    return (
        _("%(count)s or more rows") % {"count": count} if count == SEARCHED else _("%(count)s rows") % {"count": count}
    )
