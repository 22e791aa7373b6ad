"""Which person each row of the bank's answer is about, and what the file would do to each."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from subsidies.bank import accounts, words
from subsidies.bank.reading import Said, Skipped
from subsidies.models import PaymentItem, PayResult, PayStage, PayStep


@dataclass(frozen=True)
class Match:
    """A row of the answer and the person it is about."""

    said: Said
    item: PaymentItem
    is_masked: bool = False  # the bank shows only parts of account or name
    recorded: PayResult | None = None  # the line's newest event, where that is what the row would say or deny


@dataclass
class Preview:
    """What an answer would do: what is new, what is known, and each row and person left over, with why."""

    paid: list[Match] = field(default_factory=list)
    refused: list[Match] = field(default_factory=list)
    bounced: list[Match] = field(default_factory=list)  # arrived before, sent back since
    pending: list[Match] = field(default_factory=list)  # no final word yet: nothing is recorded
    known: list[Match] = field(default_factory=list)  # recorded just so before
    contrary: list[Match] = field(default_factory=list)  # recorded otherwise before
    doubles: list[tuple[Match, list[str], bool]] = field(default_factory=list)  # further rows; whether they agree
    unmatched: list[tuple[Said, str]] = field(default_factory=list)
    unanswered: list[PaymentItem] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)  # rows about nobody: titles, sums, footers
    ignored: list[tuple[str, int]] = field(default_factory=list)  # sheets without such a table, and their rows
    warnings: list[str] = field(default_factory=list)
    is_part: bool = False  # the payment went out as several files: people not named may be in another
    read: int = 0  # rows about people, matched or not

    @property
    def new(self) -> list[tuple[PayStep, list[Match]]]:
        """What would be recorded, step by step."""
        steps = [(PayStep.ARRIVE, self.paid), (PayStep.REFUSE, self.refused), (PayStep.BOUNCE, self.bounced)]
        return [(step, matches) for step, matches in steps if matches]

    @property
    def masked(self) -> list[Match]:
        """Those of the new that were matched by the visible parts of account or name."""
        return [match for _step, matches in self.new for match in matches if match.is_masked]

    @property
    def in_transit(self) -> int:
        """People who stay without a final word."""
        disputed = [match for match, _rows, agree in self.doubles if not agree]
        waiting = [match for match in disputed if match.recorded and match.recorded.stage == PayStage.IN_TRANSIT]
        return len(self.pending) + len(self.unanswered) + len(waiting)

    @property
    def rest(self) -> tuple[str, ...]:
        """What may be said of the people whom the file does not name; nothing where a row is in doubt.

        A list of failures leaves those who were paid, and the other way round.
        """
        rows = [*self.paid, *self.refused, *self.bounced, *self.known]
        says = {match.said.says for match in rows}
        if self.is_part or self.ignored or not self.unanswered or self.left or len(says) != 1:
            return ()
        return (words.PAID,) if says == {words.REFUSED} else (words.REFUSED,)

    @property
    def odd(self) -> int:
        """People of whom the file says something twice, or otherwise than recorded."""
        return len(self.doubles) + len(self.contrary)

    @property
    def left(self) -> int:
        """Rows of the file that are not taken in."""
        disagreeing = sum(1 + len(rows) for _match, rows, agree in self.doubles if not agree)
        return len(self.unmatched) + len(self.contrary) + disagreeing

    @property
    def left_over(self) -> list[tuple[Said, str]]:
        """Rows that are not taken in, each with why."""
        found = list(self.unmatched)
        for match in self.contrary:
            recorded = match.recorded.get_stage_display() if match.recorded else ""
            found.append((match.said, _("recorded before as %(stage)s; that stays") % {"stage": recorded}))
        for match, rows, agree in self.doubles:
            if not agree:
                about = {"rows": _(", ").join(rows)}
                found.append((match.said, _("rows %(rows)s contradict it; none is taken in") % about))
        return found

    @property
    def digest(self) -> str:
        """Shows that what is confirmed is what was shown."""
        moves = [(step, match.item.pk, match.said.reason) for step, matches in self.new for match in matches]
        text = repr([moves, [item.pk for item in self.unanswered]])
        return hashlib.sha256(text.encode()).hexdigest()


def match(rows: Sequence[Said], items: Sequence[PaymentItem], recorded: dict[int, PayResult]) -> Preview:
    """What the rows say of the payment's people; `recorded` has the newest event of each in this payment."""
    found = Preview(read=len(rows))
    people = _People(items)
    matches: dict[int, list[Match]] = defaultdict(list)
    for said in rows:
        item, why = (None, said.fault) if said.fault else people.find(said)
        if item:
            is_whole = not said.name or accounts.is_whole_name(item.name, said.name)
            is_masked = bool(said.account and said.account.is_masked) or not is_whole
            matches[item.pk].append(Match(said, item, is_masked))
        else:
            found.unmatched.append((said, why))
    for item in items:
        _sort(found, item, matches.get(item.pk, []), recorded[item.pk])
    return found


