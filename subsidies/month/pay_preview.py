"""A person's stipend by today's register, and the effect of a proposed change on it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib.months import Month
from jygroups.lib.shown import exact
from registry.models import Appointment, Community, EmploymentSpell, Member, Position, Record, User
from registry.terms.reelections.queries import Plan
from subsidies import engine, facts
from subsidies.explanations.decisions import reason
from subsidies.standards.rules import Rules

AHEAD = 24  # months that are searched for an effect


@dataclass(frozen=True)
class Effect:
    """The effect of a change on one person's stipend: the first month, the old amount and the new one."""

    member: Member
    sentence: str
    past: str = ""  # the effect on earlier months
    changes: bool = True


def visible_codes(user: User) -> set[str]:
    """The codes of the communities whose payments the user may see."""
    return set(Community.objects.visible_to(user).values_list("code", flat=True))


def is_visible(decision: engine.Decision, codes: set[str]) -> bool:
    """Whether the community responsible for the month is one of these; a month without office is always visible."""
    return decision.home is None or decision.home.community_code in codes


def body_names(user: User, person: facts.Person) -> dict[str, str]:
    """By key, the names of the bodies of the person's offices; «elsewhere» for bodies that the user may not see."""
    offices = Appointment.objects.visible_to(user).filter(member=person.member)
    visible = set(offices.values_list("pk", flat=True))
    return {
        fact.body: facts.body_name(row) if row.pk in visible else _("in another area")
        for fact, row in person.appointments.items()
    }


def of_proposal(rows: Sequence[Record], *, user: User, today: date) -> Iterator[Effect]:
    """The effect on each person of the proposed rows."""
    rules, codes = Rules(), visible_codes(user)
    about = [row for row in rows if isinstance(row, Appointment | EmploymentSpell)]
    members = {row.member_id or 0: row.member for row in about}
    known = [pk for pk in members if pk]
    before, after = facts.people(known), facts.people(known, about)
    stored = {
        kind: kind._base_manager.in_bulk([row.pk for row in about if row.pk and type(row) is kind])
        for kind in (Appointment, EmploymentSpell)
    }
    touched: dict[int, list[date]] = defaultdict(list)
    for row in about:
        both = [row, stored[type(row)].get(row.pk)]
        # Months before `since` do not depend on the rows, only on corrections, which have their own pages.
        touched[row.member_id or 0] += [each.first_day or date.min for each in both if each]
    for pk, member in members.items():
        old = before[pk].life if pk else engine.Life(())
        new = after[pk].life if pk else facts.newcomer(member, about).life
        yield _effect(member, old, new, rules, codes, Month.of(today), min(touched[pk]))


def _effect(
    member: Member, old: engine.Life, new: engine.Life, rules: Rules, codes: set[str], now: Month, since: date
) -> Effect:
    month = now
    for _step in range(AHEAD):
        was, will = rules.decide(old, month), rules.decide(new, month)
        if was and will and _figures(was) != _figures(will):
            break
        month = month.next
    else:
        was = will = rules.decide(old, now)
    if was is None or will is None:
        return Effect(member, _("No Standard is in force."), changes=False)
    if not (is_visible(was, codes) and is_visible(will, codes)):
        return Effect(member, _("Another community pays this person; the amount is not shown here."))
    past = _past(old, new, rules, codes, now, since)
    if was is will:
        return Effect(member, _("unchanged: %(now)s") % {"now": _amount(was)}, past, changes=bool(past))
    words = {"before": _amount(was), "when": _when(month, now), "after": _amount(will), "why": _why(was, will)}
    today = rules.decide(old, now)
    if was.outcome is engine.Outcome.NOT_IN_OFFICE:
        sentence = _("%(when)s %(after)s") if will.paid else _("%(when)s %(after)s (%(why)s)")
        return Effect(member, sentence % words, past)
    if today is None or today.amount != was.amount:  # the amount would differ by then even without the change
        return Effect(member, _("%(when)s %(after)s instead of %(before)s (%(why)s)") % words, past)
    return Effect(member, _("now %(before)s → %(when)s %(after)s (%(why)s)") % words, past)


def _figures(decision: engine.Decision) -> tuple:
    return decision.outcome, decision.amount, decision.paid and decision.paid.position


