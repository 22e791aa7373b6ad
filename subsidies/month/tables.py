"""The tables of a sheet's pages, of deadlines and seals, and of one person's months."""

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import shown, tables
from registry.people.registers.tables import ActColumn, link

AMOUNT = tables.NUMBER | {"a": {"class": "amount", "tabindex": "-1"}}  # leads to its explanation


def _line_url(record) -> str:
    return (record["line"] if isinstance(record, dict) else record.line).get_absolute_url()


class LineRows(tables.Table):
    """Rows with a `line` of a sheet each."""

    name = tables.Column(accessor="line__name", key=True, linkify=_line_url, verbose_name=gettext_lazy("Name"))
    community = tables.Column(accessor="line__community__name", verbose_name=gettext_lazy("Community"))
    group = tables.Column(accessor="line", verbose_name=gettext_lazy("Residents' group"))

    def __init__(self, data, **kwargs):
        super().__init__(data, **{"attrs": {"class": "list list-dense cards"}, **kwargs})

    def render_group(self, value):
        return value.group.name if value.group else _("Residents' committee")


class UnusualTable(LineRows):
    position = tables.Column(accessor="line", verbose_name=gettext_lazy("Position"))
    net = tables.MoneyColumn(accessor="line__net", linkify=_line_url, attrs=AMOUNT, verbose_name=gettext_lazy("Net"))
    detail = tables.Column(short=False, verbose_name=gettext_lazy("What is unusual"))

    def render_position(self, value):
        return value.get_position_display() or value.get_outcome_display()


class ChangeTable(LineRows):
    detail = tables.Column(short=False, verbose_name=gettext_lazy("What changed"))
    before = tables.MoneyColumn(verbose_name=gettext_lazy("Before"))
    after = tables.MoneyColumn(verbose_name=gettext_lazy("After"))
    difference = tables.SignedColumn(linkify=_line_url, attrs=AMOUNT, verbose_name=gettext_lazy("Difference"))


class UnpaidTable(LineRows):
    """People of whom `line` is the line, or for someone who has none the member."""

    community = tables.Column(accessor="community__name", verbose_name=gettext_lazy("Community"))
    id_number = tables.MaskedColumn(accessor="line__id_number", verbose_name=gettext_lazy("ID number"))
    offices = tables.Column(short=False, verbose_name=gettext_lazy("Offices held"))
    why = tables.Column(short=False, verbose_name=gettext_lazy("Why not"))

    class Meta:
        exclude = ("group",)


class OutdatedTable(LineRows):
    """People whose line would differ, by drift.py."""

    name = tables.Column(
        accessor="line__name",
        key=True,
        linkify=lambda record: reverse("member", args=[record.line.member_id]),
        verbose_name=gettext_lazy("Name"),
    )
    was = tables.Column(short=False, verbose_name=gettext_lazy("On the draft"))
    now = tables.Column(short=False, verbose_name=gettext_lazy("If computed now"))
    touches = tables.Column(short=False, empty_values=(), verbose_name=gettext_lazy("Who changed what"))

    class Meta:
        exclude = ("group",)

    def render_now(self, record):
        if record.was != record.now:
            return record.now
        return format_html('<span class="muted">{}</span>', _("the amount as before; name, account or service changed"))

    def render_touches(self, value):
        if not value:
            return format_html('<span class="muted">{}</span>', _("the rules or the day changed, not the record"))
        row = '<div><span class="digits">{}</span> {}</div>'
        texts = ((shown.moment(each.at)[5:], " · ".join(filter(None, [f"{each.who} · {each.what}", each.reason])))
                 for each in value)  # fmt: skip
        return format_html_join("", row, texts)


class DeadlineTable(tables.Table):
    month = tables.Column(key=True, accessor="month__in_words", verbose_name=gettext_lazy("Month"))
    confirm = tables.DayColumn(accessor="days__0", verbose_name=gettext_lazy("Communities confirm by"))
    submit = tables.DayColumn(accessor="days__1", verbose_name=gettext_lazy("The subdistrict submits by"))
    approve = tables.DayColumn(accessor="days__2", verbose_name=gettext_lazy("Finance approves by"))
    own = tables.Column(verbose_name=gettext_lazy("Kind"))
    act = ActColumn(accessor="month")
    needs = {"act": "subsidies.change_deadlines"}

    def render_own(self, value):
        return _("its own") if value else format_html('<span class="muted">{}</span>', _("usual"))

    def render_act(self, value):
        return link(reverse("month-deadlines", args=[value]), _("Set"))


class SealTable(tables.Table):
    """The sealed sheets of a subdistrict; `broken`, once they are verified, is what does not match, by sheet."""

    month = tables.MonthColumn(attrs=tables.KEY, linkify=True, verbose_name=gettext_lazy("Month"))
    state = tables.Column(verbose_name=gettext_lazy("State"))
    people = tables.NumberColumn(verbose_name=gettext_lazy("Number paid"))
    net = tables.MoneyColumn(verbose_name=gettext_lazy("Net (yuan)"))
    approved = tables.ByColumn("approved_by", "approved_at", verbose_name=gettext_lazy("Approved"))
    seal = tables.DayColumn(verbose_name=gettext_lazy("Seal"))
    previous_seal = tables.DayColumn(empty_values=(None,), verbose_name=gettext_lazy("Seal before"))
    verified = tables.Column(accessor="pk", short=False, verbose_name=gettext_lazy("Verified"))

    def __init__(self, data, *, broken: dict | None, **kwargs):
        super().__init__(data, exclude=("verified",) if broken is None else (), **kwargs)
        self.broken = broken or {}

    def render_seal(self, value):
        return format_html("<code>{}…</code>", value[:12])

    def render_previous_seal(self, value):
        return self.render_seal(value) if value else format_html('<span class="muted">{}</span>', _("first"))

    def render_verified(self, value):
        if value not in self.broken:
            return shown.badge("done", _("whole"))
        texts = (
            (format_html("{} {} · ", each.line.ordinal, link(each.line.get_absolute_url(), each.line.name))
             if each.line else "", each.text)
            for each in self.broken[value]
        )  # fmt: skip
        return shown.badge("wrong", _("not as sealed")) + format_html_join("", "<div>{}{}</div>", texts)


class MonthsTable(tables.Table):
    """One person's lines by month, with the stage of arrivals.staged."""

    month = tables.MonthColumn(attrs=tables.KEY, linkify=True, verbose_name=gettext_lazy("Month"))
    position = tables.Column(accessor="pk", verbose_name=gettext_lazy("Position"))
    full_years = tables.NumberColumn(verbose_name=gettext_lazy("Full years"))
    rate = tables.MoneyColumn(verbose_name=gettext_lazy("Rate"))
    increment = tables.MoneyColumn(verbose_name=gettext_lazy("Increment"))
    gross = tables.MoneyColumn(verbose_name=gettext_lazy("Gross"))
    adjustment = tables.MoneyColumn(verbose_name=gettext_lazy("Adjustment"))
    net = tables.MoneyColumn(verbose_name=gettext_lazy("Net"))
    state = tables.PartColumn(
        "subsidies/month/_line_state.html", lambda record: {"line": record}, verbose_name=gettext_lazy("State")
    )
    why = ActColumn(verbose_name=gettext_lazy("Explanation"))

    def render_position(self, record):
        return record.get_position_display() or record.get_outcome_display()

    def render_why(self, record):
        return link(record.get_absolute_url(), _("Why so much"))
