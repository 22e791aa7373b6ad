from django.urls import path

from subsidies.workbench import views

urlpatterns = [
    path("workbench/", views.workbench, name="workbench"),
    path("todo/", views.needs_doing, name="todo"),
]
