"""Passkeys: made on a device of the user, and shown at the sign-in in place of the app's code.

They are a second step after the password; nobody signs in with a passkey alone. The browser's part is js/passkey.js.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.encryption import blind_index
from jygroups.lib.refusals import Refused
from registry.access.factors import services
from registry.models import Act, Passkey, SecondFactor, User
from registry.records import audit

CHALLENGE = "passkey_challenge"  # in the session: each counts once
MOST = 10  # of a user
MALFORMED = (ValueError, TypeError, LookupError, RecursionError)  # an answer that is not of the expected form


def of(user: User) -> QuerySet[Passkey]:
    return Passkey.objects.filter(factor__user=user)


def _user(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]  # signed in


def _site(request: HttpRequest) -> tuple[str, str]:
    """The host that a passkey belongs to, and the address under which the browser has the site."""
    origin = f"{request.scheme}://{request.get_host()}"
    return urlsplit(origin).hostname or "", origin


def _remember_challenge(request: HttpRequest, options) -> str:
    from webauthn import options_to_json
    from webauthn.helpers import bytes_to_base64url

    request.session[CHALLENGE] = bytes_to_base64url(options.challenge)
    return options_to_json(options)


def _take_challenge(request: HttpRequest) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(request.session.pop(CHALLENGE, ""))


def _descriptors(user: User) -> list:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in of(user)]


def registration_options(request: HttpRequest) -> str:
    """What the browser needs to make a passkey, as JSON."""
    from webauthn import generate_registration_options
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    user = _user(request)
    selection = AuthenticatorSelectionCriteria(
        resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED
    )
    options = generate_registration_options(
        rp_id=_site(request)[0],
        rp_name=settings.CITY_NAME,
        user_id=bytes.fromhex(blind_index(f"passkey|{user.pk}")),
        user_name=user.username,
        user_display_name=user.get_full_name(),
        exclude_credentials=_descriptors(user),
        authenticator_selection=selection,
    )
    return _remember_challenge(request, options)


def authentication_options(request: HttpRequest) -> str:
    """What the browser needs to ask for one of the user's passkeys, as JSON; empty where there is none."""
    from webauthn import generate_authentication_options

    if not (known := _descriptors(_user(request))):
        return ""
    return _remember_challenge(
        request, generate_authentication_options(rp_id=_site(request)[0], allow_credentials=known)
    )


@transaction.atomic
def add(request: HttpRequest, *, name: str, response: str) -> list[str]:
    """Add the passkey that the browser made; the recovery codes where it is the first factor. Raises Refused."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    host, origin = _site(request)
    try:
        made = verify_registration_response(
            credential=response,
            expected_challenge=_take_challenge(request),
            expected_rp_id=host,
            expected_origin=origin,
        )
    except (WebAuthnException, *MALFORMED) as error:
        raise Refused(_("The passkey was not made. Try again.")) from error
    number = bytes_to_base64url(made.credential_id)
    factor, _created = SecondFactor.objects.select_for_update().get_or_create(user=_user(request))
    if Passkey.objects.filter(credential_id=number).exists() or of(factor.user).count() >= MOST:
        raise Refused(_("This device has a passkey here already, or you have too many."))
    Passkey.objects.create(
        factor=factor,
        name=name,
        credential_id=number,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
    )
    return services.confirm(factor, "passkey added", name=name)


@transaction.atomic
def verify(request: HttpRequest, response: str) -> bool:
    """Whether the browser showed one of the user's passkeys. Raises Refused while the user has to wait."""
    factor = SecondFactor.objects.select_for_update().get(user=_user(request), confirmed_at__isnull=False)
    services.refuse_while_waiting(factor)
    return services.record_try(factor, _is_valid(request, factor.user, response))


def _is_valid(request: HttpRequest, user: User, response: str) -> bool:
    from webauthn import verify_authentication_response
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    host, origin = _site(request)
    try:
        shown = parse_authentication_credential_json(response)
        passkey = of(user).get(credential_id=bytes_to_base64url(shown.raw_id))
        verified = verify_authentication_response(
            credential=shown,
            expected_challenge=_take_challenge(request),
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, Passkey.DoesNotExist, *MALFORMED):
        return False
    Passkey.objects.filter(pk=passkey.pk).update(sign_count=verified.new_sign_count, used_at=clock.now())
    return True


@transaction.atomic
def remove(passkey: Passkey) -> None:
    """Remove a passkey of one's own. Raises Refused where it is the only second step."""
    factor = SecondFactor.objects.select_for_update().get(pk=passkey.factor_id)
    if not factor.secret and of(factor.user).count() == 1:
        raise Refused(_("It is your only second step. Set up the app or another passkey before you remove it."))
    Passkey.objects.filter(pk=passkey.pk).delete()
    what = {"what": "passkey removed", "name": passkey.name}
    audit.record(Act.SECOND_FACTOR, factor.user.username, user=factor.user, **what)
