"""The columns of the lists of corrections, holds and debts."""

from collections.abc import Collection
from decimal import Decimal

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock, shown, tables
from registry.people.registers.tables import ActColumn, CommunityColumn
from subsidies.explanations.changed_fact_texts import reasons
from subsidies.models import Correction, CorrectionState, Hold, Release, Stage

MEANINGS = {
    Stage.DECIDE: "you",
    Stage.FINANCE: "others",
    Stage.OPEN: "others",
    Stage.DEFERRED: "others",
    Stage.WRITTEN_OFF: "done",
    Stage.SETTLED: "done",
    Stage.LAPSED: "done",
}


def stage_badge(stage: str, asked: str = ""):
    word = str(Stage(stage).label)
    if asked:
        word = _("%(stage)s: %(asked)s") % {"stage": word, "asked": CorrectionState(asked).label}
    return shown.badge(MEANINGS[Stage(stage)], word)


class CorrectionTable(tables.Table):
    """Corrections; those in `decides` (subdistricts) and `stages` can be selected for the form below the list."""

    name = tables.Column(
        accessor="member", order_by=("member__pinyin", "member__name"), key=True, verbose_name=gettext_lazy("Name")
    )
    id_number = tables.MaskedColumn(accessor="member__id_number", verbose_name=gettext_lazy("ID number"))
    month = tables.MonthColumn(verbose_name=gettext_lazy("Month corrected"))
    community = CommunityColumn()
    was = tables.MoneyColumn(verbose_name=gettext_lazy("Decided and corrected before"))
    should_be = tables.MoneyColumn(verbose_name=gettext_lazy("Should be"))
    difference = tables.SignedColumn(verbose_name=gettext_lazy("Difference"))
    facts = tables.Column(
        verbose_name=gettext_lazy("What changed"), orderable=False, attrs={"td": {"class": "wide"}}, empty_values=()
    )
    stage = tables.Column(verbose_name=gettext_lazy("State"))
    settled = tables.SignedColumn(verbose_name=gettext_lazy("Settled"))
    carried = tables.SignedColumn(verbose_name=gettext_lazy("Carried forward"), orderable=False)
    decided_by = tables.Column(verbose_name=gettext_lazy("Decided by"))
    decided_at = tables.DayColumn(verbose_name=gettext_lazy("Decided at"))
    reason = tables.Column(verbose_name=gettext_lazy("Reason of the decision"), short=False)

    def __init__(self, *args, decides=frozenset(), stages=frozenset(), **kwargs):
        super().__init__(*args, **kwargs)
        self.decides, self.stages = decides, stages

    def render_name(self, record):
        link = format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.member.name)
        if record.stage not in self.stages or record.subdistrict_id not in self.decides:
            return link
        words = {"name": record.member.name, "month": date_format(record.month, "YEAR_MONTH_FORMAT")}
        label = _("Choose %(name)s, %(month)s") % words
        box = '<input class="form-check-input" type="checkbox" name="pk" value="{}" form="decide" aria-label="{}"> {}'
        return format_html(box, record.pk, label, link)

    def value_name(self, record):
        return record.member.name

    def render_facts(self, record):
        found = reasons(record)
        text = found[0]
        if len(found) > 1:
            text = _("%(first)s, and %(count)s more") % {"first": found[0], "count": len(found) - 1}
        below = format_html_join("", '<br><span class="muted">{}</span>', ((note,) for note in record.notes))
        return format_html("{}{}", text, below)

    def value_facts(self, record):
        return "; ".join([*reasons(record), *record.notes])

    def render_stage(self, record):
        return stage_badge(record.stage, record.asked)

    def value_stage(self, record):
        return str(Stage(record.stage).label)

    def render_carried(self, record):
        return shown.signed(record.carried) if record.stage == Stage.OPEN else "–"

    def value_carried(self, record):
        return record.carried if record.stage == Stage.OPEN else 0

    def render_decided_at(self, value):
        return shown.moment(value)


