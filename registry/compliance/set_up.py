"""The committees and groups that stand, beside those that the document's annexes set up 〔三(四)〕."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from registry.models import PlanItem, PlanState, ResidentsCommittee, ResidentsGroup, Subdistrict

ANNEXES = settings.BASE_DIR / "fixtures" / "annexes.csv"


@dataclass(frozen=True)
class SetUp:
    """A subdistrict's bodies: those that stand, and those that the annexes and the plans approved since ask for."""

    subdistrict: Subdistrict
    committees: int
    committees_due: int
    groups: int
    groups_due: int

    @property
    def holds(self) -> bool:
        return (self.committees, self.groups) == (self.committees_due, self.groups_due)


def annexes() -> dict[str, tuple[int, int]]:
    """By a subdistrict's code, how many committees and groups its annex sets up."""
    with ANNEXES.open(encoding="utf-8", newline="") as file:
        return {row["街道代码"]: (int(row["居民委员会"]), int(row["居民小组"])) for row in csv.DictReader(file)}


def of(subdistricts: Iterable[Subdistrict], day: date) -> list[SetUp]:
    """Each of the subdistricts that the annexes name, on the day."""
    committees = Counter(ResidentsCommittee.objects.values_list("community__subdistrict", flat=True).order_by())
    standing = ResidentsGroup.objects.standing_on(day).order_by()
    groups = Counter(standing.values_list("committee__community__subdistrict", flat=True))
    planned: Counter[int] = Counter()
    applied = PlanItem.objects.filter(plan__state=PlanState.APPLIED, plan__effective_on__lte=day).order_by()
    for subdistrict, creates, dissolves in applied.values_list("plan__community__subdistrict", "creates", "dissolves"):
        planned[subdistrict] += creates - dissolves
    due = annexes()
    return [
        SetUp(
            each,
            committees=committees[each.pk],
            committees_due=due[each.code][0],
            groups=groups[each.pk],
            groups_due=due[each.code][1] + planned[each.pk],
        )
        for each in subdistricts
        if each.code in due
    ]
