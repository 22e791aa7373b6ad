"""The columns of the list of transfers."""

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import shown, tables
from registry.people.transfers import services


class TransferTable(tables.Table):
    name = tables.Column(
        accessor="member__name",
        verbose_name=gettext_lazy("Name"),
        key=True,
        linkify=lambda record: record.get_absolute_url(),
    )
    office_words = tables.Column(verbose_name=gettext_lazy("Office given up"), orderable=False, short=False)
    to = tables.Column(accessor="body_words", verbose_name=gettext_lazy("Receiving body"), orderable=False, short=False)
    position = tables.Column(verbose_name=gettext_lazy("Position there"))
    first_day = tables.DayColumn(verbose_name=gettext_lazy("First day there"))
    state = tables.Column(verbose_name=gettext_lazy("State"))
    sent_by = tables.Column(verbose_name=gettext_lazy("Sent by"))
    ended_by = tables.Column(verbose_name=gettext_lazy("Answered or withdrawn by"))

    @cached_property
    def answered(self) -> set[int]:
        """The communities for which the reader answers."""
        return self.request.user.community_keys(services.ANSWER)

    def render_state(self, record, value):
        mine = record.is_waiting and record.committee.community_id in self.answered
        return shown.badge("you", _("Waiting for you")) if mine else shown.badge(record.meaning, value)

    def value_state(self, value):
        return value
