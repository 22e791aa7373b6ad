"""Notifying users of what changed for them, and what a user is shown of it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from registry.models import CITY_ROLES, Notification, Post, Topic, User
from registry.models.roles import roles_with
from registry.notifications import deliveries
from registry.notifications.kinds import KINDS, Kind
from registry.records import locks

# By topic how it concerns the reader, as badges have it, and in a word.
MARKS: dict[str, tuple[str, str | Promise]] = {
    Topic.WAITS: ("you", gettext_lazy("Waiting for you")),
    Topic.DECIDED: ("done", gettext_lazy("Has a result")),
    Topic.OVERDUE: ("wrong", gettext_lazy("Overdue")),
    Topic.BANK: ("wrong", gettext_lazy("Refused by the bank")),
}
RETURNED = "wrong", gettext_lazy("Returned")
READ = "others", gettext_lazy("Read")
GONE = "others", gettext_lazy("Not visible")
# What is due by a day of the calendar and not by an act: `send_notifications` calls each.
DUE: list[Callable[[date], None]] = []


def recipients(kind: Kind, record: Any, actor: User | None = None) -> list[User]:
    """The users to be notified, each of whom sees the record."""
    users = User.objects.filter(is_active=True)
    found = [user for user in _holders(kind, record) if user.has_perm(kind.asks or kind.recipients_have, record)]
    signers = {key for name in kind.signers if (key := getattr(record, f"{name}_id"))}
    found += [
        user for user in users.filter(pk__in=signers) if kind.sees(kind.model, user).filter(pk=record.pk).exists()
    ]
    return [user for user in dict.fromkeys(found) if user != actor]


def _holders(kind: Kind, record: Any) -> Iterable[User]:
    """The active users whose post at the place, or at the city, has the kind's permission."""
    if not kind.recipients_have:
        return []
    at = Q(role__in=CITY_ROLES) | kind.place(record).posts
    posts = Post.objects.held_on(clock.today()).filter(at, role__in=roles_with(kind.recipients_have))
    excluded = kind.steps[kind.next].excluded(record, kind.steps) if kind.next else set()
    return User.objects.filter(is_active=True, pk__in=posts.values("user")).exclude(pk__in=excluded).order_by("pk")


@transaction.atomic
def notify(
    kind: Kind, record: Any, users: Iterable[User], *, at: datetime | None = None, once: bool = False
) -> list[Notification]:
    """Notify these users, but for those with an unread notification of it; `once`: but for those who ever had one."""
    locks.hold(locks.NOTIFICATIONS)
    place = kind.place(record)
    known = Notification.objects.of(record).filter(kind=kind.key)
    had = set((known if once else known.unread()).values_list("user", flat=True))
    rows = Notification.objects.bulk_create(
        Notification(
            user=user,
            kind=kind.key,
            model=record._meta.label_lower,
            key=record.pk,
            area=place.words,
            subdistrict=place.subdistrict,
            month=kind.month(record),
            at=at or clock.now(),
        )
        for user in users
        if user.pk not in had
    )
    if rows:
        deliveries.queue(kind, rows)
    return rows


def settle(record: Any, actor: User | None, *, at: datetime, moved: bool) -> None:
    """Mark as read what the actor has dealt with and, once the record has moved on, what waited for anybody."""
    mine = Q(user=actor) if actor else Q(pk=None)
    waited = [key for key, kind in KINDS.items() if kind.topic in (Topic.WAITS, Topic.OVERDUE)]
    done = mine | Q(kind__in=waited) if moved else mine
    Notification.objects.of(record).unread().filter(done).update(read_at=at)


@dataclass(frozen=True)
class ShownNotification:
    """A notification as its reader is shown it; without words and link where the reader does not see the record."""

    row: Notification
    kind: Kind | None = None
    text: str = ""
    details: str = ""
    url: str = ""

    @property
    def mark(self) -> tuple[str, str | Promise]:
        if self.kind is None:
            return GONE
        if self.row.read_at:
            return READ
        return RETURNED if self.kind.is_returned else MARKS[self.kind.topic]


def shown(user: User, rows: Iterable[Notification]) -> Iterator[ShownNotification]:
    """The user's notifications, with the records that the user sees today; one query for each model and rule."""
    rows = list(rows)
    keys: dict[Any, set[int]] = defaultdict(set)
    for row in rows:
        if kind := KINDS.get(row.kind):
            keys[kind.model, kind.sees, kind.related].add(row.key)
    records = {
        source: source[1](source[0], user).select_related(*source[2]).in_bulk(found) for source, found in keys.items()
    }
    for row in rows:
        kind = KINDS.get(row.kind)
        record = records[kind.model, kind.sees, kind.related].get(row.key) if kind else None
        if kind is None or record is None:
            yield ShownNotification(row, text=_("This is no longer yours to see."))
        else:
            yield ShownNotification(row, kind, kind.words(row), kind.details(record), kind.url(record))
