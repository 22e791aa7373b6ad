"""The areas, from the city down to a community."""

from collections import Counter

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from registry.models import Building, Community, Subdistrict
from registry.people.areas import figures
from registry.people.areas.groups import groups_of
from registry.people.areas.tables import GroupsOfCommunity, RosterTable
from registry.people.bodies import vacancies
from registry.people.bodies.views import roster_of
from registry.records.findings import findings
from registry.records.pages import DetailPage


@require_safe
@permission_required("registry.view_subdistrict", raise_exception=True)
def city(request):
    """The subdistricts; who sees one alone is led to it, or to the one community."""
    visible = list(Subdistrict.objects.visible_to(request.user))
    if len(visible) == 1:
        return redirect(request.user.only_community or visible[0])
    today = clock.today()
    found = figures.by_subdistrict(request.user, today)
    lacking = vacancies.find(request.user, today)
    of = Counter(each.community.subdistrict_id for each in lacking)
    context = {
        "rows": [
            {"place": each, "area": f"subdistrict={each.code}", "figures": found[each.pk], "vacancies": of[each.pk]}
            for each in visible
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
    found = [each for each in findings(request.user, today) if each.community == community.pk]
    buildings = list(
        Building.objects.visible_to(request.user).filter(community=community).select_related("group").order_by("id")
    )
    groups = groups_of(community, request.user, today, buildings, found)
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
