"""The days that count toward full years and those that do not, in plain words, true under every parameter."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from subsidies.engine import Appointment, Decision, Reason, ServiceBasis, ServiceSpell, days_left_out


@dataclass(frozen=True)
class ExplanationStep:
    """One step: its question, its result, and the clause of the document or the parameter that applies."""

    title: str
    findings: list[str]
    clause: str = ""


def steps(decision: Decision) -> Iterator[ExplanationStep]:
    """Of a paid decision: the days served, and the start that unbroken service would have had."""
    left_out = days_left_out(decision.life, decision.reference_date, decision.standard)
    findings = [_spell(spell) for spell in decision.service]
    findings += [_left_out(reason, spells, decision) for reason, spells in left_out.items()]
    findings.append(
        _("Together %(days)s days; a day in two offices counts once, days between offices do not count.")
        % {"days": f"{decision.days_served:,}"}
    )
    yield ExplanationStep(_("Days served"), findings, _("; ").join(_parameters(decision)))
    if decision.deemed_start:
        found = _("As long as unbroken service from %(date)s.") % {"date": decision.deemed_start}
        yield ExplanationStep(_("Deemed start"), [found])


def years(decision: Decision) -> Iterator[str]:
    """Of a paid decision: the full years, and how many of them earn the increment."""
    count = decision.years_before_ceiling
    words = {"years": count, "date": decision.reference_date}
    if decision.deemed_start is None:
        yield _("No day counts yet: 0 full years.")
    else:
        yield ngettext("%(years)s full year on %(date)s.", "%(years)s full years on %(date)s.", count) % words
    if decision.full_years < count:
        yield _("The Standard lets %(years)s of them earn the increment.") % {"years": decision.full_years}


def ended(office: Appointment, decision: Decision) -> str:
    """Of an office that ended before the reference date: whether its days count as service."""
    if not decision.paid or office.last_day is None:
        return _("✕ ended")
    held = (office.last_day - office.first_day).days + 1
    counted = sum(
        max(0, (min(spell.last_day, office.last_day) - max(spell.first_day, office.first_day)).days + 1)
        for spell in decision.service
    )
    if counted == held:
        return _("✕ ended; its days count as service")
    if counted:
        return _("✕ ended; a part of its days counts as service")
    return _("✕ ended; its days do not count as service")


def _parameters(decision: Decision) -> Iterator[str]:
    """The parameters of the Standard behind the count."""
    standard = decision.standard
    if standard.service_basis is ServiceBasis.CUMULATIVE:
        yield _("the Standard: days before a break count too")
    else:
        yield _("the Standard: only days since the last break count")
    if not standard.counts_employed_service:
        yield _("days while employed elsewhere do not count")
    if standard.service_counted_from:
        yield _("days before %(date)s do not count") % {"date": standard.service_counted_from}


def _left_out(reason: Reason, spells: Iterable[ServiceSpell], decision: Decision) -> str:
    words = {"spells": _("; ").join(_spell(each) for each in spells), "date": decision.standard.service_counted_from}
    return {
        Reason.BEFORE_COUNTING: _("Not counted, for they lie before %(date)s: %(spells)s"),
        Reason.EMPLOYED: _("Not counted, for the person was employed elsewhere: %(spells)s"),
        Reason.BREAK: _("Not counted, for they lie before the last break: %(spells)s"),
    }[reason] % words


def _spell(spell: ServiceSpell) -> str:
    words = {"first": spell.first_day, "last": spell.last_day, "days": f"{spell.days:,}"}
    return ngettext("%(first)s to %(last)s: %(days)s day", "%(first)s to %(last)s: %(days)s days", spell.days) % words
