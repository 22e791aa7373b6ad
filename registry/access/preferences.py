"""What a user prefers of the pages themselves."""

from django.http import HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

LARGE_TEXT = "large-text"
COOKIE_SECONDS = 365 * 24 * 3600


@require_POST
def text_size(request):
    """Larger text, or the usual size again; the browser remembers it."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    if request.COOKIES.get(LARGE_TEXT):
        response.delete_cookie(LARGE_TEXT)
    else:
        response.set_cookie(
            LARGE_TEXT, "1", max_age=COOKIE_SECONDS, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response
