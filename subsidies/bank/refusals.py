"""Who is still to be paid after the first payment: refused, sent back, or in no payment yet."""

from dataclasses import dataclass

from registry import roles
from registry.models import Member, User
from subsidies.bank import arrivals, payments
from subsidies.models import PaymentItem, PayResult, Sheet, SheetLine


@dataclass(frozen=True)
class Refusal:
    """A line still to be paid: its newest event, none if no payment took it yet, and the person's record today."""

    line: SheetLine
    event: PayResult | None
    member: Member

    @property
    def item(self) -> PaymentItem | None:
        """The last try."""
        return self.event.item if self.event else None

    @property
    def is_corrected(self) -> bool:
        """Whether the person has another account than the one that was refused."""
        return bool(self.member.account and self.item and self.member.account != self.item.account)

    @property
    def may_be_tried(self) -> bool:
        return bool(self.member.account)


def of(sheet: Sheet) -> list[Refusal]:
    """Those of the sheet that are neither with the bank, nor paid, nor given up; a constant number of queries."""
    if not sheet.payments.exists():
        return []
    lines = payments.open_lines(sheet)
    events = arrivals.newest(sheet.lines.all())
    return [Refusal(line, events.get(line.pk), payments.today(line.member)) for line in lines]


def kept_by(user: User, refusals: list[Refusal]) -> set[int]:
    """The members among them whose record the user keeps."""
    communities = set(roles.communities(user, "registry.change_member").values_list("pk", flat=True))
    return {each.member.pk for each in refusals if each.member.community_id in communities}
