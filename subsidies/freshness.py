"""Whether a draft still says what the registry says."""

from collections import Counter

from django.db.models import Count, Exists, F, OuterRef, Q

from registry.models import Appointment, EmploymentSpell, User, on_day
from subsidies.models import Correction, CorrectionState, Hold, Sheet, SheetLine, State


def changed_people(user: User, sheets: list[Sheet]) -> Counter[int]:
    """Of each draft, by its key, how many people whom the user sees had a record changed since it was computed.

    Those on the draft, and those in office on its reference date who are on no sheet of the month. A constant
    number of queries, whatever the drafts.
    """
    drafts = Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets], state=State.DRAFT)
    found: Counter[int] = Counter()
    newer = {"member": OuterRef("member"), "updated_at__gt": OuterRef("computed_at")}
    on_draft = SheetLine.objects.visible_to(user).filter(
        Q(member__updated_at__gt=F("computed_at"))
        | Q(Exists(Appointment.objects.filter(**newer)))
        | Q(Exists(EmploymentSpell.objects.filter(**newer)))
        | Q(Exists(Hold.objects.filter(**newer)))
        | Q(Exists(Correction.objects.filter(**newer).exclude(state=CorrectionState.PROPOSED))),
        sheet__in=drafts,
    )
    found.update(dict(on_draft.order_by().values_list("sheet").annotate(Count("pk"))))
    in_office = Q(pk=None)
    by_subdistrict = {}
    for sheet in drafts.select_related("standard").prefetch_related("standard__rates"):
        by_subdistrict[sheet.subdistrict_id] = sheet.pk
        day = sheet.standard.rules().reference_date(sheet.month)
        in_office |= Q(committee__community__subdistrict=sheet.subdistrict_id) & on_day(day)
    on_some = SheetLine.objects.filter(month__in=drafts.values("month")).values("member")
    on_none = Appointment.objects.visible_to(user).filter(in_office).exclude(member__in=on_some)
    area = "committee__community__subdistrict"
    for subdistrict, count in on_none.order_by().values_list(area).annotate(Count("member", distinct=True)):
        found[by_subdistrict[subdistrict]] += count
    return found
