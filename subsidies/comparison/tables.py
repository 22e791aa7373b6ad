"""The columns of the list of comparisons with old workbooks, and of one run's lines."""

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from jygroups.lib import shown, tables
from registry.people.registers.tables import CommunityColumn
from subsidies.models import ComparisonResult

# By kind, the urgency shown: errors of the old file, and lines that a user has to check.
MEANINGS = {
    ComparisonResult.AGREES: "done",
    ComparisonResult.CORRECTED: "others",
    ComparisonResult.HELD: "others",
    ComparisonResult.EMPLOYED: "wrong",
    ComparisonResult.CROSS_HOLDING: "wrong",
    ComparisonResult.ARITHMETIC: "wrong",
    ComparisonResult.DUPLICATE: "wrong",
    ComparisonResult.UNREADABLE: "wrong",
}


class ComparedColumn(tables.NumberColumn):
    def render(self, record, value):
        return value if record.is_compared else shown.badge("you", _("columns to choose"))

    def value(self, record, value):
        return value if record.is_compared else None


class RunTable(tables.Table):
    month = tables.MonthColumn(verbose_name=_("Month"), linkify=True, attrs=tables.KEY)
    area = tables.Column(verbose_name=_("Area"), order_by="subdistrict__code")
    name = tables.Column(short=False)
    column = tables.Column(verbose_name=_("Column of the amounts"))
    compared = ComparedColumn(verbose_name=_("People compared"))
    agreeing = tables.NumberColumn(verbose_name=_("Agreeing"))
    old = tables.MoneyColumn()
    ours = tables.MoneyColumn()
    difference = tables.SignedColumn(orderable=False, verbose_name=_("Difference (yuan)"))
    uploaded_by = tables.Column(order_by="uploaded_by__name")
    created_at = tables.MomentColumn(verbose_name=_("compared at"))


class LineTable(tables.Table):
    name = tables.Column(verbose_name=_("Name"), key=True, empty_values=())
    number = tables.NumberColumn(verbose_name=_("Row"), accessor="row", order_by=("sheet", "number"))
    id_number = tables.MaskedColumn(verbose_name=_("ID number"))
    community = CommunityColumn()
    kind = tables.BadgeColumn(
        lambda line: (MEANINGS.get(line.kind, "you"), line.get_kind_display()), verbose_name=_("Kind")
    )
    old = tables.MoneyColumn()
    ours = tables.MoneyColumn()
    difference = tables.SignedColumn(verbose_name=_("Difference (yuan)"))
    detail = tables.Column(verbose_name=_("Why"), orderable=False, attrs={"td": {"class": "reason"}})

    def render_name(self, record):
        if record.member:
            return format_html('<a href="{}">{}</a>', record.member.get_absolute_url(), record.name)
        return record.name or "–"

    def value_name(self, record):
        return record.name