def _past(old: engine.Life, new: engine.Life, rules: Rules, codes: set[str], now: Month, since: date) -> str:
    """The earlier months for which the change alters the decision, and their difference in yuan."""
    first = min((standard.effective_month for standard in rules.all), default=now.first_day)
    month, months, yuan = Month.of(max(since, first)), 0, Decimal(0)
    while month < now:
        was, will = rules.decide(old, month), rules.decide(new, month)
        if was and will and was.amount != will.amount and is_visible(was, codes) and is_visible(will, codes):
            months, yuan = months + 1, yuan + will.amount - was.amount
        month = month.next
    if not months:
        return ""
    return ngettext(
        "It also changes %(months)s month gone by, by %(yuan)s yuan.",
        "It also changes %(months)s months gone by, by %(yuan)s yuan together.",
        months,
    ) % {"months": months, "yuan": f"{yuan:+,.2f}"}


def _amount(decision: engine.Decision) -> str:
    if decision.outcome is engine.Outcome.PAID:
        return _("%(amount)s yuan") % {"amount": exact(decision.amount)}
    return _("nothing")


def _when(month: Month, now: Month) -> str:
    if month == now:
        return _("from this month")
    if month == now.next:
        return _("from next month")
    return _("from %(month)s") % {"month": date_format(month.first_day, "YEAR_MONTH_FORMAT")}


def _why(was: engine.Decision, will: engine.Decision) -> str:
    """The first reason for the difference."""
    if will.outcome is engine.Outcome.NOT_IN_OFFICE:
        return _("out of office")
    if will.outcome is not engine.Outcome.PAID:
        return reason(will.outcome)
    if was.outcome is engine.Outcome.EMPLOYED:
        return _("no longer employed elsewhere")
    assert will.paid
    if was.paid is None or was.paid.position != will.paid.position:
        return _("as %(position)s") % {"position": Position(will.paid.position).label}
    if was.full_years != will.full_years:
        return _("full years %(before)s → %(after)s") % {"before": was.full_years, "after": will.full_years}
    return _("another rate")


@dataclass(frozen=True)
class Total:
    """The effect of a re-election on the stipends of all its people in one month, in yuan."""

    month: Month
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


def of_reelection(plan: Plan, *, user: User, today: date) -> Total:
    """The next month's total of everyone in the plan, before and after; people paid elsewhere are left out.

    It is next month, or if later the first month on whose reference date the new offices are in force.
    """
    rules, codes = Rules(), visible_codes(user)
    month = max(Month.of(today), Month.of(plan.first_day)).next
    rows = [*plan.ended(), *plan.begun()]
    known = {row.member_id for row in rows if row.member_id}
    new = {id(row.member): row.member for row in rows if not row.member_id}
    before = [person.life for person in facts.people(known).values()]
    after = [person.life for person in facts.people(known, rows).values()]
    after += [facts.newcomer(member, [row for row in rows if row.member is member]).life for member in new.values()]

    def total(lives: list[engine.Life]) -> Decimal:
        decisions = [decision for life in lives if (decision := rules.decide(life, month))]
        return sum((decision.amount for decision in decisions if is_visible(decision, codes)), Decimal(0))

    return Total(month, total(before), total(after))


@dataclass(frozen=True)
class Paid:
    """What a roster shows for one person: the month's amount in words, and the full years."""

    years: str
    amount: str
    is_shown: bool  # whether there is an explanation to link to


def of_month(person: facts.Person, rules: Rules, codes: set[str], now: Month) -> Paid:
    """This month's amount from today's facts; next month's if the office begins later."""
    for month in (now, now.next):
        decision = rules.decide(person.life, month)
        if decision is None:
            return Paid("", "–", False)
        if decision.outcome is engine.Outcome.NOT_IN_OFFICE:
            continue
        if not is_visible(decision, codes):
            return Paid("", _("paid elsewhere"), False)
        amount = exact(decision.amount) if decision.outcome is engine.Outcome.PAID else f"– {_short(decision)}"
        if month != now:
            amount = _("next month %(amount)s") % {"amount": amount}
        return Paid(str(decision.full_years) if decision.paid else "–", amount, True)
    return Paid("–", "–", False)


def _short(decision: engine.Decision) -> str:
    return _("employed") if decision.outcome is engine.Outcome.EMPLOYED else _("without stipend")
