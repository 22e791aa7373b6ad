"""Who the identity provider (统一身份认证) states has signed in there, by OpenID Connect.

Roles stay ours: nobody is added, and nobody gets a post, by what a provider states.
"""

import logging
from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.urls import reverse
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from registry.models import User

MALFORMED = (AttributeError, TypeError, ValueError)  # an answer that is no JSON, or not of the expected form
LEEWAY = 60  # seconds between the provider's clock and ours
LONGEST_SUBJECT = 255  # characters, by OpenID Connect Core 2
log = logging.getLogger("registry.oidc")


class Untrusted(ValueError):
    """The provider's answer is none, or not one that may be believed."""


class Provider(OIDCAuthenticationBackend):
    """The provider of the settings; its library verifies signature and nonce, this also issuer, audience and times."""

    def _verify_jws(self, payload, key) -> dict[str, Any]:
        claims = jwt.decode(
            payload,
            key,
            algorithms=[settings.OIDC_RP_SIGN_ALGO],
            audience=settings.OIDC_RP_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
        is_only_ours = claims["aud"] in (settings.OIDC_RP_CLIENT_ID, [settings.OIDC_RP_CLIENT_ID])
        if claims.get("azp", settings.OIDC_RP_CLIENT_ID if is_only_ours else "") != settings.OIDC_RP_CLIENT_ID:
            raise Untrusted("the token was made for another application")
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise Untrusted("the subject is empty or too long")
        return claims

    def claims(self, request, asked: dict) -> dict[str, Any]:
        """What the provider states of the person who comes back from it with a code. Raises Untrusted."""
        try:
            tokens = self.get_token(
                {
                    "client_id": self.OIDC_RP_CLIENT_ID,
                    "client_secret": self.OIDC_RP_CLIENT_SECRET,
                    "grant_type": "authorization_code",
                    "code": request.GET["code"],
                    "redirect_uri": request.build_absolute_uri(reverse("oidc-callback")),
                    "code_verifier": asked["code_verifier"],
                }
            )
            claims = self.verify_token(tokens["id_token"], nonce=asked["nonce"])
            if not self.OIDC_OP_USER_ENDPOINT:
                return claims
            more = self.get_userinfo(tokens["access_token"], tokens["id_token"], claims)
            if more["sub"] != claims["sub"]:
                raise Untrusted("the user information is of another person")
            return more | claims
        except (jwt.PyJWTError, requests.RequestException, SuspiciousOperation, LookupError, *MALFORMED) as error:
            log.warning("The identity provider's answer is refused: %s: %s", type(error).__name__, error)
            raise Untrusted(str(error)) from error


def name_in(claims: dict[str, Any]) -> str:
    """The sign-in name here that the claims name; empty for none."""
    name = claims.get(settings.OIDC_USERNAME_CLAIM)
    return name if isinstance(name, str) else ""


def user_of(claims: dict[str, Any]) -> User | None:
    """The user of that name who may sign in; never a superuser, who is for repair on the machine."""
    return User.objects.filter(username=name_in(claims), is_active=True, is_superuser=False).first()


def signed_in_at(claims: dict[str, Any]) -> float:
    """When the person signed in at the provider; at the latest when the token was made."""
    moment = claims.get("auth_time")
    return moment if isinstance(moment, int | float) else claims["iat"]


def is_fresh(claims: dict[str, Any], since: float, former: float) -> bool:
    """Whether the person signed in at the provider since that moment, and not by the former sign-in there."""
    moment = claims.get("auth_time")
    return isinstance(moment, int | float) and moment >= since - LEEWAY and moment > former


def shows_second_factor(claims: dict[str, Any]) -> bool:
    """Whether the provider states one of OIDC_SECOND_FACTOR, such as amr=mfa, which then stands for ours."""
    for each in settings.OIDC_SECOND_FACTOR:
        claim, _sign, value = each.partition("=")
        stated = claims.get(claim)
        if value and value in (stated if isinstance(stated, list) else [stated]):
            return True
    return False
