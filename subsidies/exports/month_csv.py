"""The month as a csv that other systems read: a line for each person considered."""

from collections.abc import Iterable

from django.utils.translation import override
from import_export.fields import Field
from import_export.resources import ModelResource

from jygroups.lib.months import Month
from jygroups.lib.sheets import CSV
from registry.models import Position
from subsidies.explanations.decisions import reason
from subsidies.models import Sheet, SheetLine

LANGUAGE = "zh-hans"  # of the file, for every user
MONEY = ("rate", "increment", "gross", "adjustment", "net")


class MonthResource(ModelResource):
    """SheetLine as the csv's columns; the header is a contract."""

    month = Field()
    subdistrict_code = Field("sheet__subdistrict__code")
    community_code = Field("community__code")
    community = Field("community__name")
    group = Field("group__name")
    position = Field()
    deemed_start = Field()
    full_years = Field()
    rate = Field()
    increment = Field()
    gross = Field()
    adjustment = Field()
    net = Field()
    reason = Field()

    class Meta:
        model = SheetLine
        fields = export_order = (
            "month", "subdistrict_code", "community_code", "community", "group", "name", "id_number", "position",
            "deemed_start", "full_years", "rate", "increment", "gross", "adjustment", "net", "outcome", "reason",
        )  # fmt: skip

    def dehydrate_month(self, line: SheetLine) -> str:
        return str(Month.of(line.month))

    def dehydrate_position(self, line: SheetLine) -> str:
        return str(Position(line.position).label) if line.position else ""

    def dehydrate_deemed_start(self, line: SheetLine) -> str:
        return line.deemed_start.isoformat() if line.deemed_start else ""

    def dehydrate_full_years(self, line: SheetLine) -> str:
        return "" if line.full_years is None else str(line.full_years)

    def dehydrate_reason(self, line: SheetLine) -> str:
        return reason(line.outcome)

    def export_field(self, field, instance, **kwargs):
        name = self.get_field_name(field)
        if name in MONEY:
            amount = getattr(instance, name)
            return "" if amount is None else f"{amount:.2f}"
        return super().export_field(field, instance, **kwargs)


def month_csv(sheets: Iterable[Sheet]) -> bytes:
    """The lines of these sheets of one month, in order of subdistrict; the same bytes from the same lines."""
    lines = SheetLine.objects.filter(sheet__in=sheets).select_related("sheet__subdistrict", "community", "group")
    with override(LANGUAGE):
        dataset = MonthResource().export(lines.order_by("sheet__subdistrict__code", "ordinal"))
    return CSV().export_data(dataset)
