"""The columns of the lists of trainings and of who took part in them."""

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from jygroups.lib import tables
from registry.models import Activity, Member
from registry.people.registers.tables import CommunityColumn, PersonColumn
from registry.work.trainings import queries

STATES = [
    (queries.MISSED, _("missed all")),
    (queries.FEWER, _("came to fewer than needed")),
    (queries.WAITING, _("not invited to enough yet")),
    (queries.ENOUGH, _("came to enough")),
]
MEANINGS = {
    queries.MISSED: "wrong",
    queries.FEWER: "you",
    queries.WAITING: "others",
    queries.ENOUGH: "done",
}


class TrainingTable(tables.Table):
    title = tables.Column(key=True, verbose_name=_("Training"))
    day = tables.DayColumn(verbose_name=_("Date"))
    organiser = tables.Column(
        accessor="body", order_by=("subdistrict__code", "committee__community__code"), verbose_name=_("Organised by")
    )
    place = tables.Column(verbose_name=_("Place"))
    hours = tables.NumberColumn(verbose_name=_("Hours"))
    invited = tables.NumberColumn(verbose_name=_("Invited"))
    came = tables.NumberColumn(verbose_name=_("Came"))
    share = tables.NumberColumn(accessor="came", orderable=False, verbose_name=_("Attendance rate"))

    class Meta:
        model = Activity
        fields = ("title", "day", "organiser", "place", "hours", "invited", "came", "share")

    def render_title(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.name)

    def value_title(self, record):
        return record.name

    def render_share(self, record):
        return f"{100 * record.came // record.invited}%" if record.invited and record.came else "–"


class ParticipantTable(tables.Table):
    """People with the trainings they took part in; `wanted` is how many they should."""

    name = PersonColumn()
    community = CommunityColumn()
    offices = tables.Column(orderable=False, empty_values=(), verbose_name=_("Office"))
    invited = tables.NumberColumn(verbose_name=_("Invited"))
    came = tables.NumberColumn(verbose_name=_("Came"))
    hours = tables.NumberColumn(verbose_name=_("Hours"))
    state = tables.Column(orderable=False, empty_values=(), verbose_name=_("State"))

    def __init__(self, *args, wanted: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.wanted = wanted

    class Meta:
        model = Member
        fields = ("name", "community", "offices", "invited", "came", "hours", "state")

    def value_offices(self, record):
        return "; ".join(
            f"{office.group.name if office.group else ''}{office.get_position_display()}" for office in record.offices
        )

    render_offices = value_offices

    def _state(self, record) -> str:
        return queries.state_of(record.invited, record.came, self.wanted)

    def render_state(self, record):
        state = self._state(record)
        return render_to_string("components/badge.html", {"meaning": MEANINGS[state], "word": dict(STATES)[state]})

    def value_state(self, record):
        return str(dict(STATES)[self._state(record)])
