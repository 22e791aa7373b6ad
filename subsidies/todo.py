"""What the month asks for: sheets that are not computed, and drafts that the registry has gone past."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.months import Month
from registry.models import Subdistrict, User
from registry.todo import Line, Meaning
from subsidies.freshness import changed_people
from subsidies.models import Sheet
from subsidies.permissions import subdistricts


def lines(user: User, month: Month) -> list[Line]:
    """What is to be done about the month, for the user or by others."""
    sheets = {
        sheet.subdistrict_id: sheet for sheet in Sheet.objects.visible_to(user).of(month).select_related("subdistrict")
    }
    computes = {area.pk for area in subdistricts(user, "subsidies.prepare_sheet")}
    changed = changed_people(user, list(sheets.values()))
    return [
        line
        for area in Subdistrict.objects.visible_to(user)
        for line in _of(area, month, sheets.get(area.pk), changed, area.pk in computes)
    ]


def _of(area: Subdistrict, month: Month, sheet: Sheet | None, changed, computes: bool) -> Iterator[Line]:
    words = {"area": area.name, "month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}
    meaning = Meaning.YOU if computes else Meaning.OTHERS
    if sheet is None:
        text = _("%(area)s, %(month)s: the stipends are not computed yet") % words
        yield Line(meaning, text, reverse("months"), _("Compute") if computes else _("See"))
    elif count := changed[sheet.pk]:
        text = ngettext(
            "%(area)s, %(month)s: the records of %(count)s person were changed after the draft was computed",
            "%(area)s, %(month)s: the records of %(count)s people were changed after the draft was computed",
            count,
        )
        act = _("Compute anew") if computes else _("See")
        yield Line(meaning, text % {**words, "count": count}, sheet.get_absolute_url(), act)
