"""Two-step verification: asked for at the sign-in, set up, renewed, switched off, and removed where it is lost."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import next_page
from registry.access.factors import passkeys, services
from registry.access.factors.forms import AgreeForm, CodeForm, PasswordAndCodeForm, RefuseForm, RemoveForm
from registry.access.factors.qr import in_blocks, picture, uri
from registry.access.factors.session import VERIFIED, is_verified, verify
from registry.access.passwords.views import PasswordFirst, confirm_first, layout, recently_confirmed, sign_in_user
from registry.access.sign_in_limits import count_for_address, is_address_locked, is_name_tried_too_often
from registry.access.sign_in_receivers import record_sometimes
from registry.models import Act, SecondFactor, User
from registry.records.pages import ConfirmPage, answer

AGREE = "registry.agree_post"
TWO = gettext_noop(
    "It takes effect once a second person agrees: another administrator or a leader of the subdistrict. Where there is "
    "none, a command on the server removes it: manage.py remove_second_factor %(name)s"
)
STARTED = "second_factor_started"  # in the session, which alone may confirm the secret that it was shown


@require_http_methods(["GET", "POST"])
def ask(request):
    """The code after the password: of the app, or a recovery code."""
    if is_verified(request) or not request.user.has_second_factor:
        return redirect(next_page(request))
    if "response" in request.POST:
        return _ask_passkey(request)
    form = CodeForm(request.POST or None)
    if form.is_valid():
        code, before = form.cleaned_data["code"], services.codes_left(request.user)
        try:
            right = services.check(request.user, code)
        except Refused as refusal:
            form.refuse(str(refusal))
        else:
            if right:
                _let_in(request)
                _count_codes(request, before)
                return redirect(next_page(request))
            reason = _("This recovery code is wrong or already used.") if services.is_recovery_code(code) else ""
            form.refuse(reason)
    return _show_question(request, form)


def _ask_passkey(request: HttpRequest):
    """The browser's answer to the question for a passkey."""
    refusal = _("The passkey was not accepted. Try again, or type a code.")
    try:
        if passkeys.verify(request, request.POST["response"]):
            _let_in(request)
            return redirect(next_page(request))
    except Refused as waiting:
        refusal = str(waiting)
    return _show_question(request, CodeForm(), refusal)


def _show_question(request: HttpRequest, form: CodeForm, refusal: str = ""):
    has_app, options = services.has_app(request.user), passkeys.authentication_options(request)  # type: ignore[arg-type]  # signed in
    if not has_app:
        form.fields["code"].label = _("Recovery code")
    context = {"has_app": has_app, "options": options, "refusal": refusal, "status": 422 if refusal else 200}
    return answer(request, form, template="registry/access/second_factor.html", **context)


@login_not_required
@require_http_methods(["GET", "POST"])
def sign_in(request):
    """Password and code at once: the lock of a name, for which others may be the cause, does not keep its owner out.

    An address from which very many failures came stays locked, and a name is tried 10 times in 15 minutes from one
    address. The answer is the same whatever is wrong.
    """
    if request.user.is_authenticated:
        return redirect(next_page(request))
    form, address = PasswordAndCodeForm(request.POST or None), request.META["REMOTE_ADDR"]
    if form.is_valid():
        if is_address_locked(address) or is_name_tried_too_often(form.cleaned_data["username"], address):
            return render(request, "registration/locked.html", status=429)
        if user := services.authenticate(**form.cleaned_data):
            sign_in_user(request, user, "password and code")
            _let_in(request)
            return redirect(next_page(request))
        count_for_address(address)
        record_sometimes(Act.SIGN_IN_FAILED, form.cleaned_data["username"])
        form.add_error(None, _("Name, password or code is wrong, or the code was used already. Try the next code."))
    return answer(request, form, template="registration/login_code.html")


def _let_in(request: HttpRequest) -> None:
    """The factor was shown. Who has it is shown that its removal was asked for, which ends with that."""
    verify(request)
    if asked := services.end_removal(request.user):  # type: ignore[arg-type]  # signed in
        text = _(
            "%(who)s asked to remove your second factor: %(reason)s. You have just used it, so it stays. If you did "
            "not ask for it, report it at once."
        )
        messages.warning(request, text % {"who": asked.removal_by, "reason": asked.removal_reason or "–"})


def _count_codes(request: HttpRequest, before: int) -> None:
    """A message with how many recovery codes are left, where one was used."""
    if (left := services.codes_left(request.user)) < before:  # type: ignore[arg-type]  # signed in
        text = ngettext(
            "One recovery code is used; %(left)s is left.", "One recovery code is used; %(left)s are left.", left
        )
        messages.warning(request, text % {"left": left})


@require_http_methods(["GET", "POST"])
@transaction.atomic
def set_up(request):
    """The secret of an app as a QR code and as text, and its first code; the recovery codes are the answer.

    Who has an app already changes it for one on another phone.
    """
    is_change = services.has_app(request.user)
    if not request.first_step and not recently_confirmed(request):
        return confirm_first(request)
    factor = services.being_set_up(request.user, renewed=STARTED not in request.session)
    request.session[STARTED] = True
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = services.set_up(request.user, form.cleaned_data["code"])
        except Refused as refusal:
            form.refuse(str(refusal))
        else:
            if codes is not None:
                return after_confirmed(request, codes, _("The app on the new phone counts from now on."))
            form.refuse()
    address = uri(factor.pending, request.user.username, settings.CITY_NAME)
    removal = services.removals(request.user).first()
    context = {"picture": picture(address), "uri": address, "secret": in_blocks(factor.pending), "removal": removal}
    context |= {"title": _("Change phone") if is_change else _("Set up two-step verification")}
    context |= {"layout": layout(request)}
    template = "registry/access/second_factor_set_up.html"
    return answer(request, form, template=template, is_change=is_change, **context)


