"""The columns of the list of reports."""

from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock, tables
from registry.models import ReportState
from registry.people.registers.tables import CommunityColumn, GroupColumn

LONGEST = 24  # characters of what is the matter


def _state(report) -> tuple[str, str]:
    """How the state concerns the reader, and the word for it."""
    word = report.get_state_display()
    if report.is_late(clock.today()):
        return "wrong", _("%(state)s, late") % {"state": word}
    return ("done" if report.state == ReportState.CONFIRMED else "others"), word


class ReportTable(tables.Table):
    what = tables.Column(key=True, verbose_name=gettext_lazy("What is the matter"))
    kind = tables.Column(verbose_name=gettext_lazy("Kind"))
    severity = tables.Column(verbose_name=gettext_lazy("Severity"))
    state = tables.BadgeColumn(_state, verbose_name=gettext_lazy("State"))
    due = tables.DayColumn(accessor="due", order_by=("handle_by",), verbose_name=gettext_lazy("Deadline"))
    community = CommunityColumn("group__committee__community")
    group = GroupColumn()
    where = tables.Column(accessor="where", order_by=("building", "place"), verbose_name=gettext_lazy("Place"))
    reporter = tables.Column(accessor="reporter__name", verbose_name=gettext_lazy("Reported by"))
    handler = tables.Column(verbose_name=gettext_lazy("Who handles it"))
    noticed_on = tables.DayColumn(verbose_name=gettext_lazy("Noticed on"))
    reported_at = tables.MomentColumn(verbose_name=gettext_lazy("Reported at"))
    handled_at = tables.MomentColumn(verbose_name=gettext_lazy("Handled at"))
    outcome = tables.Column(short=False, verbose_name=gettext_lazy("Outcome"))

    def render_what(self, record, value):
        text = Truncator(value).chars(LONGEST)
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), text)

    def value_what(self, value):
        return value
