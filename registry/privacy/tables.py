"""The columns of the lists about personal data."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from jygroups.lib import tables
from registry.models import AuditEntry, Erasure, ErasureState, Member
from registry.privacy.queries import reasons
from registry.records.audit import in_words

STATES = {
    ErasureState.PROPOSED: "you",
    ErasureState.AGREED: "others",
    ErasureState.REFUSED: "wrong",
    ErasureState.DONE: "done",
}


class OverTable(tables.Table):
    """People whose period is over; with what keeps them, where anything does."""

    name = tables.Column(verbose_name=gettext_lazy("Name"), key=True, order_by="pinyin")
    community = tables.Column(verbose_name=gettext_lazy("Community of the record"))
    since = tables.DayColumn(verbose_name=gettext_lazy("Left office on"))
    over = tables.DayColumn(accessor="since", verbose_name=gettext_lazy("Period over on"), orderable=False)
    state = tables.BadgeColumn(
        lambda row: (
            ("others", pgettext("retention", "kept")) if reasons(row) else ("you", pgettext("retention", "due"))
        ),
        verbose_name=gettext_lazy("State"),
        orderable=False,
    )
    reasons = tables.Column(
        accessor="pk", verbose_name=gettext_lazy("What keeps it"), orderable=False, short=False, empty_values=()
    )

    class Meta:
        model = Member
        fields = ("name", "community", "since", "over", "state", "reasons")

    def __init__(self, *args, period=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.period = period

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', reverse("member", args=[record.pk]), record.name)

    def value_name(self, record):
        return record.name

    def render_over(self, value):
        return self.period.ends(value).isoformat() if self.period else ""

    def render_reasons(self, record):
        return _("; ").join(reasons(record))


class ErasureTable(tables.Table):
    """Erasures proposed, refused and carried out."""

    created_at = tables.DayColumn(verbose_name=gettext_lazy("Proposed on"))
    rule = tables.Column(verbose_name=gettext_lazy("Rule"), short=False)
    count = tables.NumberColumn(verbose_name=pgettext_lazy("erasure", "Rows"))
    state = tables.BadgeColumn(
        lambda row: (STATES[row.state], row.get_state_display()), verbose_name=gettext_lazy("State")
    )
    proposed_by = tables.Column(verbose_name=gettext_lazy("Proposed by"))
    answered_by = tables.Column(verbose_name=gettext_lazy("Agreed or refused by"))
    done_at = tables.MomentColumn(verbose_name=gettext_lazy("Erased at"))

    class Meta:
        model = Erasure
        fields = ("created_at", "rule", "count", "state", "proposed_by", "answered_by", "done_at")

    def render_created_at(self, record, value):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), f"{value:%Y-%m-%d}")

    def value_created_at(self, value):
        return f"{value:%Y-%m-%d}"


class AccessTable(tables.Table):
    """Who saw or took what of whom."""

    at = tables.MomentColumn(verbose_name=gettext_lazy("When"))
    user = tables.Column(verbose_name=gettext_lazy("Who"), accessor="user__name", default=gettext_lazy("the system"))
    act = tables.Column(verbose_name=gettext_lazy("What"))
    whom = tables.Column(verbose_name=gettext_lazy("Of whom"), orderable=False, empty_values=())
    details = tables.Column(verbose_name=gettext_lazy("Details"), orderable=False, short=False)
    address = tables.Column(verbose_name=gettext_lazy("From where"))

    class Meta:
        model = AuditEntry
        fields = ("at", "user", "act", "whom", "details", "address")

    def render_whom(self, record):
        return record.whom or record.subject

    def render_details(self, value):
        return in_words(value)

    value_details = render_details
