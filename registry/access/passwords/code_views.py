"""The QR code that lets one of a group's people in for the first time: shown to who keeps the user, and used."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registry.access.factors.qr import picture
from registry.access.passwords import codes
from registry.access.passwords.views import PasswordFirst, sign_in_user
from registry.access.sign_in_limits import count_for_address, is_address_locked
from registry.access.sign_in_receivers import record_sometimes
from registry.models import Act, User
from registry.records.pages import ConfirmPage


class MakeCode(PasswordFirst, ConfirmPage):
    """A QR code, shown on the answer to the POST alone."""

    permission_required = "registry.keep_user"
    records = User.objects
    locks = False
    title = gettext_lazy("Sign-in QR code for %(record)s")
    submit = gettext_lazy("Make and show it")

    def refusal(self):
        is_open = codes.is_open_to(self.record)
        return "" if is_open else _("Only people of a residents' group without another post sign in by QR code.")

    def consequences(self):
        return [
            _("Scanned with a phone it lets %(user)s in once, to choose a password.") % {"user": self.record},
            _("The present password and an earlier QR code end, and every session of %(user)s too.")
            % {"user": self.record},
            _("Who has the code gets in: hand it over in person, or show it to be scanned at once."),
        ]

    def act(self, form):
        token, code = codes.make(self.record, actor=self.actor)
        address = self.request.build_absolute_uri(reverse("sign-in-code", args=[token]))
        context = {"shown": self.record, "picture": picture(address), "expires_at": code.expires_at}
        return render(self.request, "registry/access/sign_in_code.html", context)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def use(request, token):
    """Where the QR code leads. A button uses it up: a messenger that looks at the page beforehand does not."""
    address = request.META["REMOTE_ADDR"]
    if is_address_locked(address):
        return render(request, "registration/locked.html", status=429)
    if request.method == "GET":
        return render(request, "registry/access/use_code.html", {"code": codes.find(token)})
    if user := codes.use(token):
        sign_in_user(request, user, "sign-in code")
        return redirect("password")
    count_for_address(address)
    record_sometimes(Act.SIGN_IN_FAILED, None)
    return render(request, "registry/access/use_code.html", status=422)
