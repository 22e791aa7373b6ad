from django.urls import path

from registry.forms.offices import ACTS
from registry.models import ResidentsCommittee, ResidentsGroup
from registry.views import (
    areas,
    audit,
    bodies,
    employment,
    findings,
    history,
    lists,
    members,
    offices,
    pastes,
    preferences,
    records,
    rosters,
    search,
    undo,
)

urlpatterns = [
    path("areas/", areas.city, name="city"),
    path("areas/subdistricts/<code:code>/", areas.subdistrict, name="subdistrict"),
    path("areas/communities/<code:code>/", areas.community, name="community"),
    path("areas/communities/<code:code>/roster/", rosters.export, name="export-roster"),
    path("areas/communities/<code:code>/committee/", bodies.committee, name="committee"),
    path("areas/groups/<int:pk>/", bodies.group, name="group"),
    *[path(f"rosters/{name}/<int:pk>/", offices.act, {"act": name}, name=name) for name in ACTS],
    path("rosters/group-paste/<int:pk>/", pastes.paste, {"model": ResidentsGroup}, name="group-paste"),
    path("rosters/committee-paste/<int:pk>/", pastes.paste, {"model": ResidentsCommittee}, name="committee-paste"),
    path("rosters/person/<int:pk>/", offices.person, name="roster-person"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/edit/", records.edit, name="member-edit"),
    path("members/<int:pk>/hand-over/", records.hand_over, name="member-hand-over"),
    path("members/<int:pk>/reveal/<slug:field>/", records.reveal, name="reveal"),
    path("members/<int:pk>/employment/", employment.add, name="employment-add"),
    path("employment/<int:pk>/", employment.edit, name="employment-edit"),
    path("employment/<int:pk>/end/", employment.end, name="employment-end"),
    path("employment/<int:pk>/remove/", employment.remove, name="employment-remove"),
    path("history/<slug:model>/<int:pk>/", history.versions, name="history"),
    path("search/", search.search, name="search"),
    path("text-size/", preferences.text_size, name="text-size"),
    path("undo/", undo.undo, name="undo"),
    path("audit/", audit.Log.as_view(), name="audit"),
    path("findings/", findings.everything, name="findings"),
    *(path(f"registers/{name}/", page.as_view(), name=name) for name, page in lists.PAGES.items()),
]
