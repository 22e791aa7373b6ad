from django.urls import path

from registry.work.evaluations import views as evaluations

urlpatterns = [
    path("evaluations/", evaluations.Rounds.as_view(), name="evaluations"),
    path("evaluations/add/", evaluations.OpenRound.as_view(), name="evaluation-add"),
    path("evaluations/results/", evaluations.Results.as_view(), name="evaluation-results"),
    path("evaluations/<int:pk>/", evaluations.round, name="evaluation-round"),
    path("evaluations/<int:pk>/edit/", evaluations.EditRound.as_view(), name="evaluation-edit"),
    path("evaluations/<int:pk>/remove/", evaluations.RemoveRound.as_view(), name="evaluation-remove"),
    path("evaluations/<int:pk>/finish/", evaluations.act, {"act": "finish"}, name="evaluation-finish"),
    path("evaluations/<int:pk>/reopen/", evaluations.act, {"act": "reopen"}, name="evaluation-reopen"),
    path("evaluations/<int:pk>/close/", evaluations.CloseRound.as_view(), name="evaluation-close"),
    path("evaluations/<int:pk>/notices/", evaluations.NoticesPage.as_view(), name="evaluation-notices"),
    path("evaluations/results/<int:pk>/", evaluations.NoticePage.as_view(), name="evaluation-notice"),
]
