"""The own account: posts, password, second factor, sessions."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.access.factors import passkeys
from registry.access.factors import services as factors
from registry.access.sessions.views import shown
from registry.models import PostState


@require_safe
def account(request):
    """What a user may see and change of the own account."""
    context = {
        "has_factor": request.user.has_second_factor,
        "needs_factor": request.user.needs_second_factor,
        "has_app": factors.has_app(request.user),
        "passkeys": passkeys.of(request.user),
        "codes_left": factors.codes_left(request.user),
        "codes": factors.RECOVERY_CODES,
        "sessions": shown(request),
        "waiting": request.user.posts.exclude(state=PostState.IN_EFFECT).select_related("subdistrict", "community"),
    }
    return render(request, "registry/access/account.html", context)
