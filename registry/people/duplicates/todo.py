"""Pairs of people to decide on, as a line of the workbench."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import Member, User
from registry.people.duplicates import likeness, services
from registry.records.todo import Line, Urgency, source


@source(45, needs=services.DECIDE)
def lines(user: User, today: date) -> Iterator[Line]:
    """How many pairs the user has to decide on; at the city those that no one subdistrict can."""
    visible = Member.objects.visible_to(user)
    if count := len(likeness.everyone(visible, services.decides(user))):
        text = ngettext(
            "Whether two records are one person is undecided: %(count)s pair",
            "Whether two records are one person is undecided: %(count)s pairs",
            count,
        )
        yield Line(Urgency.YOU, text % {"count": count}, reverse("duplicates"), _("Decide"))
