"""Wrong passwords: a name is locked for the address they come from, so that nobody elsewhere can keep its owner out.

Each five in a row lock it, the first time for 15 minutes and then twice as long each time. An address from which many
come, whatever the names, is locked as a whole. Of IPv6 the first 64 bits count as the address: one line has all that
begin with them. During the lock of a name its owner signs in with the password and a code of the second factor at once
(factors.views.sign_in).
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_interface

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Sum
from django.db.models.functions import Mod
from django.http import HttpRequest

from jygroups.lib import chain, clock
from jygroups.lib.counts import count

FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=15), timedelta(hours=4)
TRIES = 10  # of password and code at once, of one name from one address, within FIRST_LOCK
LOCKS = 5  # from the fifth on all are the longest


def lock_after(failures: int) -> timedelta:
    """How long so many wrong passwords in a row, a multiple of AXES_FAILURE_LIMIT, lock a name."""
    times = failures // settings.AXES_FAILURE_LIMIT
    return min(FIRST_LOCK * 2 ** (min(times, LOCKS) - 1), LONGEST_LOCK)


class Handler(AxesDatabaseHandler):
    """Axes with a lock that grows, and with one for addresses."""

    def user_login_failed(self, sender, credentials, request=None, **kwargs):
        """Keep whether it was locked before this try, which may be the one that locks."""
        request.was_locked_out = request.axes_locked_out
        super().user_login_failed(sender, credentials, request, **kwargs)

    def get_failures(self, request, credentials=None) -> int:
        """Wrong passwords since the last lock ended; AXES_FAILURE_LIMIT while it lasts."""
        limit, now = settings.AXES_FAILURE_LIMIT, request.axes_attempt_time or clock.now()
        if is_address_locked(request.axes_ip_address, now):
            return limit
        [attempts] = self.get_user_attempts(request, credentials)
        found = attempts.aggregate(count=Sum("failures_since_start"), last=Max("attempt_time"))
        failures, last = found["count"] or 0, found["last"]
        if failures % limit or not failures:
            return failures % limit
        return limit if last + lock_after(failures) > now else 0


def is_refused(request) -> bool:
    """Whether a sign-in failed only since a lock lasted."""
    return getattr(request, "was_locked_out", getattr(request, "axes_locked_out", False))


def counted(address: str | None) -> str:
    """The address for which a failure counts: of IPv6 that of the network of 64 bits; empty for none."""
    one = chain.address(address) or ""
    is_of_line = ":" in one and one != "::1"
    return str(ip_interface(f"{one}/64").network.network_address) if is_of_line else one


def counted_of(request: HttpRequest) -> str:
    """For AXES_CLIENT_IP_CALLABLE."""
    return counted(request.META.get("REMOTE_ADDR"))


def is_address_locked(address: str | None, now: datetime | None = None) -> bool:
    """Whether too many failures came lately from the address. One of this machine is that of a proxy, and never is."""
    address = counted(address)
    if not address or ip_address(address).is_loopback:
        return False
    lately = AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=(now or clock.now()) - FIRST_LOCK)
    return (lately.aggregate(count=Sum("failures_since_start"))["count"] or 0) >= settings.FAILURES_PER_ADDRESS


@transaction.atomic
def count_for_address(address: str) -> None:
    """A failure that counts for the address and for no name. Each minute has a row, so that each ends by itself."""
    now = clock.now()
    row, _created = AccessAttempt.objects.select_for_update().get_or_create(
        username="",
        ip_address=counted(address),
        user_agent=f"{now:%Y-%m-%d %H:%M %z}",
        defaults={"failures_since_start": 0, "attempt_time": now},
    )
    AccessAttempt.objects.filter(pk=row.pk).update(failures_since_start=F("failures_since_start") + 1, attempt_time=now)


def is_name_tried_too_often(name: str, address: str) -> bool:
    """Count a try of password and code at once; whether there were more than TRIES of the name from the address."""
    key = hashlib.sha256(f"{counted(address)} {name}".encode()).hexdigest()
    return count(f"tries-{key}", int(FIRST_LOCK.total_seconds())) > TRIES


def is_locked() -> Exists:
    """For a list of users: whether the name is locked at this moment for some address."""
    now, limit = clock.now(), settings.AXES_FAILURE_LIMIT
    locked = Q(count__gte=limit * LOCKS, last__gt=now - LONGEST_LOCK)
    for failures in range(limit, limit * LOCKS, limit):
        locked |= Q(count=failures, last__gt=now - lock_after(failures))
    tries = (
        AccessAttempt.objects.filter(username=OuterRef("username"), attempt_time__gt=now - settings.AXES_COOLOFF_TIME)
        .order_by()
        .values("username", "ip_address")
        .annotate(
            count=Sum("failures_since_start"), last=Max("attempt_time"), rest=Mod(Sum("failures_since_start"), limit)
        )
    )
    return Exists(tries.filter(locked, rest=0))
