from django.urls import path

from registry.people.transfers import views

urlpatterns = [
    path("transfers/", views.Transfers.as_view(), name="transfers"),
    path("transfers/<int:pk>/", views.transfer, name="transfer"),
    *(path(f"transfers/<int:pk>/{step}/", views.end, {"step": step}, name=f"transfer-{step}") for step in views.STEPS),
    path("members/<int:pk>/transfer/", views.send, name="member-transfer"),
]
