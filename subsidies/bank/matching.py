"""The person of each row of the bank's answer, and what recording the file would change for each."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from jygroups.lib import cells
from jygroups.lib.names import MIDDLE_DOT
from jygroups.lib.refusals import Refused
from registry.imports.findings import Cause
from subsidies.bank import accounts, words
from subsidies.bank.elsewhere import Elsewhere
from subsidies.bank.grouping import Part
from subsidies.bank.people import People
from subsidies.bank.reading import AnswerRow, Skipped
from subsidies.models import Payment, PaymentItem, PayResult, PayStage, PayStep


@dataclass(frozen=True)
class Match:
    """A row of the answer and the person it is about."""

    row: AnswerRow
    item: PaymentItem
    is_masked: bool = False  # the bank shows only parts of account or name
    recorded: PayResult | None = None  # the line's newest event in this payment, which the row repeats or denies
    before: PayResult | None = None  # the line's refusal that came before what is recorded, in any payment
    further: PayResult | None = None  # the line's newest event, where a later payment has taken it

    @property
    def is_twice(self) -> bool:
        """Whether the bank now reports as paid an amount that a later payment has sent again.

        Where the bank sent it back, a file with an earlier day may only repeat that it was paid before.
        """
        is_from_before = self.is_older and self.recorded is not None and self.recorded.stage == PayStage.BOUNCED
        return self.further is not None and self.row.outcome == words.PAID and not is_from_before

    @property
    def is_older(self) -> bool:
        """Whether the file dates the row before what is recorded of the person."""
        return bool(self.recorded and self.row.day and self.row.day < self.recorded.day)

    @property
    def is_return(self) -> bool:
        """Whether the file shows that the money came back after it had arrived: by the row's day, or by its words."""
        return not self.before and not self.is_older and (self.row.day is not None or self.row.is_return)

    @property
    def record(self) -> str:
        """The person's recorded outcome in this payment, in words."""
        if self.recorded is None:
            return ""
        if self.before and self.recorded.stage == PayStage.ARRIVED:
            about = {
                "stage": self.before.get_stage_display(),
                "day": self.before.day,
                "reason": self.before.reason or "–",
            }
            about |= {"now": self.recorded.get_stage_display(), "since": self.recorded.day}
            return _("recorded as %(stage)s on %(day)s (%(reason)s), and since %(since)s as %(now)s") % about
        about = {"stage": self.recorded.get_stage_display(), "day": self.recorded.day, "reason": self.recorded.reason}
        if about["reason"]:
            return _("recorded as %(stage)s on %(day)s (%(reason)s)") % about
        return _("recorded as %(stage)s on %(day)s") % about

    @property
    def contradiction(self) -> str:
        """The recorded outcome that the row contradicts, and that it stays, in words."""
        about = {"record": self.record}
        if self.further is None or self.further.item is None or not self.is_twice:
            return _("%(record)s; that stays") % about
        about |= {"batch": f"{self.further.item.payment.ordinal}", "now": self.further.get_stage_display()}
        text = _(
            "%(record)s, then handed to the bank again in batch %(batch)s (%(now)s): the money may be paid twice. Ask "
            "the bank at once; its answer is noted, nobody's stage changes"
        )
        return text % about


