from django.urls import path

from registry.documents import views

urlpatterns = [
    path("documents/", views.Templates.as_view(), name="document-templates"),
    path("documents/add/", views.AddTemplate.as_view(), name="document-template-add"),
    path("documents/fields/", views.all_fields, name="document-fields"),
    path("documents/for/<str:kind>/<code:key>/", views.choose, name="document-choose"),
    path("documents/<int:pk>/", views.TemplatePage.as_view(), name="document-template"),
    path("documents/<int:pk>/fill/", views.fill, name="document-fill"),
    path("documents/<int:pk>/file/", views.blank, name="document-blank"),
    path("documents/<int:pk>/remove/", views.RemoveTemplate.as_view(), name="document-template-remove"),
]
