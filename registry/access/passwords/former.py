"""Passwords that a user has had: none of the newest is chosen again, and one gets old where PASSWORD_DAYS is set."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, ngettext_lazy

from jygroups.lib import clock
from registry.models import FormerPassword, User

# Django's texts, which the catalogue has in the words of this site.
DJANGO_TEXTS = (
    gettext_noop("username"),
    gettext_noop("A user with that username already exists."),
    gettext_noop("Your password can’t be too similar to your other personal information."),
    gettext_noop("Your password can’t be a commonly used password."),
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
)


def keep(user: User, before: str = "") -> None:
    """The password that the user has just chosen is kept, and what is older than needed is not.

    `before` is the hash of the one that it replaces, kept too where none was yet.
    """
    if before and not FormerPassword.objects.filter(user=user).exists():
        FormerPassword.objects.create(user=user, password=before, set_at=clock.now())
    FormerPassword.objects.create(user=user, password=user.password, set_at=clock.now())
    newest = FormerPassword.objects.filter(user=user).values_list("pk", flat=True)[: max(settings.PASSWORD_HISTORY, 1)]
    FormerPassword.objects.filter(user=user).exclude(pk__in=list(newest)).delete()


def is_due(user: User) -> bool:
    """Whether the user has to choose another password, as the present one is older than PASSWORD_DAYS."""
    if not settings.PASSWORD_DAYS or not user.has_usable_password():
        return False
    since = user.password_set_at
    return since is None or since < clock.now() - timedelta(days=settings.PASSWORD_DAYS)


class FormerPasswordValidator:
    """Refuses the newest PASSWORD_HISTORY passwords of the user."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        rows = FormerPassword.objects.filter(user=user).values_list("password", flat=True)
        if any(check_password(password, each) for each in rows[: settings.PASSWORD_HISTORY]):
            raise ValidationError(_("You have had this password lately; choose another."))

    def get_help_text(self) -> str:
        count = settings.PASSWORD_HISTORY
        text = ngettext("It is not your last one.", "It is none of your last %(count)s.", count)
        return text % {"count": count} if count else ""
