"""The columns of the lists of evaluation rounds and of their results."""

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from jygroups.lib import tables
from registry.models import Evaluation, EvaluationRound, Grade, RoundState

STATES = {RoundState.OPEN: "you", RoundState.SCORED: "you", RoundState.CLOSED: "done"}
GRADES = {Grade.EXCELLENT: "done", Grade.GOOD: "done", Grade.PASS: "others", Grade.FAIL: "wrong"}


def grade_badge(grade: str) -> str:
    """The grade in words, with its meaning; a dash where there is none yet."""
    if not grade:
        return "–"
    return render_to_string("components/badge.html", {"meaning": GRADES[Grade(grade)], "word": Grade(grade).label})


class RoundTable(tables.Table):
    name = tables.Column(key=True, verbose_name=_("Round"))
    organiser = tables.Column(
        verbose_name=_("Evaluated by"), order_by=("subdistrict__code", "committee__community__code")
    )
    subjects = tables.Column(verbose_name=_("Who is evaluated"))
    first_day = tables.DayColumn(verbose_name=_("From"))
    last_day = tables.DayColumn(verbose_name=_("To"))
    done = tables.NumberColumn(verbose_name=_("Points given"), order_by="done")
    average = tables.NumberColumn(verbose_name=_("Average"))
    state = tables.Column(verbose_name=_("State"))

    class Meta:
        model = EvaluationRound
        fields = ("name", "organiser", "subjects", "first_day", "last_day", "done", "average", "state")

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.name)

    def value_name(self, record):
        return record.name

    def render_done(self, record):
        return f"{record.done} / {record.people}"

    def render_average(self, value):
        return f"{value:.1f}"

    def render_state(self, record):
        word = {"meaning": STATES[RoundState(record.state)], "word": record.get_state_display()}
        return render_to_string("components/badge.html", word)

    def value_state(self, record):
        return record.get_state_display()


class ResultTable(tables.Table):
    subject = tables.Column(key=True, verbose_name=_("Evaluated"), orderable=False)
    community = tables.Column(
        accessor="committee__community__name", order_by="committee__community__code", verbose_name=_("Community")
    )
    group = tables.Column(
        accessor="group__name", order_by=("committee__community__code", "group__ordinal"),
        verbose_name=_("Residents' group"),
    )  # fmt: skip
    round = tables.Column(accessor="round__name", order_by="round__last_day", verbose_name=_("Round"))
    organiser = tables.Column(accessor="round__organiser", orderable=False, verbose_name=_("Evaluated by"))
    total = tables.NumberColumn(verbose_name=_("Total points"))
    grade = tables.Column(order_by="-total", verbose_name=_("Grade"))
    remarks = tables.Column(orderable=False, short=False, verbose_name=_("Remarks"))

    class Meta:
        model = Evaluation
        fields = ("subject", "community", "group", "round", "organiser", "total", "grade", "remarks")

    def render_subject(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.subject)

    def value_subject(self, record):
        return record.subject

    def render_round(self, record):
        return format_html('<a href="{}">{}</a>', record.round.get_absolute_url(), record.round.name)

    def value_round(self, record):
        return record.round.name

    def render_grade(self, record):
        return grade_badge(record.grade)

    def value_grade(self, record):
        return record.get_grade_display()
