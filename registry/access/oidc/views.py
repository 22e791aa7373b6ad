"""Signing in at the identity provider, and confirming there who one is before a sensitive act."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.signals import user_login_failed
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from mozilla_django_oidc.views import OIDCAuthenticationRequestView

from registry.access.factors.session import BY_PROVIDER, verify
from registry.access.oidc import accounts
from registry.access.passwords.views import remember_confirmed, sign_in_user
from registry.access.sign_in_limits import count_for_address, is_address_locked
from registry.access.sign_in_receivers import record_sometimes
from registry.models import Act

WAY, ANOTHER_ACCOUNT = "identity provider", "another account"  # in the log
SIGNED_IN_AT = "signed_in_at_provider_at"  # in the session: the provider's auth_time


class Begin(OIDCAuthenticationRequestView):
    """Leads to the provider, with state, nonce and PKCE kept in the session.

    Who is signed in already has to show there again who it is.
    """

    def get_extra_params(self, request):
        return {"prompt": "login", "max_age": "0"} if request.user.is_authenticated else {}


@login_not_required
@require_safe
def begin(request):
    return Begin.as_view()(request) if settings.OIDC_ISSUER else redirect("login")


@login_not_required
@require_safe
def callback(request):
    """The way back from the provider: each state counts once."""
    if not settings.OIDC_ISSUER:
        return redirect("login")
    if is_address_locked(request.META["REMOTE_ADDR"]):
        return render(request, "registration/locked.html", status=429)
    asked = request.session.get("oidc_states", {}).pop(request.GET.get("state"), None)
    if asked is None:  # any page elsewhere can lead here: it counts for nobody
        return redirect("home") if request.user.is_authenticated else _refusal(request)
    onward = request.session.pop("oidc_login_next", None)
    request.session.save()  # before the provider is asked, so that the state is used up whatever happens
    from registry.access.oidc import services  # with the libraries that only an answer of a provider needs

    try:
        claims = services.Provider().claims(request, asked)
    except services.Untrusted:
        return _refused(request)
    user, name, is_confirmation = services.user_of(claims), services.name_in(claims), request.user.is_authenticated
    words = {"name": name or "–"}
    former = request.session.get(SIGNED_IN_AT, 0)
    if is_confirmation and (user != request.user or not services.is_fresh(claims, asked["added_on"], former)):
        reason = _("You have to sign in there again, with your own account, when you are asked to confirm.")
        return _refused(request, name, reason)
    if user is None:
        reason = _("You are signed in there as «%(name)s», but nobody of this name may sign in here.")
        return _refused(request, name, reason % words)
    try:
        accounts.bind(user, issuer=claims["iss"], subject=claims["sub"])
    except accounts.AnotherAccount:
        reason = _(
            "You are signed in there as «%(name)s», but by another account than the one that is bound to this sign-in "
            "name here. If it is yours, the bound one has to be released here first."
        )
        return _refused(request, name, reason % words, ANOTHER_ACCOUNT)
    if is_confirmation:
        remember_confirmed(request)
    else:
        sign_in_user(request, user, WAY)
        request.session.pop("oidc_states", None)
        request.session[BY_PROVIDER] = True
        if services.shows_second_factor(claims):
            verify(request)
    request.session[SIGNED_IN_AT] = services.signed_in_at(claims)
    return redirect(onward or settings.LOGIN_REDIRECT_URL)


def _refused(request, name: str = "", reason: str = "", way: str = WAY):
    """The failure counts and is logged like that of a password."""
    if name:
        request.sign_in_way = way
        user_login_failed.send(sender=__name__, credentials={"username": name}, request=request)
    else:
        count_for_address(request.META["REMOTE_ADDR"])
        record_sometimes(Act.SIGN_IN_FAILED, None, what=way)
    return _refusal(request, reason)


def _refusal(request, reason: str = ""):
    reason = reason or _(
        "The answer that came back from there cannot be used: it is old, was used already, or is none."
    )
    return render(request, "registry/access/oidc_refused.html", {"reason": reason}, status=403)