@dataclass
class Preview:
    """The effect of an answer: new and known outcomes, and each row and person left over with the reason."""

    paid: list[Match] = field(default_factory=list)
    refused: list[Match] = field(default_factory=list)
    bounced: list[Match] = field(default_factory=list)  # arrived before, sent back since
    late: list[Match] = field(default_factory=list)  # now reported as paid after a refusal; recorded only if confirmed
    # Refusals of people who have arrived, not shown to be later: the file may be old; returns only if confirmed.
    overruled: list[Match] = field(default_factory=list)
    pending: list[Match] = field(default_factory=list)  # no final outcome yet: nothing is recorded
    known: list[Match] = field(default_factory=list)  # recorded before with the same outcome
    contrary: list[Match] = field(default_factory=list)  # recorded before with another outcome
    doubles: list[tuple[Match, list[str], bool]] = field(default_factory=list)  # further rows; whether they agree
    unmatched: list[tuple[AnswerRow, str]] = field(default_factory=list)
    several: set[int] = field(default_factory=set)  # places among the unmatched of rows that fit more than one person
    unanswered: list[PaymentItem] = field(default_factory=list)
    concluded: list[PaymentItem] = field(default_factory=list)  # not named, and decided by what the list holds
    conclusion: str = ""  # of those: PAID or REFUSED
    skipped: list[Skipped] = field(default_factory=list)  # rows about nobody: titles, sums, footers
    ignored: list[tuple[str, int]] = field(default_factory=list)  # sheets without such a table, and their rows
    warnings: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # why the file may answer another payment; need a confirmation
    contradictions: list[str] = field(default_factory=list)  # between columns; need a confirmation
    totals: list[str] = field(default_factory=list)  # of the file, that its rows do not give; need a confirmation
    remarks: list[str] = field(default_factory=list)  # what else is unusual; need no confirmation
    is_part: bool = False  # the payment was exported as several files: people not named may be in another
    mixed: str = ""  # in words, that it was exported as one file too
    parts: list[Part] = field(default_factory=list)  # these files
    read: int = 0  # rows about people, matched or not
    rows_digest: str = ""  # of the rows' content
    elsewhere: Elsewhere = field(default_factory=Elsewhere)  # what the comparison with other payments found
    noted: set[int] = field(default_factory=set)  # items of which an answer has noted that they may be paid twice

    @property
    def new(self) -> list[tuple[PayStep, list[Match]]]:
        """The matches that would be recorded, by step."""
        steps = [(PayStep.ARRIVE, self.paid), (PayStep.REFUSE, self.refused), (PayStep.BOUNCE, self.bounced)]
        return [(step, matches) for step, matches in steps if matches]

    @property
    def causes(self) -> list[Cause]:
        """Why rows are not matched, where several are so for the same cause."""
        found: dict[str, Cause] = {}
        is_one_sheet = len({row.sheet for row, _why in self.unmatched}) == 1
        for row, why in self.unmatched:
            cause = found.setdefault(why, Cause("", why, False, ""))
            cause.count, cause.rows = cause.count + 1, [*cause.rows, row.number if is_one_sheet else row.place]
        return [cause for cause in found.values() if cause.count > 1]

    @property
    def other(self) -> Payment | None:
        """The payment that the rows fit better."""
        return self.elsewhere.other

    @property
    def is_elsewhere(self) -> bool:
        """Whether most rows are of another payment: nothing can be recorded."""
        return self.elsewhere.is_most

    @property
    def is_open(self) -> bool:
        """Whether anything can be recorded, or chosen."""
        return bool(self.new or self.disputed or self.rest or self.twice)

    @property
    def twice(self) -> list[Match]:
        """People of whom it is noted that the bank may have paid them twice, once in this batch and once in a retry."""
        return [match for match in self.contrary if match.is_twice and match.item.pk not in self.noted]

    @property
    def to_confirm(self) -> list[str]:
        """Why the file is taken in only if it is confirmed."""
        return [*self.doubts, *self.contradictions, *self.totals]

    @property
    def counts(self) -> dict[str, int]:
        """People by what is recorded of them, those who are concluded included."""
        return {
            "arrived": len(self.paid) + (len(self.concluded) if self.conclusion == words.PAID else 0),
            "refused": len(self.refused) + (len(self.concluded) if self.conclusion == words.REFUSED else 0),
            "in_transit": self.in_transit,
            "bounced": len(self.bounced),
            "known": len(self.known),
        }

    @property
    def disputed(self) -> list[Match]:
        """Rows that contradict the recorded outcome; each is recorded only if the user confirms the person."""
        return [*self.late, *self.overruled]

    @property
    def matched(self) -> list[Match]:
        """The rows about people of this payment, one per person."""
        found = [*self.paid, *self.refused, *self.bounced, *self.disputed, *self.pending, *self.known, *self.contrary]
        return found + [match for match, _rows, agree in self.doubles if not agree]

    @property
    def masked(self) -> list[Match]:
        """The new matches found by the visible parts of account or name."""
        return [match for _step, matches in self.new for match in matches if match.is_masked]

    @property
    def renamed(self) -> list[str]:
        """A remark on each new match whose name is spelled otherwise in the file, as transcribed names are."""
        text = _("%(where)s: %(stated)s is %(name)s, by account and amount; only the dot in the name differs.")
        return [
            text % {"where": match.row.where, "stated": match.row.name, "name": match.item.name}
            for match in self.matched
            if MIDDLE_DOT in f"{match.item.name}{match.row.name}"
            and accounts.is_whole_name(match.item.name, match.row.name)
            and cells.unwrapped(match.row.name) != match.item.name
        ]

    @property
    def in_transit(self) -> int:
        """How many people stay without a final outcome."""
        return len(self.waiting)

    @property
    def waiting(self) -> list[PaymentItem]:
        """The people who stay without a final outcome."""
        disagreeing = [match for match, _rows, agree in self.doubles if not agree]
        doubtful = [match for match in disagreeing if match.recorded and match.recorded.stage == PayStage.IN_TRANSIT]
        return [*(match.item for match in [*self.pending, *doubtful]), *self.unanswered]

    @property
    def _outcomes(self) -> set[str]:
        return {match.row.outcome for match in [*self.paid, *self.refused, *self.bounced, *self.disputed, *self.known]}

    @property
    def rest(self) -> tuple[str, ...]:
        """The outcomes that may be chosen for people whom the file does not name; none while a row is in doubt.

        If the file lists only failures, the others were paid, and vice versa.
        """
        if not self.unanswered or self.why_no_rest:
            return ()
        return (words.PAID,) if self._outcomes == {words.REFUSED} else (words.REFUSED,)

    @property
    def why_no_rest(self) -> str:
        """Why no outcome may be chosen for people whom the file does not name, in words; empty where one may."""
        if not self.unanswered:
            return ""
        if self.is_part and len(self.parts) < 2:
            return _("The payment went to the bank as several files: they may be in another answer.")
        if self.ignored:
            names = _(", ").join(name for name, _rows in self.ignored)
            return _("The sheets %(names)s are not read: they may be there.") % {"names": names}
        if count := self.left - len(self.disputed):
            text = _("%(count)s rows are not matched or contradict something: they may be among them.")
            return text % {"count": count}
        if self.parts and self._outcomes == {words.PAID} and not self.left_out(self.named_parts):
            return _("The file names all people of its bank's file; the others are in the files of other banks.")
        if len(self._outcomes) != 1:
            return _(
                "The file lists both successes and failures, or neither: it does not show what became of the others."
            )
        return "" if self.scopes else self.mixed

    @property
    def named_parts(self) -> list[Part]:
        """The files with people whom the answer names."""
        named = {match.item.pk for match in self.matched}
        return [part for part in self.parts if part.items & named]

    @property
    def scopes(self) -> list[list[Part]]:
        """Which files it may be the whole answer to, the likeliest first; none stands for all.

        Those with the people it names, then all files of these banks, then all unless it is unknown what the bank got.
        """
        banks = {part.bank for part in self.named_parts}
        found = [self.named_parts, [part for part in self.parts if part.bank in banks]]
        narrow = [parts for parts in found if 0 < len(parts) < len(self.parts) and self.left_out(parts)]
        found = [parts for place, parts in enumerate(narrow) if parts not in narrow[:place]]
        return found if self.mixed else [*found, []]

    def left_out(self, parts: Collection[Part]) -> list[PaymentItem]:
        """The people of these files, of all where none is given, whom the answer does not name."""
        keys = {key for part in parts for key in part.items}
        return [item for item in self.unanswered if not parts or item.pk in keys]

    @property
    def odd(self) -> int:
        """How many people the file names twice, or with another outcome than recorded."""
        return len(self.doubles) + len(self.contrary)

    @property
    def left(self) -> int:
        """Rows of the file that are not taken in."""
        unmatched = {row.where for row, _why in self.unmatched}
        disagreeing = sum(1 + len({*rows} - unmatched) for _match, rows, agree in self.doubles if not agree)
        return len(self.unmatched) + len(self.contrary) + len(self.disputed) + disagreeing

    @property
    def left_over(self) -> list[tuple[AnswerRow, str]]:
        """The rows that are not recorded, each with the reason."""
        found = list(self.unmatched)
        found += [(match.row, match.contradiction) for match in [*self.contrary, *self.disputed]]
        for match, rows, agree in self.doubles:
            if not agree:
                about = {"rows": _(", ").join(rows)}
                found.append((match.row, _("%(rows)s: contradicts it; none is taken in") % about))
        return found

    @property
    def digest(self) -> str:
        """A digest sent with the confirmation, which must equal that of the preview shown."""
        moves = [(step, match.item.pk, match.row.reason) for step, matches in self.new for match in matches]
        late = [(match.item.pk, match.recorded and match.recorded.pk) for match in self.disputed]
        parts = [(part.name, sorted(part.items)) for part in self.parts]
        text = repr([moves, [item.pk for item in self.unanswered], late, parts])
        return hashlib.sha256(text.encode()).hexdigest()

    def confirm(self, people: Collection[int]) -> None:
        """Accept the file's outcome for the disputed rows with these items; the other rows stay left over."""
        self.paid += [match for match in self.late if match.item.pk in people]
        self.late = [match for match in self.late if match.item.pk not in people]
        self.bounced += [match for match in self.overruled if match.item.pk in people]
        self.overruled = [match for match in self.overruled if match.item.pk not in people]

    def explain(self, elsewhere: Elsewhere) -> None:
        """Explain the rows that fit nobody; a payment that has most of the rows is a warning, else a doubt."""
        self.elsewhere = elsewhere
        for place, why in elsewhere.why.items():
            if place in self.several:
                continue
            self.unmatched[place] = (self.unmatched[place][0], why)
        if elsewhere.alike:
            self.doubts.append(elsewhere.alike)
        if elsewhere.other:
            (self.warnings if elsewhere.is_most else self.doubts).append(elsewhere.text)

    def conclude(self, rest: str, parts: Collection[Part] = ()) -> None:
        """Decide that the people whom the file does not name were paid, or refused. Raises Refused.

        With `parts` only of the people of these of the payment's files.
        """
        why = self.why_no_rest or (self.mixed if len(parts) in (0, len(self.parts)) else "")
        if self.unanswered and (why or rest not in self.rest):
            text = _("The file does not show what became of the people whom it does not name.")
            raise Refused(f"{text} {why}".strip())
        self.concluded, self.conclusion = self.left_out(parts), rest
        self.unanswered = [item for item in self.unanswered if item not in self.concluded]


