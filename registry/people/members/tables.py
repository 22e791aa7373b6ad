"""The tables of a member's page, and of the people found by the search."""

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock, shown, tables
from registry.people.registers.tables import ActColumn, AppointmentTable, OfficesColumn, PersonColumn, link


class OfficesTable(AppointmentTable):
    """The offices of one person."""

    body = tables.Column(key=True, verbose_name=gettext_lazy("Body"))
    last_day = tables.DayColumn(empty_values=(), verbose_name=gettext_lazy("Last day in office"))
    history = ActColumn(verbose_name=gettext_lazy("History"))
    needs = {"history": "registry.view_history"}

    class Meta:
        sequence = ("body", "position", "first_day", "last_day", "end_reason", "term", "history")
        exclude = ("name", "community", "group", "basis", "employed", "id_number", "account", "note")

    def render_body(self, record):
        community, group = record.committee.community, record.group
        if group:
            return link(group.get_absolute_url(), f"{community.name} {group.name}")
        if not self.request.user.has_perm("registry.view_community"):
            return community.name
        return link(community.get_absolute_url(), " ".join((community.name, _("residents' committee"))))

    def render_last_day(self, record):
        if record.last_day or not record.covers(clock.today()):
            return shown.day(record.last_day) or "–"
        return shown.badge("done", _("in office"))

    def render_history(self, record):
        return link(reverse("history", args=["appointment", record.pk]), _("History"))


class EmploymentTable(tables.Table):
    employer = tables.Column(key=True, verbose_name=gettext_lazy("Employer"))
    kind = tables.Column(verbose_name=gettext_lazy("Kind"))
    first_day = tables.DayColumn(default=gettext_lazy("unknown"), verbose_name=gettext_lazy("First day"))
    last_day = tables.DayColumn(default=gettext_lazy("until now"), verbose_name=gettext_lazy("Last day"))
    evidence = tables.Column(short=False, verbose_name=gettext_lazy("Evidence"))
    effect = tables.Column(accessor="pk", short=False, verbose_name=gettext_lazy("What it means"))
    act = ActColumn()

    def __init__(self, *args, may_employ: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.may_employ = may_employ

    def render_effect(self, record):
        return _("not paid now") if record.covers(clock.today()) else _("not paid on these days")

    def render_act(self, record):
        acts = [("employment-end", _("End"))] if not record.last_day else []
        acts += [("employment-edit", _("Edit")), ("employment-remove", _("Delete"))]
        links = [(reverse(name, args=[record.pk]), word) for name, word in acts if self.may_employ]
        links.append((reverse("history", args=["employment", record.pk]), _("History")))
        return format_html_join(" · ", '<a href="{}">{}</a>', links)


class FoundTable(tables.Table):
    """The people whom words find, with what of their names it was."""

    name = PersonColumn()
    offices = OfficesColumn(default=gettext_lazy("not in office"))
    id_number = tables.MaskedColumn(verbose_name=gettext_lazy("ID number"))
    community = tables.Column(accessor="community__name", verbose_name=gettext_lazy("Community of the record"))
    needs = {"id_number": "registry.view_community"}

    def __init__(self, *args, words: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.words = words

    def render_name(self, record):
        return link(record.get_absolute_url(), shown.highlight(record.name, self.words))
