"""The groups of one community, with what a page shows of each."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Prefetch

from registry.models import Appointment, Building, Community, Position, ResidentsGroup, User
from registry.records.findings import Finding


def groups_of(
    community: Community, user: User, today: date, buildings: Sequence[Building], findings: Sequence[Finding]
) -> list[ResidentsGroup]:
    """The groups standing today that the user sees: each with its leader, people, buildings, households and findings.

    `buildings` and `findings` are those of the community.
    """
    offices = Appointment.objects.visible_to(user).in_office(today).select_related("member")
    groups = ResidentsGroup.objects.visible_to(user).filter(committee__community=community).standing_on(today)
    found = list(groups.prefetch_related(Prefetch("appointments", offices, to_attr="offices")))
    for group in found:
        group.leader = next(
            (each.member.name for each in group.offices if each.position == Position.GROUP_LEADER), None
        )
        group.people = len({each.member_id for each in group.offices})
        covered = [building for building in buildings if building.group_id == group.pk]
        group.covered = len(covered)
        group.households = sum(building.households or 0 for building in covered) or None
        group.findings = [each for each in findings if each.group == group.pk]
    return found
