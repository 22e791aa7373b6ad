"""The columns of the list of provisions."""

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from jygroups.lib import shown, tables
from registry.provisions.queries import EARLIER, IN_FORCE, TO_COME

# How each state concerns the reader, and its word.
STATES = {
    IN_FORCE: ("done", gettext_lazy("in force")),
    TO_COME: ("others", pgettext_lazy("provision", "to come")),
    EARLIER: ("others", gettext_lazy("in force before")),
}


class ProvisionTable(tables.Table):
    key = tables.Column(verbose_name=gettext_lazy("Provision"), key=True, orderable=False, short=False)
    words = tables.Column(verbose_name=gettext_lazy("Figure or text"), orderable=False, short=False)
    in_force_from = tables.DayColumn(verbose_name=gettext_lazy("In force from"), orderable=False, empty_values=())
    state = tables.Column(accessor="pk", verbose_name=gettext_lazy("State"), orderable=False)
    decided_by = tables.Column(accessor="pk", verbose_name=pgettext_lazy("provision", "Decided by"), orderable=False)
    clause = tables.Column(
        verbose_name=pgettext_lazy("provision", "Source"), orderable=False, attrs={"td": {"class": "reason"}}
    )
    acts = tables.Column(
        accessor="pk", verbose_name="", orderable=False, exclude_from_export=True, attrs={"td": {"class": "row-acts"}}
    )

    def __init__(self, *args, states: dict[int, str], may_change: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.states, self.may_change = states, may_change

    def render_in_force_from(self, value):
        return value.isoformat() if value else pgettext("provision", "always")

    def render_state(self, record):
        return shown.badge(*STATES[self.states[record.pk]])

    def value_state(self, record):
        return str(STATES[self.states[record.pk]][1])

    def render_decided_by(self, record):
        return _("the law") if record.declared.by_law else _("the city")

    def render_acts(self, record):
        links = []
        if self.may_change and not record.declared.by_law:
            if self.states[record.pk] == IN_FORCE:
                links.append((reverse("provision-add", args=[record.key]), pgettext("provision", "Change")))
            links.append((reverse("provision-edit", args=[record.pk]), _("Correct")))
        links.append((reverse("history", args=["provision", record.pk]), _("History")))
        return format_html_join(" ", '<a href="{}">{}</a>', links)
