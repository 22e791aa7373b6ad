"""How often one user may search, look at whole numbers and upload within a time: RATE_LIMITS."""

from django.conf import settings
from django.shortcuts import render

from jygroups.lib.counts import count

REVEALS = {"reveal"}
SEARCHES = {"search", "suggest"}


def kind_of(request) -> str:
    """Which limit the request counts for; empty for none."""
    page = request.resolver_match.url_name
    if page in SEARCHES:
        return "search"
    if request.method != "POST":
        return ""
    if page in REVEALS:
        return "reveal"
    return "upload" if request.content_type == "multipart/form-data" and request.FILES else ""


def rate_limits(get_response):
    """Answers 429 to a user who does more of one kind within its seconds than is allowed."""

    def middleware(request):
        return get_response(request)

    def process_view(request, view, args, kwargs):
        kind = kind_of(request) if request.user.is_authenticated else ""
        if kind not in settings.RATE_LIMITS:
            return None
        most, seconds = settings.RATE_LIMITS[kind]
        if count(f"rate-{kind}-{request.user.pk}", seconds) <= most:
            return None
        minutes = -(-seconds // 60)
        response = render(request, "429.html", {"most": most, "minutes": minutes}, status=429)
        response["Retry-After"] = str(seconds)
        return response

    middleware.process_view = process_view  # type: ignore[attr-defined]
    return middleware
