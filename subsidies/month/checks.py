"""Checks of a sheet: findings that have to be fixed before it is submitted, approved or settled."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.refusals import Refused
from registry.models import Community, Member
from registry.people.duplicates import likeness
from subsidies.models import Confirmation, CorrectionState, PayStage, Settlement, Sheet, SheetLine
from subsidies.month import arrivals, notice_states, seals

NAMES_SHOWN = 5  # names in a message; the page lists them all


class Kind(models.TextChoices):
    """Why a line blocks the submission."""

    NO_ACCOUNT = "no_account", gettext_lazy("no bank account")
    SAME_ACCOUNT = "same_account", gettext_lazy("one bank account for several people")
    NO_ID_NUMBER = "no_id_number", gettext_lazy("no ID number")
    TWICE = "twice", gettext_lazy("one person on two lines of the month")
    IN_DOUBT = "in_doubt", gettext_lazy("perhaps registered twice, not decided yet")


@dataclass(frozen=True)
class Blocking:
    """One kind of blocking finding, with its lines of the sheet."""

    kind: Kind
    lines: list[SheetLine]

    def __str__(self):
        names = _(", ").join(line.name for line in self.lines[:NAMES_SHOWN])
        if len(self.lines) > NAMES_SHOWN:
            names = _("%(names)s and others") % {"names": names}
        words = {"kind": self.kind.label, "names": names, "count": len(self.lines)}
        return _("%(kind)s (%(count)s): %(names)s.") % words


def blocking(sheet: Sheet) -> list[Blocking]:
    """The findings to fix before the sheet is submitted, by kind; at most eight queries."""
    lines = list(SheetLine.objects.filter(month=sheet.month).defer("facts", *seals.STAMPS).order_by("ordinal"))
    accounts, numbers = _several(lines, "account"), _several(lines, "id_number")
    doubtful = in_doubt(sheet)
    found: dict[Kind, list[SheetLine]] = {kind: [] for kind in Kind}
    for line in lines:
        if line.sheet_id != sheet.pk:
            continue
        if line.net > 0 and not line.account:
            found[Kind.NO_ACCOUNT].append(line)
        if line.net > 0 and line.account in accounts:
            found[Kind.SAME_ACCOUNT].append(line)
        if not line.id_number:
            found[Kind.NO_ID_NUMBER].append(line)
        if line.id_number in numbers:
            found[Kind.TWICE].append(line)
        if line.member_id in doubtful:
            found[Kind.IN_DOUBT].append(line)
    prefetch_related_objects([line for lines in found.values() for line in lines], "community", "member")
    return [Blocking(kind, lines) for kind, lines in found.items() if lines]


def in_doubt(sheet: Sheet) -> set[int]:
    """The people paid by the sheet who may be registered already, undecided; at most five queries."""
    paid = SheetLine.objects.filter(sheet=sheet, net__gt=0).values("member")
    return likeness.in_doubt(Member.objects.filter(pk__in=paid))


def lines_in_doubt(sheet: Sheet, community: Community, doubtful: set[int]) -> list[SheetLine]:
    """Those of the community's lines that pay one of the people; one query, none for nobody."""
    if not doubtful:
        return []
    lines = SheetLine.objects.filter(sheet=sheet, community=community, member__in=doubtful).only("name", "member")
    return list(lines.order_by("ordinal"))


def _several(lines: Iterable[SheetLine], name: str) -> set[str]:
    """The values that several people of the month share on any sheet; of accounts, only those that are paid to."""
    holders: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        value = getattr(line, name)
        if value and (name != "account" or line.net > 0):
            holders[value].add(line.member_id)
    return {value for value, members in holders.items() if len(members) > 1}


def confirmations(sheets: Iterable[Sheet]) -> dict[int, dict[int, Confirmation | None]]:
    """By sheet and community with lines, its valid confirmation or None; two queries."""
    keys = [sheet.pk for sheet in sheets]
    digests: dict[tuple[int, int], list[str]] = defaultdict(list)
    lines = SheetLine.objects.filter(sheet__in=keys).order_by("sheet", "community__code", "ordinal")
    for sheet, community, digest in lines.values_list("sheet", "community", "digest"):
        digests[sheet, community].append(digest)
    rows = Confirmation.objects.filter(sheet__in=keys).order_by("id").select_related("by")
    newest = {(row.sheet_id, row.community_id): row for row in rows}
    found: dict[int, dict[int, Confirmation | None]] = {key: {} for key in keys}
    for (sheet, community), of_community in digests.items():
        row = newest.get((sheet, community))
        found[sheet][community] = row if row and row.digest == seals.lines_digest(of_community) else None
    return found


def confirmed(sheet: Sheet) -> dict[int, Confirmation | None]:
    """By community with lines, its valid confirmation or None."""
    return confirmations([sheet])[sheet.pk]


def unconfirmed(sheet: Sheet) -> list[str]:
    missing = [community for community, found in confirmed(sheet).items() if found is None]
    names = list(Community.objects.filter(pk__in=missing).values_list("name", flat=True))
    return [_("Not confirmed yet: %(names)s.") % {"names": _(", ").join(names)}] if names else []


def verify(sheet: Sheet) -> None:
    """Raises Refused for a closed sheet that no longer matches its seal, with each changed line."""
    if broken := [*seals.verify_sheet(sheet), *seals.unchained(sheet)]:
        refusal = _("Nothing is paid or handed out, because the sheet is not as it was sealed:")
        raise Refused("\n".join([refusal, *map(str, broken)]))


def unposted(sheet: Sheet) -> list[str]:
    """The communities without a closed public notice, for which approval waits if the Standard requires notices."""
    names = notice_states.unposted([sheet]).get(sheet.pk)
    if not names:
        return []
    text = _("Approval waits for the public notice of %(names)s: %(days)s days posted, objections answered, closed.")
    return [text % {"names": _(", ").join(names), "days": sheet.standard.notice_days}]


def unaccepted(sheet: Sheet) -> list[str]:
    """The people whose lines settle a correction that is not accepted (any more); one query."""
    rows = Settlement.objects.filter(line__sheet=sheet).exclude(correction__state=CorrectionState.ACCEPTED)
    names = dict.fromkeys(rows.order_by("line__ordinal").values_list("line__name", flat=True))
    text = _("It settles corrections that are not accepted: %(names)s. Return the sheet and recalculate it.")
    return [text % {"names": _(", ").join(names)}] if names else []


def unsettled(sheet: Sheet) -> list[str]:
    """What blocks settlement: people whose money has neither arrived nor been given up, and the bank's answers that are
    not recorded.
    """
    found = arrivals.shares([sheet])[sheet.pk]
    words = {
        PayStage.TO_PAY: _("Not sent to the bank yet: %(count)s people."),
        PayStage.IN_TRANSIT: _("No answer of the bank yet: %(count)s people."),
        PayStage.REFUSED: _("Refused by the bank: %(count)s people. Retry them, or give them up."),
        PayStage.BOUNCED: _("Sent back by the bank: %(count)s people. Retry them, or give them up."),
    }
    problems = [text % {"count": found[stage].count} for stage, text in words.items() if stage in found]
    text = _("The bank's answer %(name)s is not taken in yet: take it in, or discard it.")
    return problems + [text % {"name": answer.name} for answer in arrivals.waiting_answers([sheet])]
