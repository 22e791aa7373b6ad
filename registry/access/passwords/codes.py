"""A code, printed as a QR code, that lets one of a group's people in once, to choose a password on the phone."""

import secrets
from datetime import timedelta

from axes.utils import reset
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.digests import blind_indexes
from registry.access.sessions import services as sessions
from registry.access.users import services as users
from registry.models import GROUP_ROLES, Act, PostState, SignInCode, User
from registry.records import audit, versions

TOKEN_BYTES = 16


def is_open_to(user: User) -> bool:
    """Whether the user is one of a group's people and nothing else, now and by any post to come."""
    held = user.posts.exclude(state=PostState.REFUSED).exclude(last_day__lt=clock.today())
    roles = set(held.values_list("role", flat=True))
    return bool(roles) and roles <= set(GROUP_ROLES) and not user.is_superuser


@transaction.atomic
def make(user: User, *, actor: User) -> tuple[str, SignInCode]:
    """A new code, in place of an earlier one and of the password; the user's sessions end. Returns the secret too."""
    users.check(actor, user)
    if not is_open_to(user):
        raise PermissionDenied
    token = secrets.token_urlsafe(TOKEN_BYTES)
    user.set_unusable_password()
    user.must_change_password = True
    versions.save(user, actor=actor, reason=_("Sign-in code made"))
    sessions.end_all(user)
    reset(username=user.username)
    expires = clock.now() + timedelta(hours=settings.SIGN_IN_CODE_HOURS)
    fields = {"digest": _digests(token)[0], "expires_at": expires}
    code, _created = SignInCode.objects.update_or_create(user=user, defaults=fields)
    audit.record(Act.PASSWORD, user.username, user=actor, what="sign-in code")
    return token, code


def find(token: str) -> SignInCode | None:
    """The code, if it still lets in."""
    code = SignInCode.objects.filter(digest__in=_digests(token)).select_related("user").first()
    is_good = code and code.expires_at > clock.now() and code.user.is_active and is_open_to(code.user)
    return code if is_good else None


@transaction.atomic
def use(token: str) -> User | None:
    """The user whom the code lets in; it is used up. None where it does not."""
    code = find(token)
    if code is None or not SignInCode.objects.filter(pk=code.pk, digest=code.digest).delete()[0]:
        return None  # of two at once one deletes it
    return code.user


def _digests(token: str) -> list[str]:
    """What the code may be stored as; the first one is today's."""
    return blind_indexes(f"sign-in code|{token}")
