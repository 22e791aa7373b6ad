from django.urls import path

from registry.people.areas import community_views as communities
from registry.people.areas import views as areas
from registry.people.bodies import views as bodies
from registry.people.buildings import views as buildings
from registry.people.duplicates import views as duplicates
from registry.people.employment import views as employment
from registry.people.members import file_views as member_files
from registry.people.members import record_views as records
from registry.people.members import search_views as search
from registry.people.members import views as members
from registry.people.offices import views as offices
from registry.people.offices.forms import ACTS
from registry.people.registers import views as lists

urlpatterns = [
    path("areas/", areas.city, name="city"),
    path("areas/subdistricts/<code:code>/", areas.SubdistrictPage.as_view(), name="subdistrict"),
    path("areas/communities/<code:code>/", areas.community, name="community"),
    path("areas/communities/<code:code>/committee/", bodies.committee, name="committee"),
    path("areas/groups/<int:pk>/", bodies.group, name="group"),
    *[path(f"rosters/{name}/<int:pk>/", offices.act, {"act": name}, name=name) for name in ACTS],
    path("rosters/person/<int:pk>/", offices.person, name="roster-person"),
    path("areas/communities/<code:code>/edit/", communities.EditCommunity.as_view(), name="community-edit"),
    path(
        "areas/communities/<code:community__code>/committee/edit/",
        communities.EditCommittee.as_view(),
        name="committee-edit",
    ),
    path("areas/communities/<code:code>/buildings/", buildings.of_community, name="community-buildings"),
    path("areas/communities/<code:code>/buildings/add/", buildings.AddBuilding.as_view(), name="building-add"),
    path("areas/communities/<code:code>/buildings/cover/", buildings.cover, name="buildings-cover"),
    path("areas/buildings/<int:pk>/", buildings.EditBuilding.as_view(), name="building-edit"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/edit/", records.EditMember.as_view(), name="member-edit"),
    path("members/<int:pk>/hand-over/", records.HandOver.as_view(), name="member-hand-over"),
    path("members/<int:pk>/reveal/<slug:field>/", records.reveal, name="reveal"),
    path("members/<int:pk>/employment/", employment.AddEmployment.as_view(), name="employment-add"),
    path("members/<int:pk>/files/", member_files.AddFile.as_view(), name="file-add"),
    path("files/<int:pk>/", member_files.download, name="file"),
    path("files/<int:pk>/remove/", member_files.remove, name="file-remove"),
    path("duplicates/", duplicates.everyone, name="duplicates"),
    path("duplicates/<int:pk>/<int:other>/", duplicates.merge, name="merge"),
    path("duplicates/<int:pk>/<int:other>/apart/", duplicates.KeepApart.as_view(), name="tell-apart"),
    path("duplicates/<int:pk>/<int:other>/again/", duplicates.AskAgain.as_view(), name="ask-again"),
    path("employment/<int:pk>/", employment.EditEmployment.as_view(), name="employment-edit"),
    path("employment/<int:pk>/end/", employment.EndEmployment.as_view(), name="employment-end"),
    path("employment/<int:pk>/remove/", employment.RemoveEmployment.as_view(), name="employment-remove"),
    path("search/", search.search, name="search"),
    *(path(f"registers/{name}/", page.as_view(), name=name) for name, page in lists.PAGES.items()),
]
