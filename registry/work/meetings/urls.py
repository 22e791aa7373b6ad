from django.urls import path

from registry.work.meetings import representative_views as representatives
from registry.work.meetings import views as meetings

urlpatterns = [
    path("meetings/", meetings.Meetings.as_view(), name="meetings"),
    path("meetings/add/", meetings.start, name="meeting-start"),
    path("meetings/add/<slug:kind>/groups/<int:pk>/", meetings.AddMeeting.as_view(), name="group-meeting-add"),
    path("meetings/add/committees/<code:code>/", meetings.AddCommitteeMeeting.as_view(), name="committee-meeting-add"),
    path("meetings/<int:pk>/", meetings.MeetingPage.as_view(), name="meeting"),
    path("meetings/<int:pk>/edit/", meetings.EditMeeting.as_view(), name="meeting-edit"),
    path("meetings/<int:pk>/minutes/", meetings.MinutesPage.as_view(), name="minutes"),
    path("meetings/<int:pk>/remove/", meetings.RemoveMeeting.as_view(), name="meeting-remove"),
    path("representatives/", representatives.Representatives.as_view(), name="representatives"),
    path(
        "representatives/groups/<int:pk>/add/", representatives.AddRepresentative.as_view(), name="representative-add"
    ),
    path("representatives/<int:pk>/", representatives.EditRepresentative.as_view(), name="representative-edit"),
]
