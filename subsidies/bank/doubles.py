"""People whom the bank may have paid twice: it reports a batch as paid that a retry had replaced."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from subsidies.models import BankAnswer, PaymentItem, PayResult, PayStage, Sheet

KEY = "twice"  # in the columns of an answer that is taken in: the items that it reports as paid in a replaced batch


@dataclass(frozen=True)
class Double:
    """One person's money that may be paid twice, and the answer that reports it."""

    item: PaymentItem  # of the batch that was replaced
    answer: BankAnswer
    newest: PayResult  # the line's stage now, in the batch that replaced it

    @property
    def is_withdrawn(self) -> bool:
        """Whether the batch that replaced it is withdrawn, and no other has been made since."""
        item = self.newest.item
        return item is None or item.pk == self.item.pk or hasattr(item.payment, "withdrawal")

    def __str__(self):
        about: dict[str, object] = {"name": self.item.name, "amount": f"{self.item.amount:,.2f}"}
        about |= {"batch": self.item.payment.ordinal, "file": self.answer.name}
        about |= {"stage": self.newest.get_stage_display()}
        if self.is_withdrawn:
            text = _(
                "%(name)s, %(amount)s yuan (%(stage)s): %(file)s reports that batch %(batch)s was paid; the batch that "
                "replaced it is withdrawn. Record that file again and confirm the person, and pay nobody twice."
            )
            return text % about
        about["retry"] = self.newest.item.payment.ordinal if self.newest.item else "–"
        text = _(
            "%(name)s, %(amount)s yuan: %(file)s reports that batch %(batch)s was paid, but it was handed to the bank "
            "again in batch %(retry)s (%(stage)s). The money may be paid twice: ask the bank."
        )
        return text % about


def noted(sheets: Iterable[Sheet]) -> set[int]:
    """The items that answers to these sheets report as paid in a replaced batch; one query."""
    return {pk for answer in _answers(sheets) for pk in answer.columns[KEY]}


def of(sheets: Iterable[Sheet]) -> dict[int, list[Double]]:
    """By sheet, the money that may be paid twice; one query, three where there is any."""
    answers = list(_answers(sheets))
    keys = [pk for answer in answers for pk in answer.columns[KEY]]
    found: dict[int, list[Double]] = {}
    if not keys:
        return found
    items = PaymentItem.objects.select_related("payment").defer("account", "id_number").in_bulk(keys)
    lines = {item.line_id for item in items.values()}
    newest = PayResult.objects.newest().filter(line__in=lines).select_related("item__payment__withdrawal")
    by_line = {event.line_id: event for event in newest}
    for answer in answers:
        for item in (items[pk] for pk in answer.columns[KEY]):
            double = Double(item, answer, by_line[item.line_id])
            if not (double.is_withdrawn and double.newest.stage == PayStage.ARRIVED):  # recorded since
                found.setdefault(item.payment.sheet_id, []).append(double)
    return found


def _answers(sheets: Iterable[Sheet]) -> Iterable[BankAnswer]:
    rows = BankAnswer.objects.filter(payment__sheet__in=sheets, revoked_at=None, columns__has_key=KEY)
    return (answer for answer in rows.defer("content").order_by("taken_at") if answer.columns[KEY])
