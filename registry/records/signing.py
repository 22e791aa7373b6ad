"""The Ed25519 key pair by which heads of the chain and audit packs are signed; the public key verifies them."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.models import Act, SigningKey, User
from registry.records import audit, locks


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@transaction.atomic
def make(actor: User | None = None, *, is_endorsed: bool = True) -> SigningKey:
    """A new key pair, which signs from now on; the one before signs its public key.

    Without this endorsement, where the one before cannot be read any more, auditors have to obtain the new public key
    again; the audit entry records it. Raises Refused where an endorsement is asked for and cannot be made.
    """
    locks.hold(locks.AUDIT_CHAIN)
    private = Ed25519PrivateKey.generate()
    before = SigningKey.objects.first()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    row = SigningKey.objects.create(
        made_at=clock.now(),
        public_key=_text(public),
        private_key=_text(private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())),
        endorsement=sign(public, before) if before and is_endorsed else "",
    )
    details = {"what": "without endorsement"} if before and not is_endorsed else {}
    audit.record(Act.SIGNING_KEY, row.public_key, user=actor, **details)
    return row


@transaction.atomic
def current() -> SigningKey:
    """The key pair that signs; the first one is made when it is asked for."""
    locks.hold(locks.AUDIT_CHAIN)
    return SigningKey.objects.first() or make()


def sign(content: bytes, key: SigningKey) -> str:
    """The signature in base64. Raises Refused where the private key cannot be read."""
    try:
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key.private_key, validate=True))
    except ValueError as error:
        raise Refused(
            _(
                "The signing key cannot be decrypted with the keys in DATA_KEYS: set the key that encrypted it, or "
                "make a new one with «manage.py signing_key --new --without-endorsement»."
            )
        ) from error
    return _text(private.sign(content))


def is_signed(content: bytes, signature: str, public_key: str) -> bool:
    """Whether the signature over the content was made with the private key of this public one."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (ValueError, InvalidSignature):
        return False
    return True


def all_keys() -> list[SigningKey]:
    """The key pairs, the one that signs first."""
    return list(SigningKey.objects.all())
