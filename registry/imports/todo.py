"""Imports, and pasted rows that are not saved, as lines of the workbench."""

from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import ImportRun, PastedRows, User
from registry.records.todo import Line, Urgency, source


@source(40, needs="registry.import_appointment")
def imports(user: User, today: date) -> list[Line]:
    """Imports that somebody has to go on with: the user's own, and those of others in the same area."""
    lines = []
    found = list(ImportRun.objects.visible_to(user).needing_attention().select_related("uploaded_by"))
    for urgency, own in ((Urgency.YOU, True), (Urgency.OTHERS, False)):
        runs = [run for run in found if (run.uploaded_by_id == user.pk) is own]
        if len(runs) == 1:
            words = {"file": runs[0].name, "state": runs[0].get_state_display(), "user": runs[0].uploaded_by}
            text = _("Import of %(file)s by %(user)s: %(state)s") % words
            lines.append(Line(urgency, text, runs[0].get_absolute_url(), _("Go on") if own else _("See")))
        elif runs:
            text = ngettext("%(count)s import not finished", "%(count)s imports not finished", len(runs))
            lines.append(Line(urgency, text % {"count": len(runs)}, reverse("imports"), _("See")))
    return lines


@source(41, needs="registry.import_appointment")
def pasted_rows(user: User, today: date) -> list[Line]:
    """Rows that the user has pasted and not saved."""
    path = ("group__committee__community", "committee__community")
    found = PastedRows.objects.unsaved(user).select_related(*path)
    newest = {rows.place: rows for rows in reversed(found)}
    return [
        Line(
            Urgency.YOU,
            _("Pasted rows not saved: %(body)s") % {"body": rows.place},
            rows.get_absolute_url(),
            _("Go on"),
        )
        for rows in newest.values()
    ]
