from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView
from django.views.i18n import set_language

from jygroups import frame_views, install_views
from jygroups.lib.months import MonthConverter
from registry.access.factors.views import sign_in
from registry.access.oidc import views as oidc
from registry.access.passwords.code_views import use as use_code
from registry.access.passwords.views import SignIn
from registry.apps import modules


class CodeConverter(StringConverter):
    """An area's statistics code."""

    regex = "[0-9]+"


register_converter(CodeConverter, "code")
register_converter(MonthConverter, "month")

handler500 = "jygroups.lib.failures.failed"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="workbench"), name="home"),
    *(path("", include(module)) for app in ("registry", "subsidies") for module in modules(app, "urls")),
    path("search/suggestions/", frame_views.suggest, name="suggest"),
    path("manifest.webmanifest", install_views.manifest, name="manifest"),
    path("offline/", install_views.offline, name="offline"),
    path("worker.js", install_views.worker, name="worker"),
    path("menu/", frame_views.menu, name="menu"),
    path("login/", SignIn.as_view(redirect_authenticated_user=True), name="login"),
    path("login/code/", sign_in, name="login-code"),
    path("login/<str:token>/", use_code, name="sign-in-code"),
    path("oidc/", oidc.begin, name="oidc"),
    path("oidc/callback/", oidc.callback, name="oidc-callback"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", login_not_required(set_language), name="set_language"),
    # The site's own page, where it is logged.
    path("admin/password_change/", RedirectView.as_view(pattern_name="password"), name="admin-password"),
    path("admin/", admin.site.urls),
]
