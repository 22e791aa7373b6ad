"""The differences between a draft and a computation now, per person, and who changed what in the roster."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from jygroups.lib.shown import exact
from registry.models import Appointment, EmploymentSpell, Member, Position
from subsidies.explanations.decisions import reason
from subsidies.models import Hold, Sheet, SheetLine
from subsidies.month import differences

KINDS = [(Member, "id"), (Appointment, "member_id"), (EmploymentSpell, "member_id"), (Hold, "member_id")]


@dataclass(frozen=True)
class Touch:
    """A change of a record: its kind, user, time and reason."""

    what: str
    who: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Drift:
    """One person whose line would differ."""

    line: SheetLine
    was: str
    now: str
    touches: list[Touch]


def of(sheet: Sheet, communities: Collection[int]) -> list[Drift]:
    """The differences in these communities, in the order of the areas; none for a sheet past draft."""
    if not sheet.is_draft:
        return []
    found = []
    touches = _touches(communities, sheet.computed_at)
    for each in differences.of([sheet]):
        # A person who moves between communities is shown to one as leaving and to the other as coming.
        was, now = (line if line and line.community_id in communities else None for line in (each.was, each.now))
        if line := now or was:
            found.append(Drift(line, _words(was), _words(now), touches[line.member_id]))
    return sorted(found, key=lambda row: (row.line.community.code, row.line.ordinal))


def _words(line: SheetLine | None) -> str:
    if line is None:
        return _("no line")
    what = reason(line.outcome) or str(Position(line.position).label)
    return _("%(what)s, %(net)s yuan") % {"what": what, "net": exact(line.net)}


def _touches(communities: Collection[int], since: datetime) -> dict[int, list[Touch]]:
    """The changes since then to people who ever held office there, newest first; one query per kind of record."""
    members = Appointment.objects.filter(committee__community__in=communities).values("member")
    found: dict[int, list[Touch]] = defaultdict(list)
    for model, owner in KINDS:
        rows = model.history.filter(**{f"{owner}__in": members}, history_date__gt=since)
        for row in rows.select_related("history_user").order_by("-history_date", "-history_id"):
            found[getattr(row, owner)].append(
                Touch(
                    str(model._meta.verbose_name),
                    str(row.history_user or _("the system")),
                    row.history_date,
                    row.history_change_reason or "",
                )
            )
    for of_person in found.values():
        of_person.sort(key=lambda touch: touch.at, reverse=True)
    return found
