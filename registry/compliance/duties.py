"""The document's duties: clause by clause, where each is done and how it is measured."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.compliance import measures
from registry.compliance.measures import Measure
from registry.models import ActivityKind, ReportKind


class Period(Enum):
    """By when a duty is to be done: at any time, by the end of the half-year, or of the term."""

    ALWAYS = _("at all times")
    HALF_YEAR = _("each half-year")
    TERM = _("each term")


@dataclass(frozen=True)
class Duty:
    """`short` heads a narrow column; `page` is the URL name of where it is done, `query` what is to be shown there."""

    key: str
    clause: str
    short: str | Promise
    words: str | Promise
    unit: str | Promise
    period: Period
    page: str
    measure: Measure
    query: str = ""


GROUPS, BUILDINGS, COMMITTEES = _("groups"), _("buildings"), _("committees")
OFFICES, MATTERS = _("offices"), _("matters")
DUTIES = [
    Duty("director", "一(二)", _("Director"), _("The director is the community's party secretary"),
         COMMITTEES, Period.ALWAYS, "committees", measures.directors_are_party_secretaries),
    Duty("at-work", "二(一)", _("At work"), _("The group sees to its affairs: something of the half-year is on record"),
         GROUPS, Period.HALF_YEAR, "meetings", measures.at_work),
    Duty("representatives", "二(二)", _("Represent."), _("Residents' representatives are recommended for the term"),
         GROUPS, Period.TERM, "representatives", measures.represented),
    Duty("disputes", "二(三)", _("Disputes"), _("Disputes are mediated in time"),
         MATTERS, Period.ALWAYS, "reports", measures.reports_handled(ReportKind.DISPUTE), "kind=dispute"),
    Duty("hazards", "二(四)", _("Hazards"), _("Hazards are reported and removed in time"),
         MATTERS, Period.ALWAYS, "reports", measures.reports_handled(ReportKind.HAZARD), "kind=hazard"),
    Duty("property", "二(五)", _("Property"),
         _("Property management and environment: what is reported is dealt with in time"),
         MATTERS, Period.ALWAYS, "reports", measures.reports_handled(ReportKind.PROPERTY, ReportKind.ENVIRONMENT),
         "kind=property"),
    Duty("opinions", "二(六)", _("Opinions"), _("Residents' opinions and requests are answered in time"),
         MATTERS, Period.ALWAYS, "reports", measures.reports_handled(ReportKind.OPINION), "kind=opinion"),
    Duty("civic", "二(七)", _("Pact"), _("Residents are led to keep the residents' pact"),
         GROUPS, Period.HALF_YEAR, "meetings", measures.holding(ActivityKind.CIVIC), "kind=civic"),
    Duty("tasks", "二(八)", _("Given"), _("What the committee gives is done in time"),
         MATTERS, Period.ALWAYS, "tasks", measures.tasks_done),
    Duty("coverage", "三(一)", _("Coverage"), _("Every building is covered by a group"),
         BUILDINGS, Period.ALWAYS, "buildings", measures.buildings_covered, "covered=no"),
    Duty("plans", "三(一)", _("By plan"), _("Groups are changed by plans that the city approved"),
         GROUPS, Period.ALWAYS, "plans", measures.changed_by_plan),
    Duty("size", "三(二)", _("Three to five"), _("A group has three to five people"),
         GROUPS, Period.ALWAYS, "groups", measures.groups_of_right_size),
    Duty("leader", "三(二)", _("Elected"), _("The leader is elected by a meeting of the group"),
         GROUPS, Period.ALWAYS, "meetings", measures.leaders_elected, "kind=election"),
    Duty("term", "三(二)", _("In term"), _("Offices are held within their term of five years"),
         OFFICES, Period.ALWAYS, "terms", measures.offices_within_their_term),
    Duty("committee", "三(四)", _("Committee"), _("Each community has a committee of the lawful size"),
         COMMITTEES, Period.ALWAYS, "committees", measures.committees_of_right_size),
    Duty("meetings", "四(一)", _("Met"), _("The group meets, alone or jointly with others"),
         GROUPS, Period.HALF_YEAR, "meetings", measures.holding(ActivityKind.MEETING, ActivityKind.JOINT)),
    Duty("visits", "四(二)", _("Visited"), _("Every building is visited in full-coverage rounds"),
         BUILDINGS, Period.HALF_YEAR, "visit-coverage", measures.buildings_visited),
    Duty("requests", "四(二)", _("Asked"), _("What residents ask on visits is answered in time"),
         MATTERS, Period.ALWAYS, "visit-coverage", measures.requests_answered),
    Duty("study", "四(三)", _("Study"), _("The group studies"),
         GROUPS, Period.HALF_YEAR, "meetings", measures.holding(ActivityKind.STUDY), "kind=study"),
    Duty("review", "四(三)", _("Reviewed"), _("The group reviews each half-year"),
         GROUPS, Period.HALF_YEAR, "meetings", measures.reviewing, "kind=review"),
    Duty("information", "四(四)", _("Information"), _("What is found is reported by the phone"),
         GROUPS, Period.HALF_YEAR, "reports", measures.reporting),
    Duty("training", "五(一)", _("Training"), _("Two trainings in each term"),
         GROUPS, Period.TERM, "trainings", measures.trained),
    Duty("evaluation", "五(二)", _("Evaluation"), _("The group's work is evaluated each year"),
         GROUPS, Period.ALWAYS, "evaluations", measures.evaluated),
]  # fmt: skip
BY_KEY = {duty.key: duty for duty in DUTIES}
