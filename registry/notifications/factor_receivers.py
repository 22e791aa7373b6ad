"""Users are notified when others ask to remove their second factor, and when it is removed."""

from typing import Any

from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.access.factors import services as factors
from registry.models import Topic, User
from registry.notifications import services
from registry.notifications.kinds import Kind, declare, of_city


def _asked(user: User) -> str:
    factor = factors.waiting_removal(user)
    return f"{factor.removal_by} · {factor.removal_reason}" if factor else ""


def _removed(user: User) -> str:
    entry = factors.removals(user).first()
    return f"{entry.user or ''} · {entry.details.get('reason', '')}" if entry else ""


OWN: dict[str, Any] = {
    "model": User, "place": of_city, "is_personal": True, "url": lambda user: reverse("account"),
    "sees": lambda model, user: User.objects.filter(pk=user.pk),
}  # fmt: skip
ASKED = Kind(
    "own-factor-removal", topic=Topic.WAITS, details=_asked, **OWN,
    text=_("Somebody asked to remove your second factor. If it was not you, report it at once."),
)  # fmt: skip
REMOVED = Kind(
    "own-factor-removed", topic=Topic.DECIDED, details=_removed, **OWN,
    text=_("Your second factor was removed. If you did not ask for it, report it at once."),
)  # fmt: skip
declare(ASKED, REMOVED)


@receiver(factors.recorded)
def notify_of_a_removal(sender, *, user, what, actor, **_given) -> None:
    if what == factors.ASKED:
        services.notify(ASKED, user, [user])
    elif what.startswith("remov"):  # one that was asked for has ended
        services.settle(user, actor, at=clock.now(), moved=True)
        if what in factors.REMOVED and actor != user:
            services.notify(REMOVED, user, [user])
