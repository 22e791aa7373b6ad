"""Headers and language of every answer, and what no request may ask for."""

from django.conf import settings
from django.http import Http404
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation

from jygroups.lib.encryption import Unreadable


class ChosenLanguageMiddleware(LocaleMiddleware):
    """The language the user has chosen, else the site's; what a browser prefers does not decide."""

    def process_request(self, request):
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()


def no_store(get_response):
    """Pages behind the sign-in hold personal data: no browser or proxy stores them."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def no_null_characters(get_response):
    """An address with a null character leads nowhere: PostgreSQL, which has none in its texts, refuses to look."""

    def middleware(request):
        if "\0" in request.path or "%00" in request.META["QUERY_STRING"] or "\0" in request.META["QUERY_STRING"]:
            raise Http404
        return get_response(request)

    return middleware


def unverified_refused(get_response):
    """What would write or hand out a stored value that cannot be verified is refused, naming the row."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, exception):
        if isinstance(exception, Unreadable):
            return render(request, "unverified.html", {"reason": str(exception)}, status=409)
        return None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]
    return middleware