def after_confirmed(request: HttpRequest, codes: list[str], done: str):
    """An app or a passkey was confirmed: the recovery codes of a first one, or the message."""
    verify(request)
    if codes:
        return _show_codes(request, codes)
    messages.success(request, done)
    return redirect("account")


@require_http_methods(["GET", "POST"])
def recovery_codes(request):
    """New recovery codes, shown on the answer to the POST alone, until the user confirms having noted them."""
    if not request.user.has_second_factor:
        return redirect("account")
    if "noted" in request.POST:
        services.note_codes(request.user)
        return redirect(next_page(request))
    if not request.first_step and not recently_confirmed(request):
        return confirm_first(request)
    if request.method == "POST":
        return _show_codes(request, services.renew_codes(request.user))
    context = {"left": services.codes_left(request.user), "onward": request.GET.get("next", "")}
    return render(request, "registry/access/recovery_codes_renew.html", context | {"layout": layout(request)})


class SwitchOff(PasswordFirst, ConfirmPage):
    """One's own factor switched off, where no post demands it."""

    title = gettext_lazy("Switch off two-step verification")
    submit = gettext_lazy("Switch off")
    done = gettext_lazy("Two-step verification is switched off.")
    back = "account"

    def has_permission(self):
        return not self.actor.needs_second_factor

    def refusal(self):
        return "" if self.actor.has_second_factor else _("Two-step verification is not set up.")

    def consequences(self):
        return [_("From then on the password alone lets you in. The app's entry and the recovery codes end.")]

    def act(self, form):
        services.remove(self.actor, actor=self.actor)
        self.request.session.pop(VERIFIED, None)  # a post given later in this session demands another factor


class RemoveLost(PasswordFirst, ConfirmPage):
    """The lost factor of a user removed by who keeps the user."""

    permission_required = "registry.keep_user"
    records = User.objects
    locks = False
    form_class = RemoveForm
    title = gettext_lazy("Remove the second factor of %(record)s")
    submit = gettext_lazy("Remove")

    def refusal(self):
        if services.waiting_removal(self.record):
            return _("Its removal waits for a second person already.")
        return "" if self.record.has_second_factor else _("This user has no second factor.")

    def consequences(self):
        words = {"user": self.record}
        if self.record.needs_second_factor:
            then = _("At the next sign-in %(user)s types the password and has to set it up again.")
        else:
            then = _("From then on the password alone lets %(user)s in, until it is set up again.")
        return [
            _("Make sure in person or by telephone that it is %(user)s who asks.") % words,
            _("The app's entry, the recovery codes and the sessions of %(user)s end.") % words,
            then % words,
            *([_(TWO) % {"name": self.record.username}] * services.needs_two(self.record)),
        ]

    def act(self, form):
        is_removed = services.remove(self.record, actor=self.actor, reason=form.cleaned_data["reason"])
        done = _("The second factor of %(record)s is removed.")
        waits = _("The second factor of %(record)s is removed once a second person agrees.")
        messages.success(self.request, (done if is_removed else waits) % self.words())


class AnswerRemoval(PasswordFirst, ConfirmPage):
    """Agree to the removal of a factor of a user with power, or refuse it."""

    permission_required = AGREE
    records = SecondFactor.objects.select_related("user", "removal_by")
    locks = False
    back = "workbench"
    keeps_input = True

    def words(self):
        return {"user": self.record.user, "who": self.record.removal_by, "reason": self.record.removal_reason or "–"}

    def trail(self):
        return []

    def get_form_kwargs(self):
        return {"initial": {"seen": services.moment_of(self.record)}}

    @property
    def is_own(self) -> bool:
        """Whether the user asked for it, and so can only withdraw it."""
        return self.record.removal_by_id == self.actor.pk


class AgreeToRemoval(AnswerRemoval):
    form_class = AgreeForm
    title = gettext_lazy("Agree to remove the second factor of %(user)s")
    submit = gettext_lazy("Agree")
    done = gettext_lazy("The second factor of %(user)s is removed.")

    def refusal(self):
        return _("You asked for it; another user has to agree.") if self.is_own else ""

    def get_context(self):
        return super().get_context() | {"refuse": reverse("factor-removal-refuse", args=[self.record.pk])}

    def consequences(self):
        texts = [
            _("%(who)s asked for it: %(reason)s."),
            _("Make sure in person or by telephone that it is %(user)s who asks."),
            _("The app's entry, the recovery codes and the sessions of %(user)s end."),
        ]
        return [text % self.words() for text in texts]

    def act(self, form):
        services.agree_to_removal(self.record, actor=self.actor, seen=form.cleaned_data["seen"])


class RefuseRemoval(AnswerRemoval):
    form_class = RefuseForm
    title = gettext_lazy("Leave the second factor of %(user)s as it is")
    submit = gettext_lazy("Refuse")
    done = gettext_lazy("The second factor of %(user)s stays.")

    def get_context(self):
        title = _("Withdraw the request to remove the second factor of %(user)s") % self.words()
        return super().get_context() | ({"title": title, "submit": _("Withdraw")} if self.is_own else {})

    def consequences(self):
        return [_("%(who)s asked for it: %(reason)s.") % self.words()]

    def act(self, form):
        given = form.cleaned_data
        services.refuse_removal(self.record, actor=self.actor, seen=given["seen"], reason=given["reason"])


def _show_codes(request, codes: list[str]):
    onward = next_page(request) if request.first_step else reverse("account")
    context = {"codes": codes, "onward": onward, "layout": layout(request)}
    return render(request, "registry/access/recovery_codes.html", context)
