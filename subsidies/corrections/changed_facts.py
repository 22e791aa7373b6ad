"""Facts that changed after a month was closed, with who changed them and when."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import Any

from django.utils import timezone

from registry.models import Appointment, EmploymentSpell
from subsidies import engine, facts
from subsidies.models import Hold, Outcome, SheetLine, Standard

# The fields of a version that the engine reads.
OFFICE = ("position", "first_day", "last_day", "committee_id", "group_id")
SPELL = ("first_day", "last_day")


class ChangedFacts:
    """Compares lines with today's facts; reads each person's history once, and only for people with differences."""

    def __init__(self) -> None:
        self._versions: dict[tuple[type, int], list] = {}
        self._standards: dict[tuple, dict[str, str]] | None = None

    def of(
        self, line: SheetLine | None, person: facts.Person, month: date, rules: engine.Standard, holds: Iterable[Hold]
    ) -> list[dict[str, Any]]:
        """The changes since the line was computed, each {what, was, now} with who and when if known.

        Lives are compared as known on the month's reference date, where a line's frozen life ends.
        """
        frozen = line.facts if line else {"bodies": {}}
        on = (line.sheet.standard.rules() if line else rules).reference_date(month)
        then = engine.Life.from_data(frozen["life"]).known_on(on) if line else engine.Life(())
        found = [*self._offices(then, person, frozen["bodies"], on), *self._employment(then, person, on)]
        if line and line.outcome == Outcome.HELD:
            found.append(_hold(line, holds))
        if line and line.sheet.standard.rules() != rules:
            by = self._put_into_force(rules)
            found.append({"what": "standard", "was": line.sheet.standard.document, "now": rules.document, **by})
        return found

    def _offices(
        self, then: engine.Life, person: facts.Person, bodies: dict[str, str], on: date
    ) -> Iterator[dict[str, Any]]:
        rows = {fact.known_on(on): row for fact, row in person.appointments.items() if fact.first_day <= on}
        gone = sorted(set(then.appointments) - set(rows), key=_order)
        new = sorted(set(rows) - set(then.appointments), key=_order)
        names = bodies | person.bodies()
        for office in new:
            alike = [each for each in gone if (each.body, each.position) == (office.body, office.position)]
            for each in alike[:1]:
                gone.remove(each)
            yield {
                "what": "office",
                "was": _office(alike[0], names) if alike else None,
                "now": _office(office, names),
                **self._made(Appointment, person, partial(_values, OFFICE, on), rows[office]),
            }
        for office in gone:
            by = self._unmade(Appointment, person, partial(_is_office, office, on))
            yield {"what": "office", "was": _office(office, names), "now": None, **by}

    def _employment(self, then: engine.Life, person: facts.Person, on: date) -> Iterator[dict[str, Any]]:
        today = person.life.known_on(on)
        gone = sorted(set(then.employment) - set(today.employment), key=_order)
        new = sorted(set(today.employment) - set(then.employment), key=_order)
        for spell in new:
            was = gone.pop(0) if gone else None
            rows = [each for each in person.employment if _is_spell(spell, on, each)]
            by = self._made(EmploymentSpell, person, partial(_values, SPELL, on), rows[0]) if rows else {}
            yield {"what": "employment", "was": _spell(was) if was else None, "now": _spell(spell), **by}
        for spell in gone:
            by = self._unmade(EmploymentSpell, person, partial(_is_spell, spell, on))
            yield {"what": "employment", "was": _spell(spell), "now": None, **by}

    def _of(self, model, person: facts.Person) -> list:
        """The versions of the person's rows, newest first."""
        key = model, person.member.pk
        if key not in self._versions:
            rows = model.history.filter(member=person.member).select_related("history_user")
            self._versions[key] = list(rows.order_by("-history_id"))
        return self._versions[key]

    def _made(self, model, person: facts.Person, values: Callable[[Any], list], row) -> dict[str, str]:
        """The user and time that gave the row its present values."""
        made = None
        for version in self._of(model, person):
            if version.id == row.pk:
                if values(version) != values(row):
                    break
                made = version
        return _by(made)

    def _unmade(self, model, person: facts.Person, fits: Callable[[Any], bool]) -> dict[str, str]:
        """The user and time that deleted or changed a row with the former values."""
        later: dict[int, Any] = {}
        for version in self._of(model, person):
            if fits(version):
                return _by(later.get(version.id) or (version if version.history_type == "-" else None))
            later[version.id] = version
        return {}

    def _put_into_force(self, rules: engine.Standard) -> dict[str, str]:
        if self._standards is None:
            rows = Standard.objects.adopted().select_related("in_force_by")
            self._standards = {
                (row.effective_month, row.document): _signed(row.in_force_by, row.in_force_at) for row in rows
            }
        return self._standards.get((rules.effective_month, rules.document), {})


def _order(fact) -> tuple:
    return str(fact.first_day or ""), str(fact.last_day or ""), getattr(fact, "body", "")


def _values(fields: tuple[str, ...], on: date, row) -> list:
    """The values of these fields of a row or version, as known on the day."""
    values = {field: getattr(row, field) for field in fields}
    if row.last_day and row.last_day > on:
        values["last_day"] = None
    return [*values.values()]


def _day(day) -> str:
    return day.isoformat() if day else ""


def _office(office: engine.Appointment, names: dict[str, str]) -> dict[str, str]:
    name = names.get(office.body, office.body)
    return {"position": office.position, "body": name, "first": _day(office.first_day), "last": _day(office.last_day)}


def _spell(spell: engine.EmploymentSpell) -> dict[str, str]:
    return {"first": _day(spell.first_day), "last": _day(spell.last_day)}


def _is_spell(spell: engine.EmploymentSpell, on: date, version) -> bool:
    return _values(SPELL, on, version) == [spell.first_day, spell.last_day]


def _is_office(office: engine.Appointment, on: date, version) -> bool:
    values = _values(("position", *SPELL), on, version)
    return values == [office.position, office.first_day, office.last_day]


def _hold(line: SheetLine, holds: Iterable[Hold]) -> dict[str, Any]:
    released = [each for each in holds if each.release and each.holds(line.month)]
    by = _signed(released[-1].released_by, released[-1].released_at) if released else {}
    return {"what": "hold", "was": {"reason": line.facts.get("hold", {}).get("reason", "")}, "now": None, **by}


def _by(version) -> dict[str, str]:
    return _signed(version.history_user, version.history_date) if version else {}


def _signed(who, when) -> dict[str, str]:
    if when is None:
        return {}
    return {"who": str(who) if who else "", "when": timezone.localtime(when).isoformat(timespec="minutes")}
