"""The account at the identity provider that a user is bound to, and the release of it."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from jygroups.lib import clock
from registry.access.sessions import services as sessions
from registry.access.users import services as users
from registry.models import Act, ProviderAccount, User
from registry.records import audit


class AnotherAccount(Exception):
    """The user is bound to another account at the provider, or the account to another user."""


def of(user: User) -> ProviderAccount | None:
    """The user's account at the provider of the settings."""
    return ProviderAccount.objects.filter(user=user, issuer=settings.OIDC_ISSUER).first()


@transaction.atomic
def bind(user: User, *, issuer: str, subject: str) -> None:
    """Bind the user to the account by which the user comes for the first time. Raises AnotherAccount."""
    User.objects.select_for_update().get(pk=user.pk)
    either = ProviderAccount.objects.filter(Q(user=user) | Q(subject=subject), issuer=issuer)
    match list(either.values_list("user", "subject")):
        case []:
            ProviderAccount.objects.create(user=user, issuer=issuer, subject=subject, bound_at=clock.now())
            audit.record(Act.PROVIDER_ACCOUNT, user.username, user=user, what="bound")
        case [found] if found == (user.pk, subject):
            pass
        case _:
            raise AnotherAccount


@transaction.atomic
def release(user: User, *, actor: User) -> None:
    """Release the user's account, so that the next sign-in of the name binds another. Ends the user's sessions."""
    users.check(actor, user)
    ProviderAccount.objects.filter(user=user).delete()
    sessions.end_all(user)
    audit.record(Act.PROVIDER_ACCOUNT, user.username, user=actor, what="released")
