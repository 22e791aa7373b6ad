from django.urls import path

from registry.people.transfers import views

urlpatterns = [
    path("transfers/", views.Transfers.as_view(), name="transfers"),
    path("transfers/<int:pk>/", views.TransferPage.as_view(), name="transfer"),
    path("transfers/<int:pk>/accept/", views.AcceptTransfer.as_view(), name="transfer-accept"),
    path("transfers/<int:pk>/decline/", views.DeclineTransfer.as_view(), name="transfer-decline"),
    path("transfers/<int:pk>/withdraw/", views.WithdrawTransfer.as_view(), name="transfer-withdraw"),
    path("members/<int:pk>/transfer/", views.SendTransfer.as_view(), name="member-transfer"),
]
