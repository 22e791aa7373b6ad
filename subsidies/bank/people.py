"""The people of a payment, found by the account, amount and name of a row of the bank's answer."""

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext as _

from subsidies.bank import accounts
from subsidies.bank.reading import AnswerRow
from subsidies.models import PaymentItem


class People:
    """The people of a payment, found by account, amount and, if the file has it, name."""

    def __init__(self, items: Sequence[PaymentItem]):
        self.by_account: dict[str, list[PaymentItem]] = defaultdict(list)
        self.by_end: dict[str, list[PaymentItem]] = defaultdict(list)
        for item in items:
            self.by_account[item.account].append(item)
            self.by_end[item.account[-accounts.SHORTEST_END :]].append(item)

    def find(self, row: AnswerRow) -> tuple[PaymentItem | None, str]:
        """The person of a row, or the reason why there is none."""
        account = row.account
        if account is None:
            return None, row.fault
        if account.is_masked:
            return self._by_ends(row, account)
        candidates = self.by_account.get(account.text, [])
        if not candidates:
            return None, _("nobody of this payment has the account")
        fitting = [item for item in candidates if item.amount == row.amount]
        if not fitting:
            about = {"name": candidates[0].name, "amount": candidates[0].amount}
            return None, _("%(name)s was to get %(amount)s yuan") % about
        named = [item for item in fitting if not row.name or accounts.same_name(item.name, row.name)]
        if not named:
            return None, _("the account is that of %(name)s") % {"name": fitting[0].name}
        if len(named) > 1:
            return None, _("several people have this account and amount")
        return named[0], ""

    def owner(self, row: AnswerRow) -> PaymentItem | None:
        """Of a row that fits nobody, the one person whose account and name it has; its amount is another."""
        named = self._named(row)
        return named[0] if len(named) == 1 else None

    def fits_several(self, row: AnswerRow) -> bool:
        """Whether more than one person has the row's account, name and amount."""
        return sum(item.amount == row.amount for item in self._named(row)) > 1

    def _named(self, row: AnswerRow) -> list[PaymentItem]:
        account = row.account
        if account is None:
            return []
        candidates = self.by_end.get(account.end, []) if account.is_masked else self.by_account.get(account.text, [])
        return [
            item
            for item in candidates
            if account.fits(item.account) and (not row.name or accounts.same_name(item.name, row.name))
        ]

    def _by_ends(self, row: AnswerRow, account: accounts.Account) -> tuple[PaymentItem | None, str]:
        """Match by the visible digits together with name and amount, only if exactly one person fits."""
        if not row.name:
            return None, _("the bank masks the account; without a name nobody fits for certain")
        named = [
            item
            for item in self.by_end.get(account.end, [])
            if account.fits(item.account) and accounts.same_name(item.name, row.name)
        ]
        fitting = [item for item in named if item.amount == row.amount]
        if len(fitting) == 1:
            return fitting[0], ""
        if fitting:
            return None, _("several people fit the masked account, the name and the amount")
        if named:
            about = {"name": named[0].name, "amount": named[0].amount}
            return None, _("%(name)s was to get %(amount)s yuan") % about
        return None, _("nobody of this payment has this name and an account with these digits")
