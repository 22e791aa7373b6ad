"""Sign-ins, sign-outs, failures and locks, by whatever way, in the audit log.

Only within a request: what tests and commands do without one is no sign-in of a person. Anybody may fail, so failures
and locks of one name at one address are logged once a minute, with how many were not, and during a lock not at all.
"""

import hashlib

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import cache
from django.dispatch import receiver
from django.utils.translation import gettext as _

from jygroups.lib import client
from registry.access.sign_in_limits import counted, is_refused
from registry.models import Act, User
from registry.records import audit

LONGEST_NAME = 150
ENTRY_SECONDS, COUNTED_SECONDS = 60, 24 * 3600


def _record(act: str, subject: str, user: User | None = None, **details: str) -> None:
    if client.address() is not None:
        audit.record(act, subject, user=user, **details)


@receiver(user_logged_in)
def signed_in(sender, request, user, **kwargs) -> None:
    _record(Act.SIGN_IN, user.username, user, **_way(request))


@receiver(user_logged_out)
def signed_out(sender, request, user, **kwargs) -> None:
    if user is not None:
        _record(Act.SIGN_OUT, user.username, user)


@receiver(user_login_failed)
def failed(sender, credentials, request=None, **kwargs) -> None:
    if not is_refused(request):
        record_sometimes(Act.SIGN_IN_FAILED, credentials.get("username"), **_way(request))


@receiver(user_locked_out)
def locked(sender, username=None, request=None, **kwargs) -> None:
    if not is_refused(request):
        record_sometimes(Act.LOCKED, username)


def _way(request) -> dict[str, str]:
    """How somebody signed in or tried to, where not by the password and then a second factor."""
    way = getattr(request, "sign_in_way", "")
    return {"what": way} if way else {}


def record_sometimes(act: str, username: str | None, **details) -> None:
    """An entry, unless there was one less than ENTRY_SECONDS ago; then it is counted for the next one."""
    if (address := client.address()) is None:
        return
    address = counted(address)
    subject = _known(username)
    key = f"{act}-{hashlib.sha256(f'{address} {subject} {details}'.encode()).hexdigest()}"
    if not cache.add(key, True, ENTRY_SECONDS):
        cache.add(f"{key}-left-out", 0, COUNTED_SECONDS)
        cache.incr(f"{key}-left-out")
        return
    left_out = cache.get(f"{key}-left-out", 0)
    cache.delete(f"{key}-left-out")
    audit.record(act, subject, **details, **({"left_out": left_out} if left_out else {}))


def _known(username: str | None) -> str:
    """The name of a user; of nobody's the name is not kept, since a password may have been typed there."""
    name = str(username or "")[:LONGEST_NAME]
    return name if name and User.objects.filter(username=name).exists() else _("unknown name")
