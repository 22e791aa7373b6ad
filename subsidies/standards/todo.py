"""To-do lines of Standards: drafts to be put into force."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from registry.models import User
from registry.records.todo import Line, Urgency, source
from subsidies.models import Standard, Standing


@source(16, needs="subsidies.adopt_standard")
def lines(user: User, today: date) -> Iterator[Line]:
    """The drafts of other users, who may not put their own into force."""
    for draft in Standard.objects.filter(state=Standing.DRAFT).exclude(drafted_by=user):
        words = {"standard": draft, "month": date_format(draft.effective_month, "YEAR_MONTH_FORMAT")}
        text = _("Standard “%(standard)s”, to hold from %(month)s on, waits to be put into force") % words
        yield Line(Urgency.YOU, text, reverse("standard-adopt", args=[draft.pk]), _("Look at it"))
