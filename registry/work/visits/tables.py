"""The columns of the list of visits."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock, shown, tables
from registry.models import VisitKind
from registry.people.registers.tables import CommunityColumn, GroupColumn

LONGEST = 24  # characters of what was said


class VisitTable(tables.Table):
    place = tables.Column(
        key=True, accessor="place", order_by=("building", "household"), verbose_name=gettext_lazy("Place")
    )
    day = tables.DayColumn(verbose_name=gettext_lazy("Day"))
    kind = tables.Column(verbose_name=gettext_lazy("Kind"))
    community = CommunityColumn("group__committee__community")
    group = GroupColumn()
    visitor = tables.Column(
        accessor="visitor__name", order_by=("visitor__pinyin",), verbose_name=gettext_lazy("Visitor")
    )
    said = tables.Column(short=False, verbose_name=gettext_lazy("What was said"))
    asked = tables.Column(short=False, verbose_name=gettext_lazy("What residents ask"))
    state = tables.Column(
        empty_values=(), accessor="due_on", order_by=("settled_on", "due_on"), verbose_name=gettext_lazy("Follow-up")
    )

    def render_place(self, record, value):
        return format_html('<a href="{}">{}</a>', reverse("visit", args=[record.pk]), value)

    def render_kind(self, value):
        return dict(VisitKind.choices).get(value, value)

    def render_said(self, value):
        return Truncator(value).chars(LONGEST)

    def render_asked(self, value):
        return Truncator(value).chars(LONGEST)

    def value_said(self, value):
        return value

    def value_asked(self, value):
        return value

    def render_state(self, record):
        word = self.value_state(record)
        if not word:
            return "–"
        late = record.is_overdue(clock.today())
        return shown.badge("wrong" if late else "others" if record.is_waiting else "done", word)

    def value_state(self, record):
        if not record.asked:
            return ""
        if record.settled_on:
            return _("settled")
        if record.due_on is None:
            return _("waiting for an answer")
        words = _("overdue since %(day)s") if record.is_overdue(clock.today()) else _("by %(day)s")
        return words % {"day": record.due_on.isoformat()}
