"""The tables of payments, of the bank's answers, and of bank templates."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jygroups.lib import shown, tables
from jygroups.lib.months import Month
from registry.people.registers.tables import ActColumn, link
from subsidies.models import BankFileKind


def _payment_url(record) -> str:
    return reverse("payment", args=[record["month"], record["sheet"].subdistrict.code])


class MonthTable(tables.Table):
    """The approved sheets with the number of people in each stage."""

    month = tables.Column(
        accessor="month__in_words", key=True, linkify=_payment_url, verbose_name=gettext_lazy("Month")
    )
    subdistrict = tables.Column(accessor="sheet__subdistrict__name", verbose_name=gettext_lazy("Subdistrict"))
    state = tables.PartColumn(
        "subsidies/bank/_payment_state.html", lambda record: record, verbose_name=gettext_lazy("State")
    )
    due = tables.MoneyColumn(accessor="due__yuan", verbose_name=gettext_lazy("Due (yuan)"))
    batches = tables.CountColumn(verbose_name=gettext_lazy("Batches"))
    to_pay = tables.CountColumn(accessor="to_pay__count", verbose_name=gettext_lazy("To be paid (people)"))
    in_transit = tables.CountColumn(accessor="in_transit__count", verbose_name=gettext_lazy("In transit (people)"))
    arrived = tables.CountColumn(accessor="arrived__count", verbose_name=gettext_lazy("Arrived (people)"))
    refused = tables.CountColumn(accessor="refused__count", verbose_name=gettext_lazy("Refused (people)"))
    bounced = tables.CountColumn(accessor="bounced__count", verbose_name=gettext_lazy("Sent back (people)"))
    given_up = tables.CountColumn(accessor="given_up__count", verbose_name=gettext_lazy("Given up (people)"))


class BatchTable(tables.Table):
    """The payments of a sheet; who `may_export` downloads the file of one, or withdraws one that is not answered."""

    ordinal = tables.Column(key=True, verbose_name=gettext_lazy("Batch"))
    lines = tables.NumberColumn(verbose_name=gettext_lazy("People"))
    amount = tables.MoneyColumn(verbose_name=gettext_lazy("Amount (yuan)"))
    made = tables.ByColumn(verbose_name=gettext_lazy("Made"))
    exports = tables.NumberColumn(accessor="exports__all", verbose_name=gettext_lazy("Handed out (times)"))
    state = tables.Column(accessor="pk", orderable=False, empty_values=(), verbose_name=gettext_lazy("State"))
    act = ActColumn()

    def __init__(self, data, *, undownloaded, answered, partly, may_export):
        super().__init__(data)
        self.undownloaded, self.may_export = undownloaded, may_export
        self.answered, self.partly = answered, answered & partly  # of these some people are still in transit

    def render_ordinal(self, record):
        word = pgettext("payment", "retry")
        return f"{record.ordinal} · {word}" if record.is_retry else record.ordinal

    def render_exports(self, value, record):
        if value or hasattr(record, "withdrawal"):
            return len(value) or "–"
        word = pgettext("file", "not yet")
        if not self.may_export or record.pk not in self.undownloaded:
            return word
        args = [Month.of(record.sheet.month), record.sheet.subdistrict.code]
        return link(f"{reverse('export', args=args)}?format=bank", word)

    def render_act(self, record):
        may_withdraw = self.may_export and record.pk not in self.answered and not hasattr(record, "withdrawal")
        return link(reverse("payment-withdraw", args=[record.pk]), _("Withdraw")) if may_withdraw else ""

    def render_state(self, record):
        if not hasattr(record, "withdrawal"):
            if record.pk in self.partly:
                return _("answered by the bank in part")
            return _("answered by the bank") if record.pk in self.answered else _("not answered yet")
        row = record.withdrawal
        when = shown.moment(row.at)
        html = '{} {} <span class="muted nowrap">{} <span class="digits">{}</span></span>'
        return format_html(
            html, shown.badge("others", pgettext("payment", "withdrawn")), row.reason, row.by or "", when
        )


class AnswerTable(tables.Table):
    """The bank's answers to the payments of a sheet; a user who `may_settle` discards what is not taken in."""

    name = tables.Column(key=True, linkify=True, verbose_name=gettext_lazy("File"))
    batch = tables.NumberColumn(accessor="payment__ordinal", verbose_name=gettext_lazy("Batch"))
    handed_in = tables.ByColumn(nobody=gettext_lazy("by command"), verbose_name=gettext_lazy("Handed in"))
    taken_in = tables.ByColumn(
        "taken_by", "taken_at", nobody=gettext_lazy("by command"), empty_values=(),
        verbose_name=gettext_lazy("Taken in"),
    )  # fmt: skip
    paid = tables.CountColumn(verbose_name=gettext_lazy("Arrived (people)"))
    refused = tables.CountColumn(verbose_name=gettext_lazy("Refused (people)"))
    bounced = tables.CountColumn(verbose_name=gettext_lazy("Sent back (people)"))
    left = tables.CountColumn(verbose_name=gettext_lazy("Rows not taken in"))

    def __init__(self, data, *, may_settle, **kwargs):
        super().__init__(data, **kwargs)
        self.may_settle = may_settle

    def render_taken_in(self, record, value, column):
        if record.taken_at:
            text = column.render(record, value)
            return format_html("{} {}", text, shown.badge("wrong", _("revoked"))) if record.revoked_at else text
        waits = shown.badge("you", _("not taken in yet"))
        if not self.may_settle:
            return waits
        return format_html(
            "{} {}", waits, link(reverse("bank-answer-discard", args=[record.pk]), pgettext("file", "Discard"))
        )


class TemplateTable(tables.Table):
    name = tables.Column(key=True, linkify=True, verbose_name=gettext_lazy("Template name"))
    kind = tables.Column(verbose_name=gettext_lazy("Kind of file"))
    columns_in_order = tables.Column(accessor="columns", verbose_name=gettext_lazy("Columns in order"))
    encoding = tables.Column(verbose_name=gettext_lazy("Encoding"))

    def render_columns_in_order(self, value):
        return " · ".join(column["title"] for column in value)

    def render_encoding(self, record):
        return record.get_encoding_display() if record.kind == BankFileKind.TEXT else "–"
