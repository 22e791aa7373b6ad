"""Signing in, one's own password, and the password asked again before a sensitive act."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from jygroups.lib import clock, shown
from jygroups.lib.shortcuts import download, is_of_this_site, next_page
from jygroups.lib.spreadsheets import page_marks
from registry.access.passwords.former import is_due
from registry.access.passwords.forms import OwnPassword, PasswordAgain, PurposeForm, SignInForm
from registry.access.users import services as users
from registry.models import User
from registry.records.pages import answer

CONFIRMED_AT, PURPOSE, PREVIOUS = "confirmed_at", "purpose", "previous_sign_in"  # in the session
BACKEND = "registry.access.backend.PostsBackend"
ASKED = {"csrfmiddlewaretoken", "purpose", "password"}  # on the page that asks for the purpose


def sign_in_user(request: HttpRequest, user: User, way: str = "") -> None:
    """Sign the user in; the log names a way other than the password. The session keeps the sign-in before, to show."""
    before = user.last_login
    request.sign_in_way = way  # type: ignore[attr-defined]
    login(request, user, backend=BACKEND)
    request.session[PREVIOUS] = before.isoformat() if before else None


class SignIn(LoginView):
    """The sign-in."""

    authentication_form = SignInForm

    def get_redirect_url(self, request=None):
        return next_page(request or self.request, "")

    def form_valid(self, form):
        sign_in_user(self.request, form.get_user())
        return redirect(self.get_success_url())


def recently_confirmed(request: HttpRequest) -> bool:
    """Whether who is signed in has typed the password again lately; the one at the sign-in does not count."""
    return time.time() - request.session.get(CONFIRMED_AT, 0) < settings.PASSWORD_REMEMBERED


def remember_confirmed(request: HttpRequest) -> None:
    """The password has been typed just now."""
    request.session[CONFIRMED_AT] = time.time()


def confirm_first(request: HttpRequest, back: str = "") -> HttpResponse:
    """Leads to the page that asks for the password and back to the page the act begins on, where the address has none.

    A view of a sensitive act, once it knows that the user may do it and to which row, goes on only if
    `recently_confirmed(request)`, and returns this otherwise.
    """
    asked_from = (request.htmx.current_url or "") if request.htmx else ""  # type: ignore[attr-defined]
    if not back:
        back = asked_from if is_of_this_site(request, asked_from) else request.get_full_path()
    address = f"{reverse('confirm-password')}?{urlencode({'next': back})}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)  # type: ignore[attr-defined]


def asked_purpose(request: HttpRequest) -> tuple[PurposeForm, str]:
    """The form for the purpose of whole numbers, and the purpose once it is stated and the password known; else "".

    The purpose is proposed for the session's next ones.
    """
    confirmed = recently_confirmed(request)
    data = request.POST if request.method == "POST" and "purpose" in request.POST else None
    form = PurposeForm(data, request=request, confirmed=confirmed, initial={"purpose": request.session.get(PURPOSE)})
    if not form.is_valid():
        return form, ""
    if not confirmed:
        remember_confirmed(request)
    request.session[PURPOSE] = form.cleaned_data["purpose"]
    return form, form.cleaned_data["purpose"]


def hand_out(request: HttpRequest, name: str, make: Callable[[str], bytes], *, back: str) -> HttpResponse:
    """A file with whole ID or account numbers: asks for the purpose and the password first, on a page of its own.

    `make` gets the purpose for the log. Each printed page of a workbook says who took it, when and for what. A view
    calls this once it knows that the user may have the file; the answer to the page is the same POST again.
    """
    if not (recently_confirmed(request) or request.user.has_usable_password()):  # type: ignore[union-attr]
        return confirm_first(request, back)
    form, purpose = asked_purpose(request)
    if purpose:
        with page_marks.marked(mark_of(request.user, purpose)):  # type: ignore[arg-type]  # signed in
            return download(make(purpose), name)
    given = [(key, each) for key, values in request.POST.lists() for each in values if key not in ASKED]
    return answer(
        request,
        form,
        template="registry/access/purpose.html",
        title=_("Download: %(file)s") % {"file": name},
        given=given,
        submit=_("Download"),
        back=back,
        leave=_("Back"),
        errors_title=_("Not downloaded yet. Please fill in:"),
        downloads=True,
    )


def mark_of(user: User, purpose: str = "") -> str:
    """Who sees or takes whole numbers, when and for what: on the page and on printed files."""
    return " · ".join(filter(None, [f"{user.name} {user.username}", shown.moment(clock.now()), purpose]))


class PasswordFirst:
    """Before a FormPage: who has not typed the password lately does so, and is led back to the page."""

    def get(self, request, **kwargs):
        return super().get(request, **kwargs) if recently_confirmed(request) else confirm_first(request)  # type: ignore[misc]

    def post(self, request, **kwargs):
        return super().post(request, **kwargs) if recently_confirmed(request) else confirm_first(request)  # type: ignore[misc]


@require_http_methods(["GET", "POST"])
def confirm(request):
    """Ask for the password again, and lead back to where one was."""
    back = next_page(request)
    form = PasswordAgain(request.POST or None, request=request)
    if form.is_valid():
        remember_confirmed(request)
        return redirect(back)
    return answer(
        request,
        form,
        template="registry/access/confirm_password.html",
        title=_("Your password, please") if request.user.has_usable_password() else _("Is it you?"),
        submit=_("Go on"),
        onward=back,
        back=_before(request, back),
    )


def _before(request: HttpRequest, onward: str) -> str:
    """The page on which the user was asked to go `onward`, for who does not; the first page where that is unknown."""
    page = request.POST.get("back") or request.META.get("HTTP_REFERER", "")
    is_known = is_of_this_site(request, page) and urlsplit(page).path not in {request.path, urlsplit(onward).path}
    return page if is_known else reverse("home")


@require_http_methods(["GET", "POST"])
def own(request):
    """Change one's own password. Other sessions of the user end."""
    if not (request.user.has_usable_password() or request.user.must_change_password):
        messages.info(request, _("You have no password here."))
        return redirect("account")
    is_first = not request.user.has_usable_password()
    form = OwnPassword(request.POST or None, request=request)
    if form.is_valid():
        password, session = form.cleaned_data["new_password"], request.session.session_key
        done = _("Your password is set.") if is_first else _("Your password is changed.")
        users.set_own_password(request.user, password, session=session)
        update_session_auth_hash(request, request.user)
        if "password" in form.fields:
            remember_confirmed(request)
        messages.success(request, done)
        return redirect("home" if request.first_step else "account")
    context = {"sentence": _reason_to_change(request.user), "layout": layout(request)}
    if not request.first_step:
        context["back"] = reverse("account")
    title = _("Choose a password") if is_first else _("Change your password")
    submit = _("Save the password") if is_first else _("Change the password")
    template = "registry/access/own_password.html"
    return answer(request, form, template=template, title=title, submit=submit, **context)


def layout(request: HttpRequest) -> str:
    """Without a menu as long as it leads nowhere."""
    return "bare.html" if request.first_step else "base.html"  # type: ignore[attr-defined]


def _reason_to_change(user: User) -> str:
    """Why the user chooses a password before any other page; empty where that is free."""
    if user.must_change_password and not user.has_usable_password():
        text = _(
            "Choose a password that only you know. From now on you sign in with it and with the name %(username)s."
        )
        return text % {"username": user.username}
    if user.must_change_password:
        return _("You signed in with a one-time password, which others have seen. Choose one that only you know.")
    if is_due(user):
        return _("Your password is older than %(days)s days. Choose another.") % {"days": settings.PASSWORD_DAYS}
    return ""
