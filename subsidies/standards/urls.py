from django.urls import path

from subsidies.standards import forecast_views, views

urlpatterns = [
    path("forecast/", forecast_views.page, name="forecast"),
    path("forecast/workbook/", forecast_views.workbook, name="forecast-workbook"),
    path("budgets/<int:year>/", forecast_views.budget, name="budget"),
    path("budgets/<int:year>/<code:code>/", forecast_views.EditBudget.as_view(), name="budget-edit"),
    path("standards/", views.index, name="standards"),
    path("standards/add/", views.AddStandard.as_view(), name="standard-add"),
    path("standards/<int:pk>/edit/", views.EditStandard.as_view(), name="standard-edit"),
    path("standards/<int:pk>/discard/", views.DiscardStandard.as_view(), name="standard-discard"),
    path("standards/<int:pk>/adopt/", views.adopt, name="standard-adopt"),
]
