"""The tables of a community's page."""

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import shown, tables
from registry.people.registers.tables import ActColumn, AppointmentTable, link


class GroupsOfCommunity(tables.Table):
    name = tables.Column(key=True, linkify=True, verbose_name=gettext_lazy("Residents' group"))
    leader = tables.Column(verbose_name=gettext_lazy("Group leader"))
    people = tables.NumberColumn(verbose_name=gettext_lazy("In office"))
    covered = tables.NumberColumn(verbose_name=gettext_lazy("Buildings"))
    households = tables.NumberColumn(verbose_name=gettext_lazy("Households"))
    findings = tables.Column(short=False, empty_values=(None, []), verbose_name=gettext_lazy("To be corrected"))

    def render_findings(self, value):
        badges = (shown.badge("wrong" if each.kind.is_breach else "you", each.word) for each in value)
        return format_html_join(" ", "{}", zip(badges, strict=True))


class RosterTable(AppointmentTable):
    """Who is in office in one body."""

    stipend = ActColumn(verbose_name=gettext_lazy("Stipend"))
    needs = {"stipend": "subsidies.view_sheet"}

    class Meta:
        sequence = ("name", "position", "id_number", "first_day", "employed", "account", "stipend")
        exclude = ("community", "group", "last_day", "end_reason", "term", "basis", "note")

    def render_stipend(self, record):
        return link(reverse("newest-line", args=[record.member_id]), f"{_('Why so much')} ›")
