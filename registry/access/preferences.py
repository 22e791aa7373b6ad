"""What a user prefers of the pages themselves."""

from django.http import HttpResponseRedirect
from django.views.decorators.http import require_POST

from jygroups.lib.shortcuts import next_page

LARGE_TEXT = "large-text"
COOKIE_SECONDS = 365 * 24 * 3600


@require_POST
def text_size(request):
    """Larger text, or the usual size again; the browser remembers it."""
    response = HttpResponseRedirect(next_page(request))
    if request.COOKIES.get(LARGE_TEXT):
        response.delete_cookie(LARGE_TEXT)
    else:
        response.set_cookie(
            LARGE_TEXT, "1", max_age=COOKIE_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response
