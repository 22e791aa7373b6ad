"""Second factors whose removal waits for a second person, as lines of the workbench."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from registry.models import SecondFactor, User
from registry.records.todo import Line, Urgency, source


@source(46, needs="registry.agree_post")
def lines(user: User, today: date) -> Iterator[Line]:
    """Those that the user answers, and those that the user asked for."""
    factors = SecondFactor.objects.visible_to(user).select_related("user", "removal_by").order_by("removal_at", "pk")
    for factor in factors:
        text = _("%(who)s asked to remove the second factor of %(user)s: it takes effect once a second person agrees")
        words = {"who": factor.removal_by, "user": factor.user}
        is_own = factor.removal_by_id == user.pk
        page = reverse(f"factor-removal-{'refuse' if is_own else 'agree'}", args=[factor.pk])
        urgency = Urgency.OTHERS if is_own else Urgency.YOU
        yield Line(urgency, text % words, page, _("Withdraw") if is_own else _("Check"))
