from django.urls import path

from subsidies.exports import account_views, views

urlpatterns = [
    path("months/<month:month>/export/", views.of_city, name="city-export"),
    path("months/<month:month>/<code:code>/export/", views.of_sheet, name="export"),
    path("accounts/<int:year>/", account_views.of_year, name="year-accounts"),
    path("members/<int:pk>/ledger/", account_views.ledger, name="member-ledger"),
]
