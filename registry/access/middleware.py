"""What comes before any page."""

from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

STAY_OPEN = ["password", "logout", "set_language", "text-size"]


def own_password_first(get_response):
    """Who signed in with a one-time password chooses an own one before anything else."""

    def middleware(request):
        first = request.user.is_authenticated and request.user.must_change_password
        if not first or request.path in {reverse(name) for name in STAY_OPEN}:
            return get_response(request)
        return HttpResponseClientRedirect(reverse("password")) if request.htmx else redirect("password")

    return middleware
