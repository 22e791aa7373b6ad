"""A report's workflow: reported, taken up, handled, confirmed; each step in one transaction with its event.

From where to where each step leads is in models/reports.py.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import REPORT_STEPS, Report, ReportEvent, ReportKind, ReportState, ReportStep, User
from registry.records import versions
from registry.records.workflow import Workflow
from registry.work.reports import deadlines


class ReportWorkflow(Workflow[Report]):
    """Each step leaves a version, and a line in the report's time line."""

    def last(self, record):
        last = record.events.select_related("by").last()
        return (last.by, last.at) if last else None

    def record(self, step, record, source, *, actor, comment="", at=None):
        _add_event(record, step, actor, comment)
        super().record(step, record, source, actor=actor, comment=comment, at=at)


REPORTS = ReportWorkflow(Report, REPORT_STEPS, related=("group__committee",), alone=False)


@transaction.atomic
def report(row: Report, *, actor: User, settled: bool = False) -> Report:
    """Hand in a new report; one that was settled on the spot, with its outcome, waits for nothing but confirmation."""
    if settled:
        _check_alarm(row)
    now = clock.now()
    row.reported_at = now
    row.take_by, row.handle_by = deadlines.deadlines(row.severity, timezone.localdate(now))
    if settled:
        row.state, row.taken_at, row.handled_at = ReportState.HANDLED, now, now
        row.handler = row.handler or actor.get_full_name()
        row.visit_back_by = _visit_back(row, timezone.localdate(now))
    versions.save(row, actor=actor, reason=_("reported"))
    REPORTS.record(ReportStep.REPORTED, row, "", actor=actor)
    if settled:
        REPORTS.record(ReportStep.HANDLED, row, ReportState.REPORTED, actor=actor, comment=row.outcome)
    return row


def take(step: ReportStep, *, report: Report, actor: User, comment: str = "", **entered) -> None:
    """Take the step, with what its form asks for. Raises Overtaken, Refused."""
    REPORTS.take(step, report, actor=actor, comment=comment, **entered)


@REPORTS.effect(ReportStep.TAKEN)
def _take(report: Report, actor: User, *, handler: str) -> str:
    report.taken_at, report.handler = clock.now(), handler
    return _("Handled by %(name)s.") % {"name": handler}


@REPORTS.effect(ReportStep.HANDLED)
def _handle(report: Report, actor: User, *, outcome: str, mediation: str = "", alarm: str = "") -> str:
    """A dispute is visited back some days later; of an urgent hazard the alarm is answered."""
    report.mediation = mediation or report.mediation
    report.alarm = alarm or report.alarm
    _check_alarm(report)
    report.handled_at, report.outcome = clock.now(), outcome
    report.visit_back_by = _visit_back(report, clock.today())
    return outcome


@REPORTS.effect(ReportStep.CONFIRMED)
def _confirm(report: Report, actor: User) -> None:
    """An urgent hazard is never confirmed by its handler."""
    _check_alarm(report)
    if is_own_handler(report, actor):
        raise Refused(_("Who handled an urgent hazard does not confirm that it is settled; somebody else does."))
    report.confirmed_at = clock.now()


@REPORTS.effect(ReportStep.RETURNED)
def _return(report: Report, actor: User) -> None:
    """The handling has as many days as that of a new report, from today."""
    report.handled_at = report.visit_back_by = None
    report.handle_by = deadlines.deadlines(report.severity, clock.today())[1]


@REPORTS.effect(ReportStep.ESCALATED)
def _escalate(report: Report, actor: User) -> None:
    if report.at_subdistrict:
        raise Refused(_("This report has already been passed on to the subdistrict."))
    report.take_by, report.handle_by = deadlines.deadlines(report.severity, clock.today())
    report.at_subdistrict, report.taken_at, report.handler = True, None, ""


@REPORTS.effect(ReportStep.VISITED_BACK)
def _visit(report: Report, actor: User, *, on: date) -> None:
    if report.visited_back_on:
        raise Refused(_("The visit back was made on %(day)s.") % {"day": report.visited_back_on})
    report.visited_back_on = on


@transaction.atomic
def change(report: Report, *, actor: User, comment: str, severity_changed: bool) -> None:
    """Save what was corrected, locked by the view; another severity has other deadlines.

    They count from the day of the report, or from when it was passed on; that of the handling, also from its return.
    """
    state = REPORTS.check(ReportStep.CHANGED, report, actor=actor)
    if severity_changed:
        restarts = report.events.filter(step__in=[ReportStep.ESCALATED, ReportStep.RETURNED])
        days = {step: timezone.localdate(at) for step, at in restarts.order_by("at").values_list("step", "at")}
        taken_from = days.get(ReportStep.ESCALATED, timezone.localdate(report.reported_at))
        handled_from = max(taken_from, days.get(ReportStep.RETURNED, taken_from))
        report.take_by = deadlines.deadlines(report.severity, taken_from)[0]
        report.handle_by = deadlines.deadlines(report.severity, handled_from)[1]
    REPORTS.save(ReportStep.CHANGED, report, actor, comment)
    REPORTS.record(ReportStep.CHANGED, report, state, actor=actor, comment=comment)


def _check_alarm(report: Report) -> None:
    if report.awaits_alarm:
        raise Refused(
            _("An urgent hazard is settled only once it is entered whether the alarm was raised (110, 119, 120).")
        )


def is_own_handler(report: Report, user: User) -> bool:
    """Whether the user handled this urgent hazard: is named as handler, or entered last how it was settled."""
    if not report.is_urgent_hazard:
        return False
    handled = report.events.filter(step=ReportStep.HANDLED).order_by("at", "pk").last()
    return report.handler == user.get_full_name() or (handled is not None and handled.by_id == user.pk)


def _visit_back(report: Report, day: date) -> date | None:
    return deadlines.visit_back_by(day) if report.kind == ReportKind.DISPUTE else None


def _add_event(report: Report, step: ReportStep, actor: User, comment: str) -> None:
    ReportEvent.objects.create(
        report=report, at=clock.now(), by=actor, name=actor.get_full_name(), step=step, comment=comment
    )
