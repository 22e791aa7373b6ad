from django.urls import path

from registry.provisions import views

urlpatterns = [
    path("provisions/", views.List.as_view(), name="provisions"),
    path("provisions/add/<slug:key>/", views.add, name="provision-add"),
    path("provisions/<int:pk>/", views.edit, name="provision-edit"),
]
