from django.urls import path

from registry.work.visits import views as visits

urlpatterns = [
    path("visits/", visits.Visits.as_view(), name="visits"),
    path("visits/add/", visits.AddVisit.as_view(), name="visit-add"),
    path("visits/coverage/", visits.covered, name="visit-coverage"),
    path("visits/<int:pk>/", visits.VisitPage.as_view(), name="visit"),
    path("visits/<int:pk>/edit/", visits.EditVisit.as_view(), name="visit-edit"),
    path("visits/<int:pk>/settle/", visits.SettleVisit.as_view(), name="visit-settle"),
    path("areas/groups/<int:pk>/visiting-list/", visits.visiting_list, name="visiting-list"),
    path("areas/groups/<int:pk>/assignments/", visits.Assign.as_view(), name="assignments"),
]
