"""Erasures that wait, as lines of the workbench."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from registry.models import Erasure, ErasureState, User
from registry.privacy import services
from registry.provisions import retention
from registry.records.todo import Line, Urgency, source


@source(90, needs=services.AGREE)
def lines(user: User, today: date) -> Iterator[Line]:
    for row in Erasure.objects.filter(state__in=[ErasureState.PROPOSED]).select_related("proposed_by"):
        words = {"who": row.proposed_by, "rule": retention.rule_of(row.rule).what}
        is_own = row.proposed_by_id == user.pk
        text = _("%(who)s proposed to erase: %(rule)s") % words
        yield Line(Urgency.OTHERS if is_own else Urgency.YOU, text, row.get_absolute_url(), _("Check"))
