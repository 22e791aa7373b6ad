from django.urls import path

from registry.terms import views as terms
from registry.terms.by_elections import views as by_elections
from registry.terms.reelections import views as elections

urlpatterns = [
    path("terms/", terms.terms, name="terms"),
    path("terms/add/", terms.AddTerm.as_view(), name="term-add"),
    path("terms/<int:pk>/", terms.term, name="term"),
    path("terms/<int:pk>/edit/", terms.EditTerm.as_view(), name="term-edit"),
    path("terms/<int:pk>/subdistricts/<code:code>/confirm/", elections.CarryOutAll.as_view(), name="elections-confirm"),
    path("terms/<int:pk>/communities/<code:code>/", elections.ElectionPage.as_view(), name="election"),
    path("terms/<int:pk>/communities/<code:code>/edit/", elections.edit, name="election-edit"),
    path("terms/<int:pk>/communities/<code:code>/confirm/", elections.CarryOut.as_view(), name="election-confirm"),
    path("terms/<int:pk>/communities/<code:code>/workbook/", elections.workbook, name="election-workbook"),
    path("terms/<int:pk>/communities/<code:code>/upload/", elections.UploadWorkbook.as_view(), name="election-upload"),
    path("overdue/", by_elections.overdue, name="overdue"),
    path("areas/communities/<code:code>/by-election/", by_elections.by_election, name="by-election"),
]
