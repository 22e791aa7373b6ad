from django.urls import path

from subsidies.notices import views

urlpatterns = [
    path("months/<month:month>/<code:code>/notices/", views.index, name="notices"),
    path("months/<month:month>/<code:code>/notices/post/", views.post, name="notices-post"),
    path("months/<month:month>/<code:code>/notices/close/", views.close_several, name="notices-close"),
    path("months/<month:month>/communities/<code:code>/notice/", views.paper, name="notice-paper"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("notices/<int:pk>/edit/", views.EditNotice.as_view(), name="notice-edit"),
    path("notices/<int:pk>/close/", views.CloseNotice.as_view(), name="notice-close"),
    path("notices/<int:pk>/objections/add/", views.AddObjection.as_view(), name="objection-add"),
    path("notices/objections/<int:pk>/", views.EditObjection.as_view(), name="objection-edit"),
    path("notices/objections/<int:pk>/answer/", views.AnswerObjection.as_view(), name="objection-answer"),
    path("notices/photos/<int:pk>/", views.photo, name="notice-photo"),
    path("notices/photos/<int:pk>/remove/", views.remove_photo, name="notice-photo-remove"),
]
