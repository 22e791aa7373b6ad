"""The annexes of the document 〔附件1、2〕: how committees and groups are set up, per subdistrict or for the city."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from jygroups.lib.spreadsheets.workbooks import Column
from registry.models import (
    Appointment,
    Building,
    Community,
    Position,
    ResidentsCommittee,
    ResidentsGroup,
    Subdistrict,
    User,
)
from registry.people.bodies import vacancies
from registry.people.bodies.queries import counted_committees, counted_groups
from registry.provisions import queries as provisions

Cell = str | int | None
NUMBERED = re.compile(r"(.*\D|)([1-9]\d{0,3})(\D*)")  # a name around its last number


@dataclass(frozen=True)
class Annex:
    """One table: its rows as the document has them, and the sums below."""

    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    total: list[Cell]
    day: date
    whole: bool  # all communities of the area; else those of the user's

    @property
    def note(self) -> str:
        note = _("As of %(day)s") % {"day": self.day.isoformat()}
        return note if self.whole else _("%(note)s, the communities of your posts") % {"note": note}


def committees(user: User, day: date, subdistrict: Subdistrict | None = None) -> Annex:
    """《社区居民委员会设置情况表》: a row for each committee, with who leads it and what lies in its community."""
    communities = _communities(user, subdistrict)
    offices = Prefetch("appointments", _offices(user, day).filter(group=None), to_attr="offices")
    found = counted_committees(ResidentsCommittee.objects.visible_to(user), day)
    found = found.filter(community__in=communities).select_related("community__subdistrict").prefetch_related(offices)
    groups: dict[int, int] = defaultdict(int)
    for committee in ResidentsGroup.objects.visible_to(user).standing_on(day).values_list("committee", flat=True):
        groups[committee] += 1
    buildings = _buildings(user, "community")
    rows: list[list[Cell]] = []
    rules = provisions.on(day)
    for committee in found.order_by("community__code"):
        covered = buildings[committee.community_id]
        rows.append(
            [
                len(rows) + 1,
                *([] if subdistrict else [committee.community.subdistrict.name]),
                committee.community.name,
                *(_names(committee.offices, [position]) for position in list(Position)[:3]),
                committee.people,
                groups[committee.pk],
                len(covered),
                *_inhabitants(covered),
                _remarks(vacancies.of_committee(committee, rules)),
            ]
        )
    columns = [
        Column(_("No."), 6, "number"),
        *([] if subdistrict else [Column(_("Subdistrict"), 12, "center")]),
        Column(_("Community"), 13, "center"),
        Column(_("Director"), 12, "center"),
        Column(_("Deputy director"), 16, "center"),
        Column(_("Supervision director"), 17, "center"),
        Column(_("Number of members"), 9, "count"),
        Column(_("Number of groups"), 11, "count"),
        Column(_("Number of buildings"), 9, "count"),
        Column(_("Households"), 10, "count"),
        Column(_("Residents"), 10, "count"),
        Column(_("Remarks"), 22, "text"),
    ]
    return _annex(_("how residents' committees are set up"), columns, rows, day, subdistrict, communities)


def groups(user: User, day: date, subdistrict: Subdistrict | None = None) -> Annex:
    """《居民小组设置情况表》: a row for each group, with its leader, its people and what it covers."""
    communities = _communities(user, subdistrict)
    leaders = _offices(user, day).filter(position=Position.GROUP_LEADER)
    found = counted_groups(ResidentsGroup.objects.visible_to(user).standing_on(day), day)
    found = found.filter(committee__community__in=communities).select_related("committee__community__subdistrict")
    buildings = _buildings(user, "group")
    rows: list[list[Cell]] = []
    rules = provisions.on(day)
    for group in found.prefetch_related(Prefetch("appointments", leaders, to_attr="offices")):
        community, covered = group.committee.community, buildings[group.pk]
        rows.append(
            [
                len(rows) + 1,
                *([] if subdistrict else [community.subdistrict.name]),
                community.name,
                group.name,
                _names(group.offices, [Position.GROUP_LEADER]),
                group.people,
                together(building.name for building in covered),
                *_inhabitants(covered),
                _remarks(vacancies.of_group(group, rules)),
            ]
        )
    columns = [
        Column(_("No."), 6, "number"),
        *([] if subdistrict else [Column(_("Subdistrict"), 12, "center")]),
        Column(_("Community"), 13, "center"),
        Column(_("Residents' group"), 15, "center"),
        Column(_("Leader"), 11, "center"),
        Column(_("Number of members"), 9, "count"),
        Column(_("Buildings"), 44, "text"),
        Column(_("Households"), 10, "count"),
        Column(_("Residents"), 10, "count"),
        Column(_("Remarks"), 20, "text"),
    ]
    return _annex(_("how residents' groups are set up"), columns, rows, day, subdistrict, communities)


KINDS = {"committees": committees, "groups": groups}


def _communities(user: User, subdistrict: Subdistrict | None):
    visible = Community.objects.visible_to(user)
    return visible.filter(subdistrict=subdistrict) if subdistrict else visible


def _offices(user: User, day: date):
    rows = Appointment.objects.visible_to(user).in_office(day).select_related("member").order_by("member__pinyin", "pk")
    return rows.defer("member__id_number", "member__phone", "member__account")


def _buildings(user: User, by: str) -> dict[int, list[Building]]:
    """The buildings of each community or group, as they were entered."""
    found: dict[int, list[Building]] = defaultdict(list)
    for building in Building.objects.visible_to(user).order_by("pk"):
        found[getattr(building, f"{by}_id")].append(building)
    return found


def _names(offices: Iterable[Appointment], positions: list[Position]) -> str:
    return _(", ").join(office.member.name for office in offices if office.position in positions)


def _inhabitants(buildings: list[Building]) -> Iterator[int]:
    for name in ("households", "residents"):
        yield sum(getattr(building, name) or 0 for building in buildings)


def together(names: Iterable[str]) -> str:
    """The names of buildings as people write them: 福民小区1号楼, 2号楼 and 3号楼 are 福民小区1—3号楼."""
    runs: list[tuple[str, list[int], str]] = []
    for name in names:
        if not (parts := NUMBERED.fullmatch(name)):
            runs.append((name, [], ""))
            continue
        before, number, behind = parts[1], int(parts[2]), parts[3]
        if runs and runs[-1][0::2] == (before, behind) and runs[-1][1][-1:] == [number - 1]:
            runs[-1][1].append(number)
        else:
            runs.append((before, [number], behind))
    return _(", ").join(
        before + "—".join(str(number) for number in dict.fromkeys([*numbers[:1], *numbers[-1:]])) + behind
        for before, numbers, behind in runs
    )


def _remarks(lacks) -> str:
    return _(", ").join(str(lack.label) for lack, _seats in lacks)


def _annex(subject: str, columns: list[Column], rows: list[list[Cell]], day: date, subdistrict, communities) -> Annex:
    area = settings.CITY_NAME + (subdistrict.name if subdistrict else "")
    counted = [place for place, column in enumerate(columns) if column.style == "count"]
    total: list[Cell] = [None] * len(columns)
    total[1] = _("Total")
    for place in counted:
        total[place] = sum(row[place] for row in rows if isinstance(row[place], int))  # type: ignore[misc]
    every = Community.objects.filter(subdistrict=subdistrict) if subdistrict else Community.objects.all()
    return Annex(
        title=_("%(area)s: %(subject)s") % {"area": area, "subject": subject},
        columns=columns,
        rows=rows,
        total=total,
        day=day,
        whole=communities.count() == every.count(),
    )
