"""Transfers as lines of the workbench: what the reader is to answer, and what the other side has to."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from registry.models import Transfer, User
from registry.people.transfers import services
from registry.records.todo import FEW, Line, Urgency, source


@source(50)
def lines(user: User, today: date) -> Iterator[Line]:
    """The transfers that wait for the user's answer, then those that the user's side sent; the oldest first."""
    waiting = Transfer.objects.waiting().order_by("sent_at")
    waiting = waiting.select_related("member", "kept_by__subdistrict", "committee__community__subdistrict", "group")
    waiting = waiting.defer("member__id_number", "member__phone", "member__account")
    for row in waiting.visible_to(user, services.ANSWER)[:FEW]:
        words = {"name": row.member.name, "from": row.kept_by.subdistrict, "to": row.body_words}
        text = _("%(from)s wants to transfer %(name)s to %(to)s") % words
        yield Line(Urgency.YOU, text, row.get_absolute_url(), pgettext("transfer", "Answer"))
    for row in waiting.visible_to(user, services.SEND)[:FEW]:
        words = {"name": row.member.name, "area": row.committee.community.subdistrict}
        text = _("The transfer of %(name)s waits for %(area)s") % words
        yield Line(Urgency.OTHERS, text, row.get_absolute_url(), _("See"))
