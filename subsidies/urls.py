from django.urls import include, path

PACKAGES = ("workbench", "month", "bank", "exports", "standards", "comparison", "notices", "corrections")
urlpatterns = [path("", include(f"subsidies.{package}.urls")) for package in PACKAGES]
