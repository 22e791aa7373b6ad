"""The digest of a day: what a user has not read since the digest before, as one message by mail."""

from collections import defaultdict
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext, override

from registry.models import Delivery, Notification, NotificationSettings, Pace
from registry.notifications import deliveries
from registry.notifications.services import shown
from registry.records import locks

TIME = time(8, 0)
DAY = timedelta(days=1)


def queue(now: datetime) -> int:
    """Queue each user's digest of the day up to this morning, once; how many."""
    today = timezone.localdate(now)
    end = timezone.make_aware(datetime.combine(today, TIME))
    if now < end:
        return 0
    with transaction.atomic(), override(settings.LANGUAGE_CODE):
        locks.hold(locks.NOTIFICATIONS)
        done = Delivery.objects.filter(digest_of=today).values("user")
        wanted = NotificationSettings.objects.exclude(mail="").exclude(user__in=done).filter(user__is_active=True)
        users = {each.user: each.topics(Pace.DAILY) for each in wanted.select_related("user")}
        rows: dict[int, list[Notification]] = defaultdict(list)
        for row in Notification.objects.unread().filter(user__in=users, at__gt=end - DAY, at__lte=end):
            rows[row.user_id].append(row)
        found = []
        for user, topics in users.items():
            seen = [each for each in shown(user, rows[user.pk]) if each.kind and each.kind.topic in topics]
            if seen:
                lines = [f"· {each.text}" for each in seen]
                title = ngettext("%(count)s unread message", "%(count)s unread messages", len(seen))
                text = "\n".join([title % {"count": len(seen)}, *lines, deliveries.link(reverse("notifications"))])
                found.append(Delivery(user=user, text=text, digest_of=today, at=now, next_at=now))
        return len(Delivery.objects.bulk_create(found))
