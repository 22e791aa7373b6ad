"""The half-year's report as a workbook: the figures to file, and each community with each duty."""

import io

from django.utils.translation import gettext as _

from jygroups.lib.printed import Book, Column, Table
from jygroups.lib.sheets import safe_workbook
from registry.compliance.half_year.queries import HalfYearReport
from registry.compliance.standing import Standing, State
from registry.records.duties import DUTIES


def workbook(report: HalfYearReport) -> bytes:
    target = io.BytesIO()
    with safe_workbook(target) as file:
        file.set_properties({"title": report.title})
        book = Book(file)
        _duties(book, report)
        _work(book, report)
        _lacks(book, report)
        _communities(book, report)
    return target.getvalue()


def _note(report: HalfYearReport) -> str:
    return _("As of %(day)s") % {"day": report.day.isoformat()}


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
    table = Table(book, _("Duties"), report.title, columns, height=20)
    table.notes({0: _note(report)})
    for each in report.set_up:
        counts = _("%(committees)s of %(committees_due)s committees, %(groups)s of %(groups_due)s groups")
        words = {name: getattr(each, name) for name in ("committees", "committees_due", "groups", "groups_due")}
        own = [counts % words if name == each.subdistrict.name else "" for name in areas]
        state = State.HOLDS if each.holds else State.FAILS
        table.add(
            [
                "三(四)",
                _("Set up as the annexes say: %(area)s") % {"area": each.subdistrict.name},
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
    table = Table(book, _("Work done"), report.title, columns, height=20)
    table.notes({0: _note(report)})
    for work in report.work:
        table.add([work.label, *work.counts])


def _lacks(book: Book, report: HalfYearReport) -> None:
    columns = [
        Column(_("Clause"), 9, "center"),
        Column(_("Duty"), 40),
        Column(_("State"), 12, "center"),
        Column(_("Communities"), 60),
    ]
    table = Table(book, _("Not done"), report.title, columns, height=20)
    table.notes({0: _note(report)})
    for lack in report.lacks:
        duty = lack.standing.duty
        names = _(", ").join(community.name for community in lack.communities)
        table.add([duty.clause, str(duty.words), str(lack.standing.state.word), names])
    if not report.lacks:
        table.sentence(_("Everything is done."))


def _communities(book: Book, report: HalfYearReport) -> None:
    columns = [Column(_("Community"), 13, "center"), *(Column(str(duty.short), 7, "center") for duty in DUTIES)]
    table = Table(book, _("By community"), report.title, columns, height=20)
    table.notes({0: _note(report)})
    for community in report.communities:
        table.add([community.name, *(figure(each) for each in report.standings.rows([community]))])
