"""People who take office in a month after its reference day: not part of the month, but shown because users ask."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.months import Month
from registry.models import COMMITTEE_FIRST, Appointment, Community, Member, ResidentsGroup
from registry.models.appointments import AppointmentQuerySet
from subsidies import engine, facts
from subsidies.explanations.decisions import reason, with_days
from subsidies.models import Sheet, SheetLine
from subsidies.standards.rules import Rules


@dataclass(frozen=True)
class Newcomer:
    """One person with the offices that begin after the reference day, and why the month does not pay them."""

    member: Member
    community: Community
    group: ResidentsGroup | None
    offices: list[str]
    why: str


def offices(sheet: Sheet) -> AppointmentQuerySet:
    """Offices in the sheet's area that begin in its month after the reference day, of people without a line.

    For an approved sheet only those registered before its approval, so that its prints stay the same.
    """
    day = sheet.standard.rules().reference_date(sheet.month)
    begun = Appointment.objects.filter(
        committee__community__subdistrict=sheet.subdistrict_id,
        member__merged_into=None,
        first_day__gt=day,
        first_day__lte=Month.of(sheet.month).last_day,
    )
    if sheet.approved_at:
        begun = begun.filter(created_at__lte=sheet.approved_at)
    considered = SheetLine.objects.filter(month=sheet.month).values("member")
    return begun.exclude(member__in=considered).exclude(member__in=Appointment.objects.in_office(day).values("member"))


def newcomers(sheet: Sheet, begun: AppointmentQuerySet) -> list[Newcomer]:
    """The people of these offices, in the order of a sheet; four queries, one if there are none."""
    rows: dict[int, list[Appointment]] = {}
    order = ("committee__community__code", COMMITTEE_FIRST, "group__ordinal", "member__pinyin", "member", "first_day")
    for row in begun.select_related("member", "committee__community", "group").order_by(*order):
        rows.setdefault(row.member_id, []).append(row)
    if not rows:
        return []
    lives, rules = facts.people(rows), Rules()
    return [
        Newcomer(
            member=held[0].member,
            community=held[0].committee.community,
            group=held[0].group,
            offices=[f"{facts.body_name(row)} {row.get_position_display()}" for row in held],
            why=_why(held, lives[key].life, sheet, rules),
        )
        for key, held in rows.items()
    ]


def _why(held: Iterable[Appointment], life: engine.Life, sheet: Sheet, rules: Rules) -> str:
    month = Month.of(sheet.month)
    decision = rules.decide(life, month.next)
    words = {
        "first": min(row.first_day for row in held),
        "day": sheet.standard.rules().reference_date(sheet.month),
        "month": date_format(month.next.first_day, "YEAR_MONTH_FORMAT"),
    }
    if decision and decision.outcome is engine.Outcome.PAID:
        return _("took office on %(first)s, after the reference day %(day)s; first paid for %(month)s") % words
    why = with_days(reason(decision.outcome), decision.employment) if decision else ""
    words["why"] = why or _("not in office any more on its reference day")
    return _("took office on %(first)s, after the reference day %(day)s; nothing for %(month)s: %(why)s") % words
