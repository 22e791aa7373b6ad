"""Whether a session has shown its user's second factor."""

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

VERIFIED = "second_factor_shown"
BY_PROVIDER = "signed_in_at_provider"  # no password was typed


def is_verified(request: HttpRequest) -> bool:
    return VERIFIED in request.session


def verify(request: HttpRequest) -> None:
    """The second factor was shown just now: the session gets a new key, as after the password."""
    request.session[VERIFIED] = True
    request.session.cycle_key()


@receiver(user_logged_in)
def ask_again(request, **kwargs) -> None:
    """Each sign-in asks for it, also one within a session."""
    request.session.pop(VERIFIED, None)
