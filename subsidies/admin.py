"""The admin of the money: Standards for repair; sheets and lines to read, since nothing closed is ever edited."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from jygroups.lib import id_numbers
from registry.admin import Scoped, ScopedAdmin
from subsidies.models import Rate, Sheet, SheetLine, Standard


class RateInline(admin.TabularInline):
    model = Rate
    extra = 0


@admin.register(Standard)
class StandardAdmin(ScopedAdmin):
    list_display = ["effective_month", "document", "yearly_increment", "reference_day", "service_basis"]
    search_fields = ["document"]
    inlines = [RateInline]

    def has_change_permission(self, request, obj=None):
        """A Standard is never edited once a sheet was computed by it."""
        used = obj is not None and obj.sheets.exists()
        return not used and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj) and super().has_delete_permission(request, obj)


@admin.register(Rate)
class RateAdmin(ScopedAdmin):
    list_display = ["standard", "position", "amount"]
    list_select_related = ["standard"]
    list_filter = ["position"]
    search_fields = ["standard__document"]


class ReadOnlyAdmin(Scoped):
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission


@admin.register(Sheet)
class SheetAdmin(ReadOnlyAdmin):
    list_display = ["month", "subdistrict", "state", "people", "net", "computed_at"]
    list_select_related = ["subdistrict"]
    list_filter = ["state", "subdistrict"]
    date_hierarchy = "month"
    search_fields = ["subdistrict__name"]


@admin.register(SheetLine)
class SheetLineAdmin(ReadOnlyAdmin):
    list_display = ["month", "name", "masked_id_number", "community", "position", "outcome", "net"]
    list_select_related = ["community"]
    list_filter = ["outcome", "position", "community__subdistrict"]
    date_hierarchy = "month"
    search_fields = ["name", "community__name"]

    @admin.display(description=_("ID number"))
    def masked_id_number(self, line):
        return id_numbers.masked(line.id_number)
