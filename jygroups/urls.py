from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView
from django.views.i18n import set_language

from jygroups.lib.months import MonthConverter
from registry.access.passwords.views import SignIn


class CodeConverter(StringConverter):
    """An area's statistics code."""

    regex = "[0-9]+"


register_converter(CodeConverter, "code")
register_converter(MonthConverter, "month")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="workbench"), name="home"),
    path("", include("registry.urls")),
    path("", include("subsidies.urls")),
    path("login/", SignIn.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
]
