"""The columns of the list of debts."""

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import shown, tables
from registry.people.registers.tables import CommunityColumn
from subsidies.models import Stage
from subsidies.month.tables import MonthColumn, badge


class DebtTable(tables.Table):
    """One corrected month of a person for whom no month will come."""

    name = tables.Column(
        accessor="member", order_by=("member__pinyin", "member__name"), key=True, verbose_name=gettext_lazy("Name")
    )
    community = CommunityColumn()
    month = MonthColumn(verbose_name=gettext_lazy("Month corrected"))
    difference = tables.MoneyColumn(verbose_name=gettext_lazy("Paid too much"), order_by=("-difference",))
    settled = tables.MoneyColumn(verbose_name=gettext_lazy("Recovered by sheets"))
    repaid = tables.MoneyColumn(verbose_name=gettext_lazy("Repaid"))
    owed = tables.MoneyColumn(accessor="debt", verbose_name=gettext_lazy("Owed"), orderable=False)
    decided_at = tables.DayColumn(verbose_name=gettext_lazy("Owed since"))
    age = tables.NumberColumn(
        accessor="decided_at", verbose_name=gettext_lazy("Age in days"), order_by=("-decided_at",)
    )
    stage = tables.Column(verbose_name=gettext_lazy("State"), orderable=False)
    document = tables.Column(verbose_name=gettext_lazy("Document of the write-off"), short=False)

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', reverse("debt", args=[record.member_id]), record.member.name)

    def value_name(self, record):
        return record.member.name

    def render_difference(self, value):
        return shown.money(-value)

    def value_difference(self, value):
        return -value

    def render_settled(self, value):
        return shown.money(-value)

    def value_settled(self, value):
        return -value

    def render_decided_at(self, value):
        return shown.day(timezone.localtime(value).date())

    def value_decided_at(self, value):
        return timezone.localtime(value).date()

    def render_age(self, value):
        return (timezone.localdate() - timezone.localtime(value).date()).days

    value_age = render_age

    def render_stage(self, record):
        meaning = "done" if record.stage in (Stage.SETTLED, Stage.LAPSED, Stage.WRITTEN_OFF) else "you"
        return badge(meaning, self.value_stage(record))

    def value_stage(self, record):
        match record.stage:
            case Stage.OPEN if record.coming:
                return _("%(yuan)s yuan to be recovered by sheets to come") % {"yuan": shown.money(record.coming)}
            case Stage.OPEN if record.repaid:
                return _("partly repaid")
            case Stage.OPEN:
                return _("owed")
            case Stage.SETTLED:
                return _("repaid in full")
        return str(Stage(record.stage).label)
