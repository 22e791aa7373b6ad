from django.urls import path

from registry.imports import correction_views as corrections
from registry.imports import paste_views as pastes
from registry.imports import roster_views as rosters
from registry.imports import views as imports
from registry.models import ResidentsCommittee, ResidentsGroup

urlpatterns = [
    path("areas/communities/<code:code>/roster/", rosters.export, name="export-roster"),
    path("rosters/group-paste/<int:pk>/", pastes.paste, {"model": ResidentsGroup}, name="group-paste"),
    path("rosters/committee-paste/<int:pk>/", pastes.paste, {"model": ResidentsCommittee}, name="committee-paste"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/template/", imports.template, name="import-template"),
    path("imports/upload/", imports.upload, name="import-upload"),
    path("imports/<int:pk>/", imports.RunPage.as_view(), name="import-run"),
    path("imports/<int:pk>/progress/", imports.progress, name="import-progress"),
    *(
        path(f"imports/<int:pk>/{name}/", imports.act, {"act": name}, name=f"import-{name}")
        for name in ("confirm", "abandon", "restart", "good")
    ),
    path("imports/<int:pk>/report/", imports.result, {"kind": "report"}, name="import-report"),
    path("imports/<int:pk>/columns/", imports.choose, name="import-columns"),
    path("imports/<int:pk>/rows/", corrections.correct, name="import-rows"),
    path("imports/<int:pk>/answers/", imports.answer, name="import-answers"),
    path("imports/<int:pk>/wrong-rows/", imports.result, {"kind": "wrong"}, name="import-wrong"),
    path("imports/<int:pk>/undo/", imports.undo, name="import-undo"),
]
