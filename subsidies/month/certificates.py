"""Each line of a sheet decided again by a second method, subsidies/proof, from the same frozen facts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from subsidies import engine
from subsidies.models import Certificate, Sheet, SheetLine
from subsidies.month import seals
from subsidies.month.closing import rules_data
from subsidies.proof import second

LISTED = 20  # differences in a message
WORDS = {
    "outcome": gettext_lazy("outcome"),
    "community": gettext_lazy("community"),
    "group": gettext_lazy("group"),
    "position": gettext_lazy("position"),
    "deemed_start": gettext_lazy("deemed start"),
    "full_years": gettext_lazy("full years"),
    "rate": gettext_lazy("rate"),
    "increment": gettext_lazy("increment"),
    "gross": gettext_lazy("gross"),
}


@dataclass(frozen=True)
class Disagreement:
    """A line on which the two methods differ, by field the line's value and that of the second method."""

    line: SheetLine
    values: dict[str, tuple[object, object]]

    def __str__(self):
        text = _("%(field)s: %(first)s, by the second method %(second)s")
        parts = [
            text % {"field": WORDS.get(name, name), "first": _shown(first), "second": _shown(other)}
            for name, (first, other) in self.values.items()
        ]
        return f"{self.line.ordinal} {self.line.name} · {_('; ').join(parts)}"


def _shown(value: object) -> object:
    return "–" if value in (None, "") else value


def decided(line: SheetLine) -> dict[str, object]:
    """The line's values of all that the second method decides; its community and group are fetched too."""
    amounts = seals.amounts(line)
    return {
        "outcome": line.outcome,
        "community": line.community.code,
        "group": line.group.ordinal if line.group else None,
        "position": line.position,
        "deemed_start": line.deemed_start.isoformat() if line.deemed_start else None,
        "full_years": line.full_years,
        **{name: amounts[name] for name in ("rate", "increment", "gross")},
    }


def compare(lines: Sequence[SheetLine], rules: engine.Standard) -> list[Disagreement]:
    """The lines that the second method decides otherwise, or cannot decide; no query."""
    data, found = rules_data(rules), []
    for line in lines:
        values = decided(line)
        try:
            other = second.decide(line.facts, line.month.isoformat(), data)
        except (ValueError, KeyError, TypeError) as error:
            found.append(Disagreement(line, {"facts": (_("readable"), f"{type(error).__name__} {error}")}))
            continue
        if other["community"] is None:  # only settles earlier months: where is no part of the decision
            other |= {"community": values["community"], "group": values["group"]}
        if other != values:
            differing = {name: (values[name], value) for name, value in other.items() if values[name] != value}
            found.append(Disagreement(line, differing))
    return found


def lines_of(sheet: Sheet) -> list[SheetLine]:
    """The lines in their order, with all that is compared or has a digest; three queries."""
    lines = list(sheet.lines.defer(*seals.STAMPS).prefetch_related("community", "group").order_by("ordinal"))
    for line in lines:
        line.sheet = sheet
    return lines


def altered(lines: Iterable[SheetLine]) -> list[SheetLine]:
    """Those whose content is not that of their stored digests, which are what is confirmed and certified; no query."""
    return [line for line in lines if seals.unverified(line) or not seals.is_as_computed(line)]


def altered_in_words(sheet: Sheet, lines: Iterable[SheetLine]) -> list[str]:
    """What there is to do about them, naming the first; empty for none."""
    found = altered(lines)
    if not found:
        return []
    text = ngettext(
        "%(count)s line is not as it was computed; something else than the application changed it: %(names)s.",
        "%(count)s lines are not as they were computed; something else than the application changed them: %(names)s.",
        len(found),
    )
    names = [line.name for line in found[:LISTED]] + [_("and more")] * (len(found) > LISTED)
    what_to_do = (
        _("Recalculate the sheet, and inform the system administrator.")
        if sheet.is_draft
        else _("Verify the seals, and inform the system administrator.")
        if sheet.is_final
        else _("Return the sheet and recalculate it, and inform the system administrator.")
    )
    return [f"{text % {'count': len(found), 'names': _(', ').join(names)}} {what_to_do}"]


def refuse_altered(sheet: Sheet, lines: Iterable[SheetLine]) -> None:
    """Raises Refused where a line is not as it was computed."""
    if words := altered_in_words(sheet, lines):
        raise Refused(*words)


def in_words(found: Sequence[Disagreement]) -> list[str]:
    """The disagreements with both results, a line each; of many the first, and their number."""
    if not found:
        return []
    text = ngettext(
        "The second method decides %(count)s line otherwise; inform the system administrator.",
        "The second method decides %(count)s lines otherwise; inform the system administrator.",
        len(found),
    )
    return [text % {"count": len(found)}, *map(str, found[:LISTED]), *([_("and more")] if found[LISTED:] else [])]


def certify(sheet: Sheet) -> Certificate:
    """Decide each line of the sheet by the second method, and record that both agree. Raises Refused with each
    difference, and with each line that is not as it was computed."""
    lines = lines_of(sheet)
    refuse_altered(sheet, lines)
    if found := compare(lines, sheet.standard.rules()):
        raise Refused(*in_words(found))
    gross = sum((line.gross for line in lines), Decimal(0))
    if gross != sheet.gross:
        raise Refused(_("The lines do not add up to the sheet's total; recalculate it."))
    row = Certificate(
        sheet=sheet,
        at=clock.now(),
        lines=len(lines),
        gross=gross,
        method=second.METHOD,
        method_version=second.VERSION,
        lines_digest=seals.lines_digest(line.digest for line in lines),
    )
    row.digest = seals.certificate_digest(row)
    row.save(force_insert=True)
    return row


def of(sheet: Sheet, lines: Sequence[SheetLine]) -> Certificate | None:
    """The certificate of the present `lines` of a sheet past draft, if there is one; one query.

    None stands for a line whose content is not that of its digest.
    """
    if sheet.is_draft or altered(lines):
        return None
    digest = seals.lines_digest(line.digest for line in lines)
    newest = sheet.certificates.filter(lines_digest=digest).order_by("-id").first()
    return newest if newest and seals.is_as_certified(newest, sheet) else None