class HoldTable(tables.Table):
    """Holds; those of `held` (keys of members) with a link to release them."""

    name = tables.Column(
        accessor="member", order_by=("member__pinyin", "member__name"), key=True, verbose_name=gettext_lazy("Name")
    )
    community = CommunityColumn("member__community", verbose_name=gettext_lazy("Community of the record"))
    first_month = tables.MonthColumn(verbose_name=gettext_lazy("First month"))
    last_month = tables.MonthColumn(verbose_name=gettext_lazy("Last month"), empty_values=())
    reason = tables.Column(verbose_name=gettext_lazy("Reason"), short=False)
    by = tables.Column(verbose_name=gettext_lazy("Held by"))
    months = tables.NumberColumn(verbose_name=gettext_lazy("Months held on sheets"))
    state = tables.Column(accessor="pk", order_by=("release", "last_month"), verbose_name=gettext_lazy("State"))
    release_reason = tables.Column(verbose_name=gettext_lazy("Reason of the release"), short=False)
    released_by = tables.Column(verbose_name=gettext_lazy("Released by"))
    act = ActColumn()

    def __init__(self, *args, held=frozenset(), today=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.held, self.today = held, today

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', record.member.get_absolute_url(), record.member.name)

    def value_name(self, record):
        return record.member.name

    def render_last_month(self, value):
        return date_format(value, "YEAR_MONTH_FORMAT") if value else _("until released")

    def value_last_month(self, value):
        return f"{value:%Y-%m}" if value else ""

    def _state(self, record: Hold) -> tuple[str, str]:
        if record.release == Release.PAY:
            return "done", _("released, what was held is paid")
        if record.release:
            return "done", _("released, what was held is not paid")
        if record.last_month and record.last_month < self.today.replace(day=1):
            return "you" if record.member_id in self.held else "others", _("over: to be released, paid or not")
        return "others", _("on hold")

    def render_state(self, record):
        return shown.badge(*self._state(record))

    def value_state(self, record):
        return self._state(record)[1]

    def render_act(self, record):
        if record.release or record.member_id not in self.held:
            return ""
        return format_html('<a href="{}">{}</a>', reverse("hold-release", args=[record.pk]), _("Release"))


class DebtTable(tables.Table):
    """One corrected month of a person for whom no month will come."""

    name = tables.Column(
        accessor="member", order_by=("member__pinyin", "member__name"), key=True, verbose_name=gettext_lazy("Name")
    )
    community = CommunityColumn()
    month = tables.MonthColumn(verbose_name=gettext_lazy("Month corrected"))
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
        return (clock.today() - timezone.localtime(value).date()).days

    value_age = render_age

    def render_stage(self, record):
        return shown.badge(*debt_stage(record))

    def value_stage(self, record):
        return debt_stage(record)[1]


def debt_stage(record: Correction) -> tuple[str, str]:
    """How far a debt is repaid: how that concerns the reader (shown.SIGNS), and the words for it."""
    match record.stage:
        case Stage.OPEN if record.coming:
            return "you", _("%(yuan)s yuan to be recovered by sheets to come") % {"yuan": shown.money(record.coming)}
        case Stage.OPEN if record.repaid:
            return "you", _("partly repaid")
        case Stage.OPEN:
            return "you", _("owed")
        case Stage.SETTLED:
            return "done", _("repaid in full")
    meaning = "done" if record.stage in (Stage.LAPSED, Stage.WRITTEN_OFF) else "you"
    return meaning, str(Stage(record.stage).label)


def _total(table, bound_column) -> str:
    return shown.signed(sum((bound_column.accessor.resolve(row) for row in table.data), Decimal(0)))


class ChosenTable(tables.Table):
    """Corrections that are decided together, with the total of their differences."""

    name = tables.Column(
        accessor="member__name", key=True, linkify=True, footer=gettext_lazy("Total"), verbose_name=gettext_lazy("Name")
    )
    community = tables.Column(accessor="community__name", verbose_name=gettext_lazy("Community"))
    month = tables.MonthColumn(verbose_name=gettext_lazy("Month corrected"))
    was = tables.MoneyColumn(verbose_name=gettext_lazy("Decided and corrected before"))
    should_be = tables.MoneyColumn(verbose_name=gettext_lazy("Should be"))
    difference = tables.SignedColumn(footer=_total, verbose_name=gettext_lazy("Difference"))

    def has_footer(self):
        return len(self.rows) > 1

    def render_difference(self, record, value):
        below = format_html_join("", '<br><small class="muted">{}</small>', ((note,) for note in record.notes))
        return format_html("{}{}", shown.signed(value), below)


class SettlementTable(tables.Table):
    """The sheets that settled a part of a correction."""

    sheet = tables.Column(accessor="line__sheet", key=True, linkify=True, verbose_name=gettext_lazy("Sheet"))
    state = tables.PartColumn(
        "subsidies/month/_state.html", lambda record: {"sheet": record.line.sheet}, verbose_name=gettext_lazy("State")
    )
    amount = tables.SignedColumn(verbose_name=gettext_lazy("Amount"))


class DecisionTable(tables.Table):
    at = tables.MomentColumn(attrs=tables.KEY, verbose_name=gettext_lazy("When"))
    who = tables.Column(verbose_name=gettext_lazy("Who"))
    word = tables.Column(verbose_name=gettext_lazy("What"))
    difference = tables.SignedColumn(verbose_name=gettext_lazy("Difference"))
    reason = tables.Column(short=False, verbose_name=gettext_lazy("Reason"))


class OwedTable(tables.Table):
    """The corrected months that one person owes or owed."""

    month = tables.MonthColumn(attrs=tables.KEY, linkify=True, verbose_name=gettext_lazy("Month corrected"))
    community = tables.Column(accessor="community__name", verbose_name=gettext_lazy("Community"))
    difference = tables.SignedColumn(verbose_name=gettext_lazy("Difference"))
    settled = tables.SignedColumn(verbose_name=gettext_lazy("Settled"))
    repaid = tables.MoneyColumn(verbose_name=gettext_lazy("Repaid"))
    debt = tables.MoneyColumn(verbose_name=gettext_lazy("Owed"))
    stage = tables.Column(short=False, verbose_name=gettext_lazy("State"))

    def render_stage(self, record):
        badge = shown.badge(*debt_stage(record))
        return format_html('{} <span class="muted">{}</span>', badge, record.document) if record.document else badge


class RepaymentTable(tables.Table):
    """Repayments; `reversible` are the keys of those that the user may reverse."""

    day = tables.DayColumn(attrs=tables.KEY, verbose_name=gettext_lazy("Day"))
    amount = tables.SignedColumn(verbose_name=gettext_lazy("Amount"))
    month = tables.MonthColumn(accessor="correction__month", verbose_name=gettext_lazy("Month corrected"))
    method = tables.Column(verbose_name=gettext_lazy("Method"))
    voucher = tables.Column(short=False, verbose_name=gettext_lazy("Voucher number"))
    note = tables.Column(short=False, verbose_name=gettext_lazy("Note"))
    by = tables.Column(verbose_name=gettext_lazy("Recorded by"))
    act = ActColumn()

    def __init__(self, data, *, reversible: Collection[int]):
        super().__init__(data)
        self.reversible = reversible

    def render_act(self, record):
        if record.reverses_id or hasattr(record, "reversal"):
            word = _("reverses an entry") if record.reverses_id else _("reversed")
            return format_html('<span class="muted">{}</span>', word)
        if record.pk in self.reversible:
            return format_html('<a href="{}">{}…</a>', reverse("repayment-reverse", args=[record.pk]), _("Reverse"))
        return ""


class NoticeTable(tables.Table):
    number = tables.Column(key=True, linkify=True, verbose_name=gettext_lazy("Number"))
    day = tables.DayColumn(verbose_name=gettext_lazy("Issued on"))
    amount = tables.MoneyColumn(verbose_name=gettext_lazy("Amount"))
    pay_by = tables.DayColumn(verbose_name=gettext_lazy("To be paid by"))
    by = tables.Column(verbose_name=gettext_lazy("Issued by"))


class HeldTable(tables.Table):
    """The months of one hold."""

    month = tables.MonthColumn(attrs=tables.KEY, verbose_name=gettext_lazy("Month"))
    sheet = tables.PartColumn(
        "subsidies/month/_state.html", lambda record: {"sheet": record["sheet"]}, verbose_name=gettext_lazy("Sheet")
    )
    amount = tables.MoneyColumn(verbose_name=gettext_lazy("By today's register"))
    why = tables.Column(short=False, verbose_name=gettext_lazy("Remarks"))

    def render_sheet(self, record, value, column, table):
        return column.render(record, table) if value else format_html('<span class="muted">{}</span>', _("no line yet"))
