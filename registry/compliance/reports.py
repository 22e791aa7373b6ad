"""Reports that nobody has taken up, handled or visited back in time 〔二(三)(四), 四(四)〕."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import ngettext

from registry.compliance.kinds import Finding, Kind
from registry.models import Report, ReportState, User, needs_visit_back

COMMUNITY = "group__committee__community"


def asleep(user: User, day: date) -> Iterator[Finding]:
    """One for each group and what its reports wait for."""
    not_taken = Q(state=ReportState.REPORTED, take_by__lt=day)
    late = Q(state=ReportState.TAKEN, handle_by__lt=day)
    back = needs_visit_back(day)
    rows = (
        Report.objects.counted_for(user)
        .filter(not_taken | late | back)
        .order_by(f"{COMMUNITY}__code", "group__ordinal", "group")
        .values("group", "group__name", COMMUNITY, f"{COMMUNITY}__name")
        .annotate(not_taken=Count("pk", filter=not_taken), late=Count("pk", filter=late), back=Count("pk", filter=back))
    )
    for row in rows:
        place = f"{row[f'{COMMUNITY}__name']}{row['group__name']}"
        for kind, state, count, text in _told(row):
            url = f"{reverse('reports')}?group={row['group']}&state={state}"
            yield Finding(kind, place, text % {"count": count}, url, row[COMMUNITY], row["group"])


def _told(row: dict) -> Iterator[tuple[Kind, str, int, str]]:
    """The kind, the list's state, how many, and the words."""
    if count := row["not_taken"]:
        text = ngettext("has %(count)s report nobody took up", "has %(count)s reports nobody took up", count)
        yield Kind.REPORT_NOT_TAKEN, "reported", count, text
    if count := row["late"]:
        text = ngettext("has %(count)s report past its deadline", "has %(count)s reports past their deadline", count)
        yield Kind.REPORT_LATE, "taken", count, text
    if count := row["back"]:
        text = ngettext(
            "has %(count)s dispute not visited back in time", "has %(count)s disputes not visited back in time", count
        )
        yield Kind.VISIT_BACK, "visit-back", count, text
