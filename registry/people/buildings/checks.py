"""The duty to cover every building 〔三(一)〕."""

from collections.abc import Iterator

from django.db.models import Count
from django.utils.translation import gettext_lazy

from registry.models import Building
from registry.records.duties import (
    BUILDINGS,
    MeasureContext,
    Measured,
    Period,
    duty,
)


@duty(
    "coverage",
    "三(一)",
    gettext_lazy("Coverage"),
    gettext_lazy("Every building is covered by a group"),
    BUILDINGS,
    Period.ALWAYS,
    "buildings",
    query="covered=no",
)
def buildings_covered(context: MeasureContext) -> Iterator[Measured]:
    rows = Building.objects.filter(community__in=context.communities).order_by()
    for community, due, done in rows.values_list("community").annotate(whole=Count("pk"), part=Count("group")):
        yield Measured(community, None, done, due)