def match(
    rows: Sequence[AnswerRow],
    items: Sequence[PaymentItem],
    recorded: Mapping[int, PayResult],
    further: Mapping[int, PayResult],
    before: Mapping[int, PayResult],
) -> Preview:
    """Match the rows with the payment's people.

    `recorded` has by item the newest event in this payment; `further` by line the newest event in a later payment;
    `before` by line the newest refusal in any payment.
    """
    found = Preview(read=len(rows))
    people = People(items)
    matches: dict[int, list[Match]] = defaultdict(list)
    others: dict[int, list[AnswerRow]] = defaultdict(list)  # further rows of the same account, of another amount
    for row in rows:
        item, why = (None, row.fault) if row.fault else people.find(row)
        if item:
            is_whole = not row.name or accounts.is_whole_name(item.name, row.name)
            is_masked = bool(row.account and row.account.is_masked) or not is_whole
            matches[item.pk].append(Match(row, item, is_masked))
        else:
            found.unmatched.append((row, why))
            if people.fits_several(row):
                found.several.add(len(found.unmatched) - 1)
            if owner := people.owner(row):
                others[owner.pk].append(row)
    for item in items:
        later, earlier = further.get(item.line_id), before.get(item.line_id)
        own = [replace(match, further=later, before=earlier) for match in matches.get(item.pk, [])]
        _sort(found, item, own, recorded[item.pk], others.get(item.pk, []))
    return found


