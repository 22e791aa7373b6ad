"""Signing in, one's own password, and the password asked again before a sensitive act."""

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from registry.access.passwords.forms import OwnPassword, PasswordAgain
from registry.access.users import services as users
from registry.records.pages import answer

CONFIRMED_AT = "confirmed_at"


class SignIn(LoginView):
    """The sign-in. The session keeps when the user had signed in before, for the page to show."""

    def form_valid(self, form):
        before = form.get_user().last_login
        response = super().form_valid(form)
        self.request.session["previous_sign_in"] = before.isoformat() if before else None
        remember_confirmed(self.request)
        return response


def recently_confirmed(request: HttpRequest) -> bool:
    """Whether who is signed in has typed the password lately: at the sign-in, or when asked again."""
    return time.time() - request.session.get(CONFIRMED_AT, 0) < settings.PASSWORD_REMEMBERED


def remember_confirmed(request: HttpRequest) -> None:
    """The password has been typed just now."""
    request.session[CONFIRMED_AT] = time.time()


def confirm_first(request: HttpRequest) -> HttpResponse:
    """Leads to the page that asks for the password and back to the page the act begins on.

    A view of a sensitive act, once it knows that the user may do it and to which row, goes on only if
    `recently_confirmed(request)`, and returns this otherwise.
    """
    back = (request.htmx.current_url_abs_path if request.htmx else None) or request.get_full_path()  # type: ignore[attr-defined]
    address = f"{reverse('confirm-password')}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def confirm(request):
    """Ask for the password again, and lead back to where one was."""
    back = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = reverse("home")
    form = PasswordAgain(request.POST or None, request=request)
    if form.is_valid():
        remember_confirmed(request)
        return redirect(back)
    return answer(
        request,
        form,
        template="components/confirm.html",
        title=_("Your password, please"),
        consequences=[_("What you are about to do is sensitive. Type your own password, and you are led back to it.")],
        submit=_("Go on"),
        back=reverse("home"),
    )


@require_http_methods(["GET", "POST"])
def own(request):
    """Change one's own password. Other sessions of the user end."""
    form = OwnPassword(request.POST or None, request=request)
    if form.is_valid():
        users.set_own_password(request.user, form.cleaned_data["new_password"], address=request.META["REMOTE_ADDR"])
        update_session_auth_hash(request, request.user)
        remember_confirmed(request)
        messages.success(request, _("Your password is changed."))
        return redirect("home")
    context = {"back": reverse("home")}
    if request.user.must_change_password:
        context = {
            "sentence": _(
                "You signed in with a one-time password, which others have seen. Choose one that only you know."
            )
        }
    return answer(request, form, title=_("Change your password"), submit=_("Change the password"), **context)