class _People:
    """The people of a payment, found by account, amount and, where there is one, name."""

    def __init__(self, items: Sequence[PaymentItem]):
        self.by_account: dict[str, list[PaymentItem]] = defaultdict(list)
        self.by_end: dict[str, list[PaymentItem]] = defaultdict(list)
        for item in items:
            self.by_account[item.account].append(item)
            self.by_end[item.account[-accounts.SHORTEST_END :]].append(item)

    def find(self, said: Said) -> tuple[PaymentItem | None, str]:
        """The person a row is about, or why there is none."""
        account = said.account
        if account is None:
            return None, said.fault
        if account.is_masked:
            return self._by_ends(said, account)
        candidates = self.by_account.get(account.text, [])
        if not candidates:
            return None, _("nobody of this payment has the account")
        fitting = [item for item in candidates if item.amount == said.amount]
        if not fitting:
            about = {"name": candidates[0].name, "amount": candidates[0].amount}
            return None, _("%(name)s was to get %(amount)s yuan") % about
        named = [item for item in fitting if not said.name or accounts.same_name(item.name, said.name)]
        if not named:
            return None, _("the account is that of %(name)s") % {"name": fitting[0].name}
        if len(named) > 1:
            return None, _("several people have this account and amount")
        return named[0], ""

    def _by_ends(self, said: Said, account: accounts.Account) -> tuple[PaymentItem | None, str]:
        """By the digits that the bank shows, together with name and amount, and only if nobody else fits."""
        if not said.name:
            return None, _("the bank masks the account; without a name nobody fits for certain")
        named = [
            item
            for item in self.by_end.get(account.end, [])
            if account.fits(item.account) and accounts.same_name(item.name, said.name)
        ]
        fitting = [item for item in named if item.amount == said.amount]
        if len(fitting) == 1:
            return fitting[0], ""
        if fitting:
            return None, _("several people fit the masked account, the name and the amount")
        if named:
            about = {"name": named[0].name, "amount": named[0].amount}
            return None, _("%(name)s was to get %(amount)s yuan") % about
        return None, _("nobody of this payment has this name and an account with these digits")


def _sort(found: Preview, item: PaymentItem, matches: list[Match], recorded: PayResult) -> None:
    """Put one person's rows where they belong."""
    if not matches:
        if recorded.stage == PayStage.IN_TRANSIT:
            found.unanswered.append(item)
        return
    first, *others = [replace(match, recorded=recorded) for match in matches]
    if others:
        agree = all(other.said.says == first.said.says for other in others)
        found.doubles.append((first, [other.said.place for other in others], agree))
        if not agree:
            return
    _list(found, recorded, first.said.says).append(first)


def _list(found: Preview, recorded: PayResult, says: str) -> list[Match]:
    """Where a row belongs by what is recorded of its person in this payment."""
    match recorded.stage, says:
        case PayStage.IN_TRANSIT, words.PAID:
            return found.paid
        case PayStage.IN_TRANSIT, words.REFUSED:
            return found.refused
        case PayStage.IN_TRANSIT, _:
            return found.pending
        case PayStage.ARRIVED, words.REFUSED:
            return found.bounced
        case PayStage.ARRIVED, _:
            return found.known
        case _, words.PAID:
            return found.contrary
        case _:
            return found.known
