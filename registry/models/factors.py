"""The second factor of a user: codes of an app on the phone, passkeys, and recovery codes for when these are lost."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from jygroups.lib.digests import UnstoredIndexField
from jygroups.lib.encryption import EncryptedField, RowKeyField
from registry.models.users import Post


class SecondFactorQuerySet(models.QuerySet):
    def answerable_by(self, user) -> Self:
        """Of users with power, those to whose every post with power the user could agree."""
        if not user.has_perm("registry.agree_post"):
            return self.none()
        powerful = Post.objects.with_power()
        beyond = powerful.exclude(pk__in=Post.objects.answerable_by(user).values("pk")).values("user")
        rows = self.exclude(user=user).exclude(user__in=beyond)
        return rows if user.gives_every_post else rows.filter(user__is_superuser=False)

    def visible_to(self, user, perm: str = "") -> Self:
        """The factors whose removal the user asked for, or answers as a second person."""
        return self.answerable_by(user).filter(removal_by__isnull=False)


class SecondFactor(models.Model):
    """两步验证: what a user shows at each sign-in after the password: an app's code, or a passkey.

    Being set up until the first of them is confirmed.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="second_factor", verbose_name=_("user")
    )
    row_key = RowKeyField()
    secret = EncryptedField(blank=True)  # of the app, 20 random bytes in hexadecimal digits; empty: passkeys alone
    pending = EncryptedField(blank=True)  # that of an app which no code has confirmed yet
    confirmed_at = models.DateTimeField(null=True)
    codes_noted = models.BooleanField(default=True)  # whether the user confirmed having noted the recovery codes
    newest_step = models.BigIntegerField(default=0)  # of the newest accepted code: none counts twice
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    failed_at = models.DateTimeField(null=True)  # the last of them
    # Its removal, asked for by one person and waiting for a second.
    removal_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, verbose_name=_("removal asked for by")
    )
    removal_at = models.DateTimeField(null=True)
    removal_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        verbose_name = _("second factor")
        constraints = [
            models.CheckConstraint(
                name="factor_removal_asked_for_whole_and_by_another",
                condition=Q(removal_by=None, removal_at=None, removal_reason="")
                | (Q(removal_by__isnull=False, removal_at__isnull=False) & ~Q(removal_by=F("user"))),
            )
        ]

    def __str__(self):
        return f"{self.user}"


class Passkey(models.Model):
    """通行密钥: a key pair on a device of the user, of which only the public half is here."""

    factor = models.ForeignKey(SecondFactor, models.CASCADE, related_name="passkeys")
    name = models.CharField(_("name"), max_length=50)
    credential_id = models.TextField(unique=True)  # in base64url
    public_key = models.BinaryField()
    sign_count = models.PositiveBigIntegerField()  # of the device, which never counts back
    created_at = clock.StampField(_("created at"), auto_now_add=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("passkey")
        ordering = ["created_at", "id"]

    def __str__(self):
        return self.name


class RecoveryCode(models.Model):
    """恢复码: counts once in place of the app's code. Only its keyed digest is kept."""

    factor = models.ForeignKey(SecondFactor, models.CASCADE, related_name="recovery_codes")
    digest = UnstoredIndexField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recovery code")
        constraints = [models.UniqueConstraint(fields=["factor", "digest"], name="recovery_code_once")]

    def __str__(self):
        return f"{self.factor}"
