from django.urls import path

from registry.provisions import views

urlpatterns = [
    path("provisions/", views.List.as_view(), name="provisions"),
    path("provisions/add/<slug:key>/", views.AddProvision.as_view(), name="provision-add"),
    path("provisions/<int:pk>/", views.EditProvision.as_view(), name="provision-edit"),
]
