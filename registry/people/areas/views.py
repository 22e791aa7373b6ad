"""The areas, from the city down to a community."""

from collections import Counter

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from registry.models import Appointment, Building, Community, Position, ResidentsGroup, Subdistrict
from registry.people.areas import figures
from registry.people.areas.tables import GroupsOfCommunity, RosterTable
from registry.people.bodies import vacancies
from registry.people.bodies.views import roster_of
from registry.records.findings import findings
from registry.records.pages import DetailPage


@require_safe
@permission_required("registry.view_subdistrict", raise_exception=True)
def city(request):
    today = clock.today()
    found = figures.by_subdistrict(request.user, today)
    lacking = vacancies.find(request.user, today)
    of = Counter(each.community.subdistrict_id for each in lacking)
    context = {
        "rows": [
            {"place": each, "area": f"subdistrict={each.code}", "figures": found[each.pk], "vacancies": of[each.pk]}
            for each in Subdistrict.objects.visible_to(request.user)
        ],
        "vacancies": len(lacking),
        "total": figures.of_all(request.user, today),
        "whole": request.user.sees_whole_city,
    }
    return render(request, "registry/people/areas.html", context)


class SubdistrictPage(DetailPage):
    permission_required = "registry.view_subdistrict"
    records = Subdistrict.objects
    template_name = "registry/people/areas.html"
    name = "subdistrict"

    def get_context(self):
        user, today = self.actor, clock.today()
        found = figures.by_community(user, today)
        counts = Counter(finding.community for finding in findings(user, today))
        lacking = Counter(each.community.pk for each in vacancies.find(user, today))
        rows = [
            {
                "place": each,
                "area": f"community={each.code}",
                "figures": found[each.pk],
                "vacancies": lacking[each.pk],
                "findings": counts[each.pk],
            }
            for each in Community.objects.visible_to(user).filter(subdistrict=self.record)
        ]
        return {
            "area": f"subdistrict={self.record.code}",
            "rows": rows,
            "vacancies": sum(row["vacancies"] for row in rows),
            "total": figures.by_subdistrict(user, today)[self.record.pk],
            "findings": sum(row["findings"] for row in rows),
            "whole": len(rows) == self.record.communities.count(),
        }


@require_safe
@permission_required("registry.view_community", raise_exception=True)
def community(request, code):
    visible = Community.objects.visible_to(request.user).select_related("subdistrict", "committee", "party_secretary")
    community = get_object_or_404(visible, code=code)
    today = clock.today()
    buildings = list(
        Building.objects.visible_to(request.user).filter(community=community).select_related("group").order_by("id")
    )
    groups = list(
        ResidentsGroup.objects.visible_to(request.user)
        .filter(committee__community=community)
        .standing_on(today)
        .prefetch_related(
            Prefetch(
                "appointments",
                Appointment.objects.visible_to(request.user).in_office(today).select_related("member"),
                to_attr="offices",
            )
        )
    )
    found = [each for each in findings(request.user, today) if each.community == community.pk]
    for group in groups:
        group.leader = next(
            (each.member.name for each in group.offices if each.position == Position.GROUP_LEADER), None
        )
        group.people = len({each.member_id for each in group.offices})
        covered = [building for building in buildings if building.group_id == group.pk]
        group.covered = len(covered)
        group.households = sum(building.households or 0 for building in covered) or None
        group.findings = [each for each in found if each.group == group.pk]
    return render(
        request,
        "registry/people/community.html",
        {
            "community": community,
            "trail": [community.subdistrict],
            "area": f"community={community.code}",
            "vacancies": sum(each.community == community for each in vacancies.find(request.user, today)),
            "figures": figures.by_community(request.user, today)[community.pk],
            "roster": RosterTable(roster_of(community.committee, request.user, today)),
            "groups": GroupsOfCommunity(groups),
            "buildings": buildings,
            "uncovered": [building for building in buildings if building.group_id is None],
            "findings": found,
            "may_export": request.user.has_perm("registry.export_appointment", community),
        },
    )
