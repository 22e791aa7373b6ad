from django.contrib import admin
from django.urls import path, register_converter

from jygroups.lib.months import MonthConverter

register_converter(MonthConverter, "month")

urlpatterns = [
    path("admin/", admin.site.urls),
]
