"""The account at an identity provider (统一身份认证) that a user signs in with."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ProviderAccount(models.Model):
    """认证账号: a user and an account at a provider, bound to each other by the first sign-in of that name.

    A provider may give the name to another person later, `subject` never.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="provider_accounts", verbose_name=_("user")
    )
    issuer = models.CharField(max_length=255)  # the provider: `iss` of its tokens
    subject = models.CharField(max_length=255)  # the account there: `sub` of its tokens
    bound_at = models.DateTimeField()

    class Meta:
        verbose_name = _("account at the identity provider")
        constraints = [
            models.UniqueConstraint(fields=["issuer", "user"], name="provider_account_once_per_user"),
            models.UniqueConstraint(fields=["issuer", "subject"], name="provider_account_of_one_user"),
        ]

    def __str__(self):
        return f"{self.user}"
