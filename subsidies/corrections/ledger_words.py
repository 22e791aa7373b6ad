"""The texts beside a ledger's figures: which part of a balance stays, because it was given up or written off."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from jygroups.lib.shown import amount, signed
from subsidies.corrections.ledger import NOTHING, Entry


def legend(entries: Iterable[Entry]) -> str:
    """How many yuan of the months' balance are given up, and written off; empty where there are none."""
    entries = list(entries)
    given_up = sum((entry.sums.given_up for entry in entries), NOTHING)
    return contained(given_up, sum((entry.written_off for entry in entries), NOTHING))


def contained(given_up: Decimal, written_off: Decimal) -> str:
    """The parts of a balance that stay, as a sentence; empty where there are none."""
    found = parts(given_up, written_off)
    return _("The balance contains: %(parts)s.") % {"parts": _("; ").join(found)} if found else ""


def parts(given_up: Decimal, written_off: Decimal) -> list[str]:
    """The parts of a balance that stay, in words."""
    found = []
    if given_up:
        found.append(_("given up %(yuan)s yuan, which is not to be paid") % {"yuan": amount(given_up)})
    if written_off:
        found.append(_("corrections written off %(yuan)s yuan") % {"yuan": signed(written_off)})
    return found


def given_up(entry: Entry) -> Iterator[str]:
    """Of each line of the month that was given up, the yuan and the reason."""
    for line in entry.lines:
        if line.stage == "given_up" and line.net:  # type: ignore[attr-defined]
            words = {"yuan": amount(line.net), "reason": line.given_up_reason or "–"}  # type: ignore[attr-defined]
            yield _("%(yuan)s yuan given up: %(reason)s") % words
