"""The half-year's report as a workbook: the figures to file, and each community with each duty."""

from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.workbooks import Book, Column, PrintedSheet
from registry.compliance.half_year.queries import HalfYearReport
from registry.compliance.standing import Standing, State
from registry.records.duties import DUTIES


def workbook(report: HalfYearReport) -> bytes:
    with Book(title=report.title) as book:
        _duties(book, report)
        _work(book, report)
        _lacks(book, report)
        _communities(book, report)
    return book.content


def _table(book: Book, name: str, report: HalfYearReport, columns: list[Column]) -> PrintedSheet:
    notes = {0: _("As of %(day)s") % {"day": report.day.isoformat()}}
    return PrintedSheet(book, name, report.title, columns, notes=notes, height=20)


def figure(standing: Standing) -> str:
    """12/15, or a dash where nothing is due."""
    return f"{standing.done}/{standing.due}" if standing.due else "–"


def _duties(book: Book, report: HalfYearReport) -> None:
    areas = [name for name, _here in report.areas]
    columns = [
        Column(_("Clause"), 9, "center"),
        Column(_("Duty"), 46),
        Column(_("Counted"), 10, "center"),
        *(Column(name, 13, "center") for name in areas),
        Column(_("State"), 12, "center"),
    ]
    table = _table(book, _("Duties"), report, columns)
    for each in report.set_up:
        counts = _("%(committees)s of %(committees_due)s committees, %(groups)s of %(groups_due)s groups")
        words = {name: getattr(each, name) for name in ("committees", "committees_due", "groups", "groups_due")}
        own = [counts % words if name == each.subdistrict.name else "" for name in areas]
        state = State.HOLDS if each.holds else State.FAILS
        table.add(
            [
                "三(四)",
                _("Set up as in the annexes: %(area)s") % {"area": each.subdistrict.name},
                "",
                *own,
                str(state.word),
            ]
        )
    for whole, of_areas in report.duties:
        duty = whole.duty
        table.add([duty.clause, str(duty.words), str(duty.unit), *map(figure, of_areas), str(whole.state.word)])


def _work(book: Book, report: HalfYearReport) -> None:
    areas = [name for name, _here in report.areas]
    columns = [Column(_("Work"), 52), *(Column(name, 16, "count") for name in areas)]
    table = _table(book, _("Work done"), report, columns)
    for work in report.work:
        table.add([work.label, *work.counts])


def _lacks(book: Book, report: HalfYearReport) -> None:
    columns = [
        Column(_("Clause"), 9, "center"),
        Column(_("Duty"), 40),
        Column(_("State"), 12, "center"),
        Column(_("Communities"), 60),
    ]
    table = _table(book, _("Not done"), report, columns)
    for lack in report.lacks:
        duty = lack.standing.duty
        names = _(", ").join(community.name for community in lack.communities)
        table.add([duty.clause, str(duty.words), str(lack.standing.state.word), names])
    if not report.lacks:
        table.sentence(_("Everything is done."))


def _communities(book: Book, report: HalfYearReport) -> None:
    columns = [Column(_("Community"), 13, "center"), *(Column(str(duty.short), 7, "center") for duty in DUTIES)]
    table = _table(book, _("By community"), report, columns)
    for community in report.communities:
        table.add([community.name, *(figure(each) for each in report.standings.rows([community]))])
