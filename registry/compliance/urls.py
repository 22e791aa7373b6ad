from django.urls import path

from registry.compliance import finding_views as findings
from registry.compliance import views as compliance
from registry.compliance.annex import views as annex

urlpatterns = [
    path("areas/annex/committees/", annex.table, {"kind": "committees"}, name="city-committees-annex"),
    path("areas/annex/groups/", annex.table, {"kind": "groups"}, name="city-groups-annex"),
    path("areas/subdistricts/<code:code>/committees/", annex.table, {"kind": "committees"}, name="committees-annex"),
    path("areas/subdistricts/<code:code>/groups/", annex.table, {"kind": "groups"}, name="groups-annex"),
    path("compliance/", compliance.area, name="compliance"),
    path("compliance/report/", compliance.report, name="compliance-report"),
    path("compliance/subdistricts/<code:code>/", compliance.area, name="compliance-subdistrict"),
    path("compliance/communities/<code:code>/", compliance.community, name="compliance-community"),
    path("findings/", findings.everything, name="findings"),
]
