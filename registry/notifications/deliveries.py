"""What is sent outside: queued with the notification, claimed by one run alone, tried again after growing pauses.

Nothing in it is personal: the words of the kind with area and month, and a link that asks for the sign-in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib import clock
from jygroups.lib.outgoing import Unsent
from registry.models import Delivery, DeliveryState, Notification, NotificationSettings, Pace, Robot
from registry.notifications import adapters
from registry.notifications.kinds import Kind
from registry.records import locks

# After so long a failed attempt is repeated; after the last one it is given up. A run that dies leaves its message to
# the next attempt, so that it may arrive twice then; otherwise each arrives once.
PAUSES = [timedelta(minutes=minutes) for minutes in (2, 10, 60, 360, 1440)]


def link(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def queue(kind: Kind, rows: Sequence[Notification]) -> None:
    """Queue the notifications for users who want mail at once, and one for each robot of the place."""
    now, found = clock.now(), []
    wanted = NotificationSettings.objects.filter(user__in=[row.user_id for row in rows])
    at_once = {each.user_id for each in wanted if kind.topic in each.topics(Pace.AT_ONCE)}
    with override(settings.LANGUAGE_CODE):
        for row in rows:
            if row.user_id in at_once:
                text = f"{kind.words(row)}\n{link(row.get_absolute_url())}"
                found.append(Delivery(user_id=row.user_id, text=text, at=now, next_at=now))
        place = None if kind.is_of_city else rows[0].subdistrict_id
        text = f"{kind.words(rows[0])}\n{link(reverse('notifications'))}"
    if not kind.is_personal:
        robots = Robot.objects.filter(is_active=True, subdistrict=place)
        found += [Delivery(robot=robot, text=text, at=now, next_at=now) for robot in robots]
    Delivery.objects.bulk_create(found)


def send_due() -> Counter[str]:
    """Send what is due; the number of messages by state."""
    return Counter(send(delivery) for delivery in _claimed())


def _claimed() -> Iterator[Delivery]:
    """Each delivery that is due, claimed so that no other run takes it before its next attempt is due."""
    while True:
        with transaction.atomic():
            locks.hold(locks.NOTIFICATIONS)
            due = Delivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=clock.now())
            row = due.select_related("user", "robot").order_by("next_at", "pk").first()
            if row is None:
                return
            claim(row)
        yield row


def claim(row: Delivery) -> None:
    row.attempts += 1
    row.next_at = clock.now() + PAUSES[min(row.attempts, len(PAUSES)) - 1]
    row.save(update_fields=["attempts", "next_at"])


def send(row: Delivery) -> str:
    """Send the claimed delivery, outside any transaction, and note the outcome."""
    try:
        if row.robot:
            row.outcome = adapters.post(row.robot, row.text)
        else:
            row.outcome = _mail(row)
        row.state = DeliveryState.SENT
    except (Unsent, OSError) as error:
        row.outcome = str(error)[:200]
        row.state = DeliveryState.FAILED if row.attempts >= len(PAUSES) else DeliveryState.WAITING
    row.save(update_fields=["state", "outcome"])
    return row.state


def _mail(row: Delivery) -> str:
    wanted = NotificationSettings.objects.filter(user=row.user_id, user__is_active=True).exclude(mail="").first()
    if wanted is None:
        raise Unsent(_("the user has no address of mail any more"))
    EmailMessage(row.text.split("\n")[0], row.text, to=[wanted.mail]).send()
    return _("handed to the mail server")


def test(robot: Robot) -> Delivery:
    """Send a test message at once; it is not repeated."""
    now = clock.now()
    with override(settings.LANGUAGE_CODE):
        text = _("Test message of %(city)s, sent from the settings page.") % {"city": settings.CITY_NAME}
    row = Delivery.objects.create(robot=robot, text=text, at=now, next_at=now + PAUSES[-1], attempts=len(PAUSES))
    send(row)
    return row


def clear(now: datetime) -> None:
    """Delete what was read or sent long ago; what is unread stays."""
    edge = now - timedelta(days=settings.NOTIFICATION_DAYS)
    Notification.objects.filter(at__lt=edge).exclude(read_at=None).delete()
    Delivery.objects.filter(at__lt=edge).exclude(state=DeliveryState.WAITING).delete()