def _sort(
    found: Preview, item: PaymentItem, matches: list[Match], recorded: PayResult, odd: Sequence[AnswerRow] = ()
) -> None:
    """Put one person's rows where they belong; `odd` are those of another amount, such as a part or a reversal."""
    if not matches:
        if recorded.stage == PayStage.IN_TRANSIT:
            found.unanswered.append(item)
        return
    first, *others = [replace(match, recorded=recorded) for match in matches]
    if further := [*(other.row for other in others), *odd]:
        agree = not odd and all(row.outcome == first.row.outcome for row in further)
        found.doubles.append((first, [row.where for row in further], agree))
        if not agree:
            return
    _list(found, recorded, first).append(first)


def _list(found: Preview, recorded: PayResult, match_: Match) -> list[Match]:
    """The list of the preview for a matched row, by its person's recorded outcome in this payment."""
    match recorded.stage, match_.row.outcome:
        case PayStage.IN_TRANSIT, words.PAID:
            return found.paid
        case PayStage.IN_TRANSIT, words.REFUSED:
            return found.refused
        case PayStage.IN_TRANSIT, _:
            return found.pending
        case PayStage.ARRIVED, words.REFUSED:
            return found.bounced if match_.is_return else found.overruled
        case (PayStage.ARRIVED, words.PAID) | (_, words.REFUSED):
            return found.known
        case _, words.PAID if not match_.further:
            return found.late
        case _:
            return found.contrary
