"""The effect of putting a draft Standard into force, on the current month and on closed months."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Appointment, Subdistrict, on_day
from subsidies import engine, facts
from subsidies.models import CLOSED_STATES, Sheet, Standard
from subsidies.standards.rules import Rules

NOTHING = Decimal(0)


@dataclass(frozen=True)
class AdoptionRow:
    """One subdistrict's month under the rules in force and under the draft; yuan, before corrections."""

    subdistrict: Subdistrict
    people: tuple[int, int]
    yuan: tuple[Decimal, Decimal]

    @property
    def difference(self) -> Decimal:
        return self.yuan[1] - self.yuan[0]


@dataclass(frozen=True)
class Comparison:
    """The month by today's register, person by person under both."""

    month: Month
    rows: list[AdoptionRow]
    gain: int  # people with a higher amount
    lose: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True)
class Past:
    """The closed months from the draft's effective month on, within the look-back of corrections."""

    first: date
    months: int  # of closed sheets, counted once for both subdistricts
    people: int
    corrections: int  # one for each person and month
    more: Decimal
    less: Decimal


def shown_month(draft: Standard, month: Month) -> Month:
    """The month in which the draft is compared: the given one, or the nearest that the draft would decide."""
    first = Month.of(draft.effective_month)
    end = next_standard(draft)
    return max(first, min(month, end.previous)) if end else max(first, month)


def next_standard(draft: Standard) -> Month | None:
    """The first month of the adopted Standard that follows the draft's month, if there is one."""
    later = Standard.objects.adopted().filter(effective_month__gt=draft.effective_month).order_by("effective_month")
    found = later.values_list("effective_month", flat=True).first()
    return Month.of(found) if found else None


def compare(draft: Standard, month: Month) -> Comparison | None:
    """The month under the Standard in force in it and under the draft, by today's register; None without the first."""
    now = Standard.objects.in_force(month).prefetch_related("rates").first()
    if now is None:
        return None
    old, new = now.rules(), draft.rules()
    day = month.first_day
    in_office = Appointment.objects.filter(on_day(old.reference_date(day)) | on_day(new.reference_date(day)))
    yuan: tuple[dict[int, Decimal], ...] = defaultdict(Decimal), defaultdict(Decimal)
    paid: tuple[Counter, Counter] = Counter(), Counter()
    gain = lose = 0
    areas: dict[int, Subdistrict] = {}
    for person in facts.people(set(in_office.values_list("member", flat=True))).values():
        was, will = (engine.decide(person.life, day, rules) for rules in (old, new))
        for place, decision in enumerate((was, will)):
            if decision.home is None:
                continue
            area = person.appointments[decision.home].committee.community.subdistrict
            areas[area.pk] = area
            yuan[place][area.pk] += decision.amount
            paid[place][area.pk] += decision.amount > 0
        gain += will.amount > was.amount
        lose += will.amount < was.amount
    rows = [
        AdoptionRow(area, (paid[0][key], paid[1][key]), (yuan[0][key], yuan[1][key]))
        for key, area in sorted(areas.items(), key=lambda pair: pair[1].code)
    ]
    before, after = (sum(each.values(), NOTHING) for each in yuan)
    return Comparison(month, rows, gain, lose, before, after)


def past(draft: Standard) -> Past | None:
    """The draft's changes to closed months, which will be proposed as corrections; None without changes."""
    closed = set(Sheet.objects.filter(state__in=CLOSED_STATES).values_list("subdistrict", "month"))
    if not closed:
        return None
    rules, new = Rules(), draft.rules()
    earliest = Month.of(max(month for _area, month in closed)).run_up(max(_look_back(draft), 1))[0].first_day
    months = {}
    for month in sorted({month for _area, month in closed if month >= max(earliest, new.effective_month)}):
        old = rules.of(Month.of(month))
        if old is not None and old.effective_month < new.effective_month:  # a later one goes on deciding its months
            months[month] = old
    if not months:
        return None
    offices = Appointment.objects.filter(first_day__lte=Month.of(max(months)).last_day)
    touched: set[int] = set()
    count, more, less = 0, NOTHING, NOTHING
    for person in facts.people(set(offices.values_list("member", flat=True))).values():
        for month, old in months.items():
            before, after = (engine.decide(person.life, month, rules) for rules in (old, new))
            if (home := after.home or before.home) is None:
                continue
            area = person.appointments[home].committee.community.subdistrict_id
            difference = after.amount - before.amount
            if not difference or (area, month) not in closed:
                continue
            touched.add(person.member.pk)
            count += 1
            more += max(difference, NOTHING)
            less += max(-difference, NOTHING)
    return Past(min(months), len(months), len(touched), count, more, less)


def _look_back(draft: Standard) -> int:
    """The months that corrections look back once the draft is adopted: by the Standard in force in this month."""
    month = Month.of(clock.today())
    now = Standard.objects.in_force(month).first()
    decides = draft.effective_month <= month.first_day and (now is None or now.effective_month < draft.effective_month)
    return draft.look_back if decides or now is None else now.look_back
