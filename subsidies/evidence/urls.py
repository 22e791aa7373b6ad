from django.urls import path

from subsidies.evidence import views

urlpatterns = [
    path("months/<month:month>/<code:code>/audit-pack/", views.pack, name="audit-pack"),
]
