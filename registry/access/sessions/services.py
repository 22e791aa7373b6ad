"""The sessions of a user: listed, and ended."""

import re
import time

from django.contrib.auth.signals import user_logged_in
from django.db.models import QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.access.sessions.store import ADDRESS, BEGAN, DEVICE
from registry.models import Session, User

# The first that is found in what a browser says of itself; the names of others stand in most of them.
BROWSERS = {
    "MicroMessenger": "微信", "DingTalk": "钉钉", "QQBrowser": "QQ浏览器", "360SE|360EE|QihooBrowser": "360",
    "HuaweiBrowser": "华为浏览器", "UCBrowser": "UC", "Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome",
    "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "HarmonyOS": "HarmonyOS", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows",
    "Mac OS": "macOS", "Linux": "Linux",
}  # fmt: skip


@receiver(user_logged_in)
def note_device(request, **kwargs) -> None:
    """A session keeps since when, from where and with what it is used."""
    request.session[BEGAN] = time.time()
    request.session[ADDRESS] = request.META.get("REMOTE_ADDR") or None
    request.session[DEVICE] = request.META.get("HTTP_USER_AGENT", "")[:300]


def open_sessions(user: User) -> QuerySet[Session]:
    return Session.objects.filter(user=user, expire_date__gt=clock.now())


def end(user: User, *, number: str) -> bool:
    """End the user's session that this number stands for; whether there was one."""
    keys = [each.session_key for each in open_sessions(user) if each.number == number]
    return bool(keys and Session.objects.filter(session_key__in=keys).delete()[0])


def end_all(user: User, *, but: str | None = None) -> int:
    """End all sessions of the user, but for the one with this key; how many there were."""
    return Session.objects.filter(user=user).exclude(session_key=but).delete()[0]


def device_in_words(device: str) -> str:
    """Chrome · Windows; as much of it as the browser says."""
    found = [
        next((name for pattern, name in names.items() if re.search(pattern, device)), "")
        for names in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or _("unknown device")
