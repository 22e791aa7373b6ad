from django.urls import path

from registry.views import areas, findings, rosters

urlpatterns = [
    path("areas/", areas.city, name="city"),
    path("areas/subdistricts/<code:code>/", areas.subdistrict, name="subdistrict"),
    path("areas/communities/<code:code>/", areas.community, name="community"),
    path("areas/communities/<code:code>/roster/", rosters.export, name="export-roster"),
    path("areas/groups/<int:pk>/", areas.group, name="group"),
    path("findings/", findings.everything, name="findings"),
]
