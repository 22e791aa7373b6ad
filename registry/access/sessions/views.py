"""Ending one's own sessions."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from registry.access.sessions import services


def shown(request) -> list[dict]:
    """The open sessions of who asks, the present one first."""
    rows = [
        {
            "session": each,
            "device": services.device_in_words(each.device),
            "is_present": each.session_key == request.session.session_key,
        }
        for each in services.open_sessions(request.user)
    ]
    return sorted(rows, key=lambda row: not row["is_present"])


@require_POST
def end(request):
    """End the session of this number, or without one all but the present one."""
    if not (number := request.POST.get("number")):
        count = services.end_all(request.user, but=request.session.session_key)
        words = ngettext("%(count)s other session is ended.", "%(count)s other sessions are ended.", count)
        messages.success(request, words % {"count": count})
    elif services.end(request.user, number=number):
        messages.success(request, _("The session is ended."))
    else:
        messages.info(request, _("The session has already ended."))
    return redirect("account")
