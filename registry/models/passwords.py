"""What is kept of passwords besides the present one: the former ones, and codes that let in to choose the first."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jygroups.lib.digests import UnstoredIndexField


class SignInCode(models.Model):
    """登录二维码: lets its user in once, to choose a password. Only its keyed digest is kept, until it is used."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_in_code", verbose_name=_("user")
    )
    digest = UnstoredIndexField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign-in code")

    def __str__(self):
        return f"{self.user}"


class FormerPassword(models.Model):
    """以往密码: a password that the user chose, hashed as all are; the newest is the present one."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="former_passwords", verbose_name=_("user")
    )
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    class Meta:
        verbose_name = _("former password")
        ordering = ["-set_at", "-id"]

    def __str__(self):
        return f"{self.user}"
