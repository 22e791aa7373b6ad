"""The audit log, to read."""

import django_filters
from django.utils.translation import gettext_lazy

from registry.models import Act, AuditEntry, User
from registry.records.audit import with_whom
from registry.records.audit_tables import AuditTable
from registry.records.filters import Choice, DayFilter
from registry.records.list_pages import ListPage


class AuditFilter(django_filters.FilterSet):
    """Who, what, and from which day to which, both inclusive."""

    user = django_filters.ModelChoiceFilter(
        queryset=User.objects.all(), label=gettext_lazy("Who"), empty_label=gettext_lazy("all")
    )
    act = Choice(choices=Act, label=gettext_lazy("What"))
    subject = django_filters.CharFilter(lookup_expr="icontains", label=gettext_lazy("On what"))
    since = DayFilter(field_name="at", lookup_expr="date__gte", label=gettext_lazy("From day"))
    until = DayFilter(field_name="at", lookup_expr="date__lte", label=gettext_lazy("To day"))

    class Meta:
        model = AuditEntry
        fields: list[str] = []


class Log(ListPage):
    """Who did what, when and from where: what leaves no version of a row."""

    model = AuditEntry
    permission_required = "registry.view_auditentry"
    table_class = AuditTable
    filterset_class = AuditFilter
    title = gettext_lazy("Audit log")
    empty = gettext_lazy("Nothing has been logged yet.")

    def get_queryset(self):
        return with_whom(super().get_queryset()).select_related("user")
