"""The columns of the lists of meetings and of residents' representatives."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import tables
from registry.people.registers.tables import ActColumn, CommunityColumn, EditableTable, GroupColumn


class MeetingTable(tables.Table):
    name = tables.Column(verbose_name=gettext_lazy("Meeting"), order_by="kind", key=True)
    day = tables.DayColumn(verbose_name=gettext_lazy("Date"))
    kind = tables.Column(verbose_name=gettext_lazy("Kind"))
    community = CommunityColumn("committee__community")
    group = GroupColumn()
    place = tables.Column(verbose_name=gettext_lazy("Place"))
    chair = tables.Column(verbose_name=gettext_lazy("Chair"))
    came = tables.NumberColumn(verbose_name=gettext_lazy("Came / expected"))
    residents_came = tables.NumberColumn(verbose_name=gettext_lazy("Residents who came"))
    resolutions = tables.NumberColumn(
        accessor="resolution_count", order_by="resolution_count", verbose_name=gettext_lazy("Resolutions")
    )

    def render_name(self, record, value):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), value)

    def value_name(self, value):
        return value

    def render_resolutions(self, value):
        return value or "–"

    def render_came(self, record, value):
        return f"{value} / {record.expected}"

    def value_came(self, record, value):
        return f"{value}/{record.expected}"


class RepresentativeTable(EditableTable):
    name = tables.Column(verbose_name=gettext_lazy("Name"), key=True)
    household = tables.Column(verbose_name=gettext_lazy("Household"), short=False)
    community = CommunityColumn("group__committee__community")
    group = GroupColumn()
    term = tables.Column(verbose_name=gettext_lazy("Term"), accessor="term__ordinal", orderable=False)
    meeting = tables.DayColumn(accessor="meeting__day", verbose_name=gettext_lazy("Recommended on"))
    last_day = tables.DayColumn(verbose_name=gettext_lazy("Ended on"))
    act = ActColumn()

    def render_term(self, value):
        return _("term %(ordinal)s") % {"ordinal": value}

    def render_meeting(self, record, value):
        return format_html('<a href="{}">{}</a>', record.meeting.get_absolute_url(), value.isoformat())

    def value_meeting(self, value):
        return value.isoformat()

    def render_act(self, record):
        if record.group.committee.community_id not in self.editable:
            return ""
        return format_html('<a href="{}">{}</a>', reverse("representative-edit", args=[record.pk]), _("Edit"))
