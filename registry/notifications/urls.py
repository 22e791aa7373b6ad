from django.urls import path

from registry.notifications import robot_views as robots
from registry.notifications import views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/<int:pk>/", views.open_notification, name="notification"),
    path("notifications/read/", views.mark_read, name="notifications-read"),
    path("notifications/settings/", views.Settings.as_view(), name="notification-settings"),
    path("messages/", robots.Log.as_view(), name="deliveries"),
    path("robots/", robots.robots, name="robots"),
    path("robots/add/", robots.AddRobot.as_view(), name="robot-add"),
    path("robots/<int:pk>/", robots.EditRobot.as_view(), name="robot-edit"),
    path("robots/<int:pk>/test/", robots.test, name="robot-test"),
]
