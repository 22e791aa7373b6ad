"""Transfers as lines of the workbench: what the reader is to answer, and what the other side has to."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from registry.compliance.todo import FEW, Line, Meaning
from registry.models import Transfer, User
from registry.people.transfers import services


def lines(user: User) -> Iterator[Line]:
    """The transfers that wait for the user's answer, then those that the user's side sent; the oldest first."""
    waiting = Transfer.objects.waiting().order_by("sent_at")
    waiting = waiting.select_related("member", "kept_by__subdistrict", "committee__community__subdistrict", "group")
    waiting = waiting.defer("member__id_number", "member__phone", "member__account")
    for row in waiting.visible_to(user, services.ANSWER)[:FEW]:
        words = {"name": row.member.name, "from": row.kept_by.subdistrict, "to": row.body_words}
        text = _("%(from)s wants to transfer %(name)s to %(to)s") % words
        yield Line(Meaning.YOU, text, row.get_absolute_url(), pgettext("transfer", "Answer"))
    for row in waiting.visible_to(user, services.SEND)[:FEW]:
        words = {"name": row.member.name, "area": row.committee.community.subdistrict}
        text = _("The transfer of %(name)s waits for %(area)s") % words
        yield Line(Meaning.OTHERS, text, row.get_absolute_url(), _("See"))
