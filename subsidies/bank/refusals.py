"""Whom the bank has refused, with its reason and what has been done about it since."""

from dataclasses import dataclass

from registry import roles
from registry.models import Member, User
from subsidies.bank import payments
from subsidies.models import PaymentItem, Sheet, SheetLine


@dataclass(frozen=True)
class Refusal:
    """A line that the bank has refused: its last try, and the person's record as it is today."""

    line: SheetLine
    item: PaymentItem
    member: Member

    @property
    def is_corrected(self) -> bool:
        """Whether the person has another account than the one that was refused."""
        return bool(self.member.account) and self.member.account != self.item.account

    @property
    def may_be_tried(self) -> bool:
        return bool(self.member.account)


def of(sheet: Sheet) -> list[Refusal]:
    """Those of the sheet that are neither tried again nor written off; a constant number of queries."""
    lines = payments.refused_lines(sheet)
    tries = payments.last_tries(lines)
    return [Refusal(line, tries[line.pk], payments.today(line.member)) for line in lines]


def kept_by(user: User, refusals: list[Refusal]) -> set[int]:
    """The members among them whose record the user keeps."""
    communities = set(roles.communities(user, "registry.change_member").values_list("pk", flat=True))
    return {each.member.pk for each in refusals if each.member.community_id in communities}
