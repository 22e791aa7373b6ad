"""The demo's users have read their earlier notifications, and have new ones of what is overdue."""

from datetime import timedelta

from django.db.models import F

from jygroups.lib import clock
from registry.models import Notification
from registry.notifications import services

UNREAD = timedelta(days=4)  # so long ago they looked last


def look_through() -> None:
    for note in services.DUE:
        note(clock.today())
    Notification.objects.filter(at__lt=clock.now() - UNREAD, read_at=None).update(read_at=F("at"))
