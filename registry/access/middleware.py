"""What comes before any page: how long a sign-in lasts, and the steps after it."""

import time

from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from registry.access.factors.session import BY_PROVIDER, is_verified
from registry.access.passwords.former import is_due
from registry.access.sessions.store import BEGAN

ALSO = {"second-factor-set-up": ["passkey-add"]}  # another way to take the step
STAY_OPEN = ["logout", "admin:logout", "set_language", "text-size"]


def first_step(request) -> str:
    """The page that the user has to go through before any other; empty where none is left.

    The second factor is asked for at each sign-in; a one-time password is changed, as is one that is too old; a factor
    that a post demands is set up; its recovery codes are noted.
    """
    user = request.user
    if not user.is_authenticated:
        return ""
    if user.has_second_factor and not is_verified(request):
        return "second-factor"
    if (user.must_change_password or is_due(user)) and BY_PROVIDER not in request.session:
        return "password"
    if not user.has_second_factor and user.needs_second_factor and not is_verified(request):
        return "second-factor-set-up"
    if user.must_note_codes:
        return "recovery-codes"
    return ""


def session_limit(get_response):
    """A sign-in ends after SESSION_LONGEST seconds, even if it is in use; then the password is asked again."""

    def middleware(request):
        if request.user.is_authenticated:
            began = request.session.setdefault(BEGAN, time.time())
            if time.time() - began > settings.SESSION_LONGEST:
                logout(request)
        return get_response(request)

    return middleware


def first_steps(get_response):
    """Leads to the page of `first_step`, and back afterwards to the one that was asked for."""

    def middleware(request):
        page = request.first_step = first_step(request)
        if not page or request.path in {reverse(name) for name in (page, *ALSO.get(page, []), *STAY_OPEN)}:
            return get_response(request)
        address = reverse(page)
        if request.method == "GET" and page != "password" and request.path != "/" and not request.htmx:
            address = f"{address}?{urlencode({'next': request.get_full_path()})}"
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)

    return middleware
