from django.urls import path

from registry.privacy import person_views, report_views, views

urlpatterns = [
    path("privacy/", views.rules, name="retention"),
    path("privacy/over/<slug:key>/", views.Over.as_view(), name="retention-over"),
    path("privacy/propose/<slug:key>/", views.Propose.as_view(), name="erasure-propose"),
    path("privacy/erasures/<int:pk>/", views.ErasurePage.as_view(), name="erasure"),
    path("privacy/erasures/<int:pk>/agree/", views.Agree.as_view(), name="erasure-agree"),
    path("privacy/erasures/<int:pk>/refuse/", views.Refuse.as_view(), name="erasure-refuse"),
    path("privacy/accesses/", person_views.AccessLog.as_view(), name="accesses"),
    path("privacy/report/", report_views.report, name="privacy-report"),
    path("members/<int:pk>/personal-data/", person_views.PersonalData.as_view(), name="personal-data"),
    path("account/personal-data/", person_views.own, name="own-data"),
]
