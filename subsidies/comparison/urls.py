from django.urls import path

from subsidies.comparison import views

urlpatterns = [
    path("parallel/", views.Comparisons.as_view(), name="parallel-runs"),
    path("parallel/add/", views.add, name="parallel-add"),
    path("parallel/<int:pk>/", views.Comparison.as_view(), name="parallel-run"),
    path("parallel/<int:pk>/columns/", views.columns, name="parallel-columns"),
    path("parallel/<int:pk>/remove/", views.RemoveComparison.as_view(), name="parallel-remove"),
]
