"""The half-year's report on the groups' work 〔六〕: how they are set up, what they did, what is not done."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Count, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from jygroups.lib.half_years import HalfYear
from registry.compliance import set_up, standing
from registry.compliance.set_up import SetUp
from registry.compliance.standing import Standing, State
from registry.models import Activity, ActivityKind, Attendance, Community, Report, ReportKind, Subdistrict, Task, Visit
from registry.models.reports import HANDLED_IN_TIME
from registry.records.duties import DUTIES


@dataclass(frozen=True)
class Work:
    """A kind of work, and how much of it each area did, in the order of the report's areas."""

    label: str
    counts: list[int]


@dataclass(frozen=True)
class Lack:
    """A duty that is not fulfilled everywhere: the communities, and how many of the groups there."""

    standing: Standing
    communities: list[Community]


class HalfYearReport:
    """Of some communities; with more than one subdistrict among them, each has a column beside the whole."""

    def __init__(self, communities: list[Community], half: HalfYear, today: date):
        self.communities, self.half = communities, half
        self.standings = standing.of(communities, half, today)
        self.day = self.standings.context.day

    @property
    def subdistricts(self) -> list[Subdistrict]:
        return list(dict.fromkeys(community.subdistrict for community in self.communities))

    @property
    def areas(self) -> list[tuple[str, list[Community]]]:
        """The whole, then each subdistrict: its name and communities."""
        parts = [
            (each.name, [one for one in self.communities if one.subdistrict_id == each.pk])
            for each in self.subdistricts
        ]
        if len(parts) == 1:
            [(name, here)] = parts
            return [(here[0].name if len(here) == 1 else name, here)]
        return [(_("Total"), self.communities), *parts]

    @property
    def area_name(self) -> str:
        return settings.CITY_NAME if len(self.subdistricts) != 1 else self.areas[0][0]

    @property
    def title(self) -> str:
        return _("%(area)s: the work of the residents' groups in the %(half)s") % {
            "area": self.area_name,
            "half": self.half,
        }

    @cached_property
    def set_up(self) -> list[SetUp]:
        whole = [
            each
            for each in self.subdistricts
            if each.communities.count() == sum(one.subdistrict_id == each.pk for one in self.communities)
        ]
        return set_up.of(whole, self.day)

    @cached_property
    def duties(self) -> list[tuple[Standing, list[Standing]]]:
        """Each duty: in the whole, and in every area of the report."""
        rows = []
        for duty in DUTIES:
            of_areas = [self.standings.of(duty, here) for _name, here in self.areas]
            rows.append((of_areas[0], of_areas))
        return rows

    @cached_property
    def lacks(self) -> list[Lack]:
        """What is not done, with the communities in which it is not."""
        found = []
        for whole, _areas in self.duties:
            if whole.state in (State.FAILS, State.UNDER_WAY):
                short = [
                    each
                    for each in self.communities
                    if self.standings.of(whole.duty, [each]).state in (State.FAILS, State.UNDER_WAY)
                ]
                found.append(Lack(whole, short))
        return found

    @cached_property
    def work(self) -> list[Work]:
        """What was done in the half-year, in numbers."""
        period = (self.half.first_day, self.day)
        held = Activity.objects.filter(day__range=period)
        of_groups, path = held.exclude(group=None), "committee__community"
        visits = Visit.objects.filter(day__range=period)
        reports = Report.objects.filter(noticed_on__range=period)
        by_group = "group__committee__community"
        handled = reports.filter(HANDLED_IN_TIME)
        tasks = Task.objects.filter(given_on__range=period, withdrawn=False)
        trained = Attendance.objects.filter(
            activity__kind=ActivityKind.TRAINING, activity__day__range=period, came=True
        )
        meetings = [ActivityKind.MEETING, ActivityKind.JOINT]
        sources = [
            (_("Meetings of groups"), of_groups.filter(kind__in=meetings), path),
            (_("Studies"), of_groups.filter(kind=ActivityKind.STUDY), path),
            (_("Half-year reviews"), of_groups.filter(kind=ActivityKind.REVIEW), path),
            (_("Full-coverage visits"), visits.filter(kind="full"), by_group),
            (_("Key visits"), visits.filter(kind="key"), by_group),
            (_("Requests of residents on visits"), visits.exclude(asked=""), by_group),
            (_("Requests answered"), visits.exclude(asked="").exclude(settled_on=None), by_group),
            (_("Reports"), reports, by_group),
            (_("Hazards"), reports.filter(kind=ReportKind.HAZARD), by_group),
            (_("Disputes mediated"), reports.filter(kind=ReportKind.DISPUTE), by_group),
            (_("Reports handled in time"), handled, by_group),
            (_("Tasks given"), tasks, by_group),
            (_("Tasks done"), tasks.exclude(done_on=None), by_group),
            (_("Attendances at trainings"), trained, path),
        ]
        return [Work(label, self._counted(rows, path)) for label, rows, path in sources]

    def _counted(self, rows, path: str) -> list[int]:
        counts = dict(
            rows.filter(Q(**{f"{path}__in": self.communities})).order_by().values_list(path).annotate(Count("pk"))
        )
        return [sum(counts.get(community.pk, 0) for community in here) for _name, here in self.areas]
