"""The columns of the audit log."""

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

from jygroups.lib.tables import Column, DayColumn, Table
from registry.models import AuditEntry
from registry.records.audit import in_words


class AuditTable(Table):
    at = DayColumn(verbose_name=gettext_lazy("When"), attrs={"th": {"class": "key"}, "td": {"class": "key digits"}})
    user = Column(verbose_name=gettext_lazy("Who"), accessor="user__name", default=gettext_lazy("the system"))
    act = Column(verbose_name=gettext_lazy("What"))
    subject = Column(verbose_name=gettext_lazy("On what"), short=False)
    details = Column(verbose_name=gettext_lazy("Details"), orderable=False, short=False)
    address = Column(verbose_name=gettext_lazy("From where"))

    class Meta:
        model = AuditEntry
        fields = ("at", "user", "act", "subject", "details", "address")

    def render_at(self, value):
        return f"{localtime(value):%Y-%m-%d %H:%M:%S}"

    def render_subject(self, value, record):
        whom = getattr(record, "whom", None)  # of audit.with_whom
        return f"{value} {whom}" if whom else value

    value_subject = render_subject

    def render_details(self, value):
        return in_words(value)

    value_at, value_details = render_at, render_details
