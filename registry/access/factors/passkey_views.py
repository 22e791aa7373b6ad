"""The passkeys of the own account."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import key
from jygroups.lib.refusals import Refused
from registry.access.factors import passkeys
from registry.access.factors.forms import PasskeyForm
from registry.access.factors.views import after_confirmed
from registry.access.passwords.views import PasswordFirst, confirm_first, layout, recently_confirmed
from registry.access.sessions.services import device_in_words
from registry.records.pages import ConfirmPage, answer


@require_http_methods(["GET", "POST"])
def add(request):
    """A passkey made by the browser, under a name."""
    if not request.first_step and not recently_confirmed(request):
        return confirm_first(request)
    device = device_in_words(request.META.get("HTTP_USER_AGENT", ""))
    form = PasskeyForm(request.POST or None, initial={"name": device})
    if form.is_valid():
        try:
            codes = passkeys.add(request, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return after_confirmed(request, codes, _("The passkey is added."))
    context = {
        "options": passkeys.registration_options(request),
        "layout": layout(request),
        "title": _("Add a passkey"),
    }
    return answer(request, form, template="registry/access/passkey.html", **context)


class RemovePasskey(PasswordFirst, ConfirmPage):
    """A passkey of one's own removed, which the address's query names."""

    title = gettext_lazy("Remove the passkey «%(record)s»")
    submit = pgettext_lazy("passkey", "Remove")
    done = gettext_lazy("The passkey «%(record)s» is removed.")
    back = "account"

    def has_permission(self):
        return True

    def get_record(self):
        return passkeys.of(self.actor).filter(pk=key(self.request.GET.get("passkey", "")) or 0).first()

    def refusal(self):
        return "" if self.record else _("There is no such passkey.")

    def consequences(self):
        return [_("At the sign-in it counts no more. Also delete it on the device, where it is of no use then.")]

    def act(self, form):
        passkeys.remove(self.record)
