"""A report's way: reported, taken up, handled, confirmed; each step in one transaction with its line in the time line.

The row comes locked by its view, so that of two who do the same at once the second is told who was first.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import Report, ReportEvent, ReportKind, ReportState, ReportStep, User
from registry.records import versions
from registry.work.reports import deadlines

# The states from which a step leads on.
FROM = {
    ReportStep.TAKEN: [ReportState.REPORTED],
    ReportStep.ESCALATED: [ReportState.REPORTED, ReportState.TAKEN],
    ReportStep.HANDLED: [ReportState.TAKEN],
    ReportStep.RETURNED: [ReportState.HANDLED],
    ReportStep.CONFIRMED: [ReportState.HANDLED],
    ReportStep.VISITED_BACK: [ReportState.HANDLED, ReportState.CONFIRMED],
    ReportStep.CHANGED: [ReportState.REPORTED, ReportState.TAKEN],
    ReportStep.NOTED: list(ReportState),
}


@transaction.atomic
def report(row: Report, *, actor: User, settled: bool = False) -> Report:
    """Hand in a new report; one that was settled on the spot, with its outcome, waits for nothing but confirmation."""
    if settled:
        _check_alarm(row)
    now = timezone.now()
    row.reported_at = now
    row.take_by, row.handle_by = deadlines.deadlines(row.severity, timezone.localdate(now))
    if settled:
        row.state, row.taken_at, row.handled_at = ReportState.HANDLED, now, now
        row.handler = row.handler or actor.get_full_name()
        row.visit_back_by = _visit_back(row, timezone.localdate(now))
    versions.save(row, actor=actor, reason=_("reported"))
    _tell(row, ReportStep.REPORTED, actor, "")
    if settled:
        _tell(row, ReportStep.HANDLED, actor, row.outcome)
    return row


def take(report: Report, *, actor: User, handler: str, comment: str = "") -> None:
    said = _("Handled by %(name)s.") % {"name": handler}
    _step(
        report, ReportStep.TAKEN, actor, f"{said} {comment}".strip(),
        state=ReportState.TAKEN, taken_at=timezone.now(), handler=handler,
    )  # fmt: skip


def handle(report: Report, *, actor: User, outcome: str, mediation: str = "", alarm: str = "") -> None:
    """Say how it was settled. A dispute is visited back some days later; of an urgent hazard the alarm is answered."""
    report.mediation = mediation or report.mediation
    report.alarm = alarm or report.alarm
    _check_alarm(report)
    _step(
        report, ReportStep.HANDLED, actor, outcome,
        state=ReportState.HANDLED, handled_at=timezone.now(), outcome=outcome,
        visit_back_by=_visit_back(report, timezone.localdate()),
    )  # fmt: skip


def confirm(report: Report, *, actor: User, comment: str) -> None:
    """Say that it is settled; of an urgent hazard never by who handled it."""
    _check_alarm(report)
    if is_own_handler(report, actor):
        raise Refused(_("Who handled an urgent hazard does not confirm that it is settled; somebody else does."))
    _step(
        report, ReportStep.CONFIRMED, actor, comment,
        state=ReportState.CONFIRMED, confirmed_at=timezone.now(),
    )  # fmt: skip


def give_back(report: Report, *, actor: User, comment: str) -> None:
    """It is not settled: it is to be handled again, with as many days as a new one."""
    _step(
        report, ReportStep.RETURNED, actor, comment,
        state=ReportState.TAKEN, handled_at=None, visit_back_by=None,
        handle_by=deadlines.deadlines(report.severity, timezone.localdate())[1],
    )  # fmt: skip


def escalate(report: Report, *, actor: User, comment: str) -> None:
    """Pass on to the subdistrict what the community cannot settle; the subdistrict has to take it up."""
    if report.at_subdistrict:
        raise Refused(_("This report has already been passed on to the subdistrict."))
    take_by, handle_by = deadlines.deadlines(report.severity, timezone.localdate())
    _step(
        report, ReportStep.ESCALATED, actor, comment,
        state=ReportState.REPORTED, at_subdistrict=True, taken_at=None, handler="",
        take_by=take_by, handle_by=handle_by,
    )  # fmt: skip


def visit_back(report: Report, *, actor: User, on: date, comment: str) -> None:
    if report.visited_back_on:
        raise Refused(_("The visit back was made on %(day)s.") % {"day": report.visited_back_on})
    _step(report, ReportStep.VISITED_BACK, actor, comment, visited_back_on=on)


@transaction.atomic
def note(report: Report, *, actor: User, comment: str) -> None:
    _tell(report, ReportStep.NOTED, actor, comment)


def change(report: Report, *, actor: User, comment: str, severity_changed: bool) -> None:
    """What was reported is put right; another severity has other deadlines, counted from the day of the report."""
    dates = {}
    if severity_changed:
        day = timezone.localdate(report.reported_at)
        dates = dict(zip(("take_by", "handle_by"), deadlines.deadlines(report.severity, day), strict=True))
    _step(report, ReportStep.CHANGED, actor, comment, **dates)


def _check_alarm(report: Report) -> None:
    if report.awaits_alarm:
        raise Refused(
            _("An urgent hazard is settled only once it is said whether the alarm was raised (110, 119, 120).")
        )


def is_own_handler(report: Report, user: User) -> bool:
    """Whether the user handled this urgent hazard: is named as handler, or said last how it was settled."""
    if not report.is_urgent_hazard:
        return False
    handled = report.events.filter(step=ReportStep.HANDLED).order_by("at", "pk").last()
    return report.handler == user.get_full_name() or (handled is not None and handled.by_id == user.pk)


def _visit_back(report: Report, day: date) -> date | None:
    return deadlines.visit_back_by(day) if report.kind == ReportKind.DISPUTE else None


@transaction.atomic
def _step(report: Report, step: ReportStep, actor: User, comment: str, **changes) -> None:
    if report.state not in FROM[step]:
        last = report.events.last()
        raise Refused(
            _("Somebody was quicker: %(who)s, %(step)s.") % {"who": last.name, "step": last.get_step_display()}
            if last
            else _("This step is not open any more.")
        )
    for name, value in changes.items():
        setattr(report, name, value)
    versions.save(report, actor=actor, reason=str(step.label))
    _tell(report, step, actor, comment)


def _tell(report: Report, step: ReportStep, actor: User, comment: str) -> None:
    ReportEvent.objects.create(
        report=report, at=timezone.now(), by=actor, name=actor.get_full_name(), step=step, comment=comment
    )
