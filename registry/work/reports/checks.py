"""Reports are taken up, handled and visited back in time 〔二(三)—(六), 四(四)〕."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from registry.models import Report, ReportKind, ReportState, User, needs_visit_back
from registry.models.reports import HANDLED_IN_TIME
from registry.records.duties import GROUPS, MATTERS, Measure, MeasureContext, Measured, Period, duty, in_time
from registry.records.findings import Finding, Kind, check

REPORT_NOT_TAKEN = Kind(
    "report-not-taken",
    110,
    word=gettext_lazy("Report not taken up"),
    several=ngettext_lazy(
        "%(count)s group with reports nobody took up", "%(count)s groups with reports nobody took up", "count"
    ),
    act=gettext_lazy("Take it up"),
    is_breach=True,
)
REPORT_LATE = Kind(
    "report-late",
    120,
    word=gettext_lazy("Report past its deadline"),
    several=ngettext_lazy(
        "%(count)s group with reports past their deadline",
        "%(count)s groups with reports past their deadline",
        "count",
    ),
    act=gettext_lazy("Handle it"),
    is_breach=True,
)
VISIT_BACK = Kind(
    "visit-back",
    130,
    word=gettext_lazy("Dispute not visited back"),
    several=ngettext_lazy(
        "%(count)s group with disputes not visited back", "%(count)s groups with disputes not visited back", "count"
    ),
    act=gettext_lazy("Enter the visit back"),
    is_breach=True,
    fixed_by_group="registry.change_report",
)

COMMUNITY = "group__committee__community"


@check(REPORT_NOT_TAKEN, REPORT_LATE, VISIT_BACK, needs=["registry.view_report"])
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
        for kind, state, count, text in _waiting(row):
            url = f"{reverse('reports')}?group={row['group']}&state={state}"
            yield Finding(kind, place, text % {"count": count}, url, row[COMMUNITY], row["group"])


def _waiting(row: dict) -> Iterator[tuple[Kind, str, int, str]]:
    """The kind, the list's state, how many, and the words."""
    if count := row["not_taken"]:
        text = ngettext("has %(count)s report nobody took up", "has %(count)s reports nobody took up", count)
        yield REPORT_NOT_TAKEN, "reported", count, text
    if count := row["late"]:
        text = ngettext("has %(count)s report past its deadline", "has %(count)s reports past their deadline", count)
        yield REPORT_LATE, "taken", count, text
    if count := row["back"]:
        text = ngettext(
            "has %(count)s dispute not visited back in time", "has %(count)s disputes not visited back in time", count
        )
        yield VISIT_BACK, "visit-back", count, text


def reports_handled(*kinds: str) -> Measure:
    """Reports of the kinds, handled by the day that their severity sets."""

    def measure(context: MeasureContext) -> Iterator[Measured]:
        rows = Report.objects.filter(
            kind__in=kinds, group__in=context.groups, handle_by__range=(context.half.first_day, context.day)
        )
        return in_time(rows.exclude(handle_by=context.today, handled_at=None), HANDLED_IN_TIME)

    return measure


duty(
    "disputes",
    "二(三)",
    gettext_lazy("Disputes"),
    gettext_lazy("Disputes are mediated in time"),
    MATTERS,
    Period.ALWAYS,
    "reports",
    query="kind=dispute",
)(reports_handled(ReportKind.DISPUTE))
duty(
    "hazards",
    "二(四)",
    gettext_lazy("Hazards"),
    gettext_lazy("Hazards are reported and removed in time"),
    MATTERS,
    Period.ALWAYS,
    "reports",
    query="kind=hazard",
)(reports_handled(ReportKind.HAZARD))
duty(
    "property",
    "二(五)",
    gettext_lazy("Property"),
    gettext_lazy("Property management and environment: what is reported is dealt with in time"),
    MATTERS,
    Period.ALWAYS,
    "reports",
    query="kind=property",
)(reports_handled(ReportKind.PROPERTY, ReportKind.ENVIRONMENT))
duty(
    "opinions",
    "二(六)",
    gettext_lazy("Opinions"),
    gettext_lazy("Residents' opinions and requests are answered in time"),
    MATTERS,
    Period.ALWAYS,
    "reports",
    query="kind=opinion",
)(reports_handled(ReportKind.OPINION))


@duty(
    "information",
    "四(四)",
    gettext_lazy("Information"),
    gettext_lazy("What is found is reported by the phone"),
    GROUPS,
    Period.HALF_YEAR,
    "reports",
)
def reporting(context: MeasureContext) -> Iterator[Measured]:
    """Groups from which anything was reported in the half-year."""
    rows = Report.objects.filter(group__in=context.groups, noticed_on__range=(context.half.first_day, context.day))
    return context.of_each_group(set(rows.values_list("group", flat=True).order_by().distinct()))
