"""Whether a draft still agrees with the registry."""

from collections import Counter
from itertools import groupby

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from jygroups.lib.months import Month
from registry.models import Appointment, EmploymentSpell, User
from subsidies.models import Correction, CorrectionState, Hold, Settlement, Sheet, SheetLine, Standard, State
from subsidies.month import differences


def changed_people(user: User, sheets: list[Sheet]) -> Counter[int]:
    """By draft, how many lines visible to the user would differ if they were computed now.

    Only people whose records changed are decided again. The number of queries depends only on the number of months.
    """
    drafts = Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets], state=State.DRAFT)
    found: Counter[int] = Counter()
    visible = user.community_keys()
    rows = drafts.select_related("subdistrict").order_by("month")
    for _month, alike in groupby(rows, lambda sheet: sheet.month):
        of_month = list(alike)
        people = candidates(of_month)
        if not people:
            continue
        asked = {sheet.pk for sheet in of_month}
        for difference in differences.of(of_month, people):
            lines = [line for line in (difference.was, difference.now) if line and line.community_id in visible]
            found.update(asked & {line.sheet_id for line in lines})
    return found


def candidates(drafts: list[Sheet]) -> set[int]:
    """The members whose lines of the month may differ by now, on any sheet."""
    month = Month.of(drafts[0].month)
    standard = Standard.objects.in_force(month).prefetch_related("rates").first()
    assert standard is not None  # the drafts were computed by one
    of_month = SheetLine.objects.filter(month=month.first_day)
    by_another = Q(sheet__in=[each.pk for each in drafts if each.standard_id != standard.pk])
    changed = of_month.filter(_changed() | by_another, sheet__state=State.DRAFT)
    # People who are on no sheet of the month and may belong to one of these.
    here = Q(committee__community__subdistrict__in=[each.subdistrict_id for each in drafts])
    in_office = Appointment.objects.in_office(standard.rules().reference_date(month.first_day)).filter(here)
    since = min(each.computed_at for each in drafts)
    owed = Correction.objects.filter(state=CorrectionState.ACCEPTED, month__lt=month.first_day, updated_at__gt=since)
    on_some = of_month.values("member")
    rows: list[QuerySet] = [changed, in_office.exclude(member__in=on_some), owed.exclude(member__in=on_some)]
    first, *others = (each.order_by().values_list("member") for each in rows)
    return {key for (key,) in first.union(*others)}


def _changed() -> Q:
    """Lines of people with a record added, changed or deleted after the line was computed."""
    since = OuterRef("computed_at")
    of_member = {"member": OuterRef("member")}
    recorded = Q(updated_at__gt=since)
    places = Q(committee__community__updated_at__gt=since) | Q(group__updated_at__gt=since)
    deleted = {"member_id": OuterRef("member"), "history_type": "-", "history_date__gt": since}
    settled_elsewhere = Settlement.objects.filter(
        correction__member=OuterRef("member"), line__computed_at__gt=since
    ).exclude(line__month=OuterRef("month"))
    return (
        Q(member__updated_at__gt=F("computed_at"))
        | Q(Exists(Appointment.objects.filter(recorded | places, **of_member)))
        | Q(Exists(EmploymentSpell.objects.filter(recorded, **of_member)))
        | Q(Exists(Hold.objects.filter(recorded, **of_member)))
        | Q(Exists(Correction.objects.filter(recorded, **of_member).exclude(state=CorrectionState.PROPOSED)))
        | Q(Exists(settled_elsewhere))
        | Q(Exists(Appointment.history.filter(**deleted)))
        | Q(Exists(EmploymentSpell.history.filter(**deleted)))
    )
