"""The site as an app on a phone's home screen: what it is called, and the page it shows without a connection."""

from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

THEME, GROUND = "#0f5a6e", "#f4f6f7"  # as in static/css/jygroups.css
STYLES = ("bootstrap/css/bootstrap.min.css", "css/jygroups.css")


@login_not_required
@require_safe
def manifest(request):
    icons = [
        {"src": static(f"icons/{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    name = _("Residents' groups and stipends")
    found = {
        "id": "/",
        "name": f"{settings.CITY_NAME} {name}",
        "short_name": _("Residents' groups"),
        "lang": "zh-CN" if request.LANGUAGE_CODE == "zh-hans" else request.LANGUAGE_CODE,
        "start_url": reverse("workbench"),
        "scope": "/",
        "display": "standalone",
        "theme_color": THEME,
        "background_color": GROUND,
        "icons": icons,
    }
    return JsonResponse(found, content_type="application/manifest+json")


@login_not_required
@require_safe
def offline(request):
    """Holds nothing of a user: it is kept on the device."""
    return render(request, "offline.html", {"styles": STYLES})


@login_not_required
@require_safe
def worker(request):
    """The service worker; its name changes with what it keeps, so that a device fetches that again."""
    page, styles = reverse("offline"), [static(each) for each in (*STYLES, "favicon.svg")]
    with override(settings.LANGUAGE_CODE):
        version = sha256(render_to_string("offline.html", {"styles": STYLES}).encode()).hexdigest()[:12]
    context = {"page": page, "files": [page, *styles], "version": version}
    return render(request, "worker.js", context, content_type="text/javascript")
