"""A user's account at the identity provider, released by who administers the user."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.access.oidc import accounts
from registry.access.passwords.views import PasswordFirst
from registry.models import User
from registry.records.pages import ConfirmPage


class ReleaseAccount(PasswordFirst, ConfirmPage):
    permission_required = "registry.keep_user"
    records = User.objects
    locks = False
    title = gettext_lazy("Release the account of %(record)s at the identity provider")
    submit = gettext_lazy("Release")
    done = gettext_lazy("The account of %(record)s at the identity provider is released.")

    def refusal(self):
        return "" if accounts.of(self.record) else _("This user is bound to no account at the identity provider.")

    def consequences(self):
        words = {"user": self.record, "username": self.record.username}
        return [
            _("The next sign-in there by the name %(username)s binds the account that has this name then.") % words,
            _("Make sure in person or by telephone that this account is that of %(user)s.") % words,
            _("The sessions of %(user)s end.") % words,
        ]

    def act(self, form):
        accounts.release(self.record, actor=self.actor)
