"""Why a correction is proposed, in plain words: each fact that changed, who changed it and when."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from registry.models import Position
from subsidies.models import Correction


def reasons(correction: Correction) -> list[str]:
    """A sentence for each fact that differs from those at the close of the month."""
    return [*_sentences(correction)] or [_("An earlier correction of this month does not hold any more")]


def changes(correction: Correction) -> list[str]:
    """The same without the user and time of the change, for papers given to the person."""
    return [_what(fact) for fact in correction.facts] or reasons(correction)


def _sentences(correction: Correction) -> Iterator[str]:
    for fact in correction.facts:
        yield _what(fact) + _by(fact)


def _what(fact: dict[str, Any]) -> str:
    was: Any = fact.get("was")
    now: Any = fact.get("now")
    match fact["what"]:
        case "office":
            office = now or was
            words = {"office": f"{office['body']} {Position(office['position']).label}"}
            if was and now:
                return _("%(office)s: in office %(now)s, not %(was)s") % {
                    **words,
                    "was": _period(was),
                    "now": _period(now),
                }
            if now:
                return _("%(office)s: in office %(now)s, not on record before") % {**words, "now": _period(now)}
            return _("%(office)s: in office %(was)s no longer on record") % {**words, "was": _period(was)}
        case "employment":
            if was and now:
                return _("employed elsewhere %(now)s, not %(was)s") % {"was": _period(was), "now": _period(now)}
            if now:
                return _("employed elsewhere %(now)s, not on record before") % {"now": _period(now)}
            return _("employment %(was)s no longer on record") % {"was": _period(was)}
        case "hold":
            return _("the payment was on hold: %(reason)s") % {"reason": was["reason"] if was else "–"}
        case _:
            return _("Standard %(now)s in force, not %(was)s") % {"was": was, "now": now}


def _period(days: dict[str, str]) -> str:
    if days["last"]:
        return _("%(first)s to %(last)s") % {"first": days["first"] or "…", "last": days["last"]}
    return _("from %(first)s on") % {"first": days["first"] or "…"}


def _by(fact: dict[str, Any]) -> str:
    if not fact.get("when"):
        return ""
    return _(" (%(who)s, %(when)s)") % {
        "who": fact.get("who") or _("the system"),
        "when": fact["when"][:16].replace("T", " "),
    }
