"""Findings: what is missing or wrong in the registry, as the packages' checks report it.

A package declares its kinds of finding and the checks that report them in its checks.py; these are imported when the
app starts (registry/apps.py).
"""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from registry.models import User


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of finding; the smaller `rank`, the more urgent it is and the earlier it is shown."""

    key: str
    rank: int
    word: Promise
    several: Promise  # what several of them are called together, with %(count)s
    act: Promise  # what is to be done
    is_breach: bool = False  # whether a rule is broken already, rather than something coming or missing
    fixed_by_group: str = ""  # the permission with which the group's own people fix it

    def together(self, count: int) -> str:
        """«5 offices held on after their term»."""
        return self.several % {"count": count}


@dataclass(frozen=True)
class Finding:
    """One thing missing or wrong: where, what, the page on which it is fixed, the keys of its community and group."""

    kind: Kind
    place: str
    text: str  # goes on from the place: 第三居民小组 只有2人(应为3—5人)
    url: str
    community: int
    group: int | None = None

    @property
    def word(self) -> str:
        return str(self.kind.word)

    @property
    def sentence(self) -> str:
        return _("%(place)s %(text)s") % {"place": self.place, "text": self.text}


Find = Callable[[User, date], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """`find` reports findings of the kinds in the user's area, to a user with any of the permissions `needs`."""

    find: Find
    kinds: tuple[Kind, ...]
    needs: tuple[str, ...]


CHECKS: list[Check] = []
KINDS: list[Kind] = []  # of all checks, the most urgent first


def check(*kinds: Kind, needs: Iterable[str] = ()) -> Callable[[Find], Find]:
    """Register the decorated function as the check that reports the kinds, by community within each.

    Without `needs` the visible rows alone decide.
    """

    def register(find: Find) -> Find:
        CHECKS.append(Check(find, kinds, tuple(needs)))
        for kind in kinds:
            insort(KINDS, kind, key=lambda each: each.rank)
        return find

    return register


def findings(user: User, day: date) -> list[Finding]:
    """All findings of the day that the user sees, the most urgent first, each kind by community."""
    found = [
        finding
        for check in CHECKS
        if not check.needs or any(user.has_perm(permission) for permission in check.needs)
        for finding in check.find(user, day)
    ]
    return sorted(found, key=lambda finding: finding.kind.rank)
