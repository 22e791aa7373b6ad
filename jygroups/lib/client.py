"""The address of the client of the request that is being answered, behind the configured proxies."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from jygroups.lib import chain

_address: ContextVar[str | None] = ContextVar("client", default=None)


def address() -> str | None:
    """The client's address; None outside a request."""
    return _address.get()


@contextmanager
def acting_from(address: str | None) -> Iterator[None]:
    """What the block does comes from this address, such as the rest of a request in another process."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


@dataclass(frozen=True)
class Proxies:
    """Addresses and networks of trusted proxies; `unix`: a local socket is one too."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    unix: bool = False

    @classmethod
    def read(cls, entries: Iterable[str]) -> "Proxies":
        """Of the entries of TRUSTED_PROXIES. Raises ValueError with the first that is none."""
        entries = [entry.strip() for entry in entries if entry.strip()]
        networks = tuple(ipaddress.ip_network(entry, strict=False) for entry in entries if entry != "unix")
        return cls(networks, "unix" in entries)

    def trust(self, address: str) -> bool:
        """Whether the peer of a connection is one; empty for a local socket."""
        if not address:
            return self.unix
        if (one := chain.address(address)) is None:
            return False
        return any(ipaddress.ip_address(one) in network for network in self.networks)


def true_address(remote: str, forwarded: str, proxies: Proxies) -> str:
    """The address from which the first trusted proxy was called.

    `remote` is the peer of the connection, empty for a local socket. `forwarded` is X-Forwarded-For: it is read from
    its end, only as far as trusted proxies have written it. A port after an address is left out.
    """
    current = remote
    if not proxies.trust(remote):
        return current
    for each in reversed(forwarded.split(",")):
        address = _without_port(each.strip())
        try:
            ipaddress.ip_address(address)
        except ValueError:
            break
        current = address
        if not proxies.trust(address):
            break
    return current


def _without_port(text: str) -> str:
    """198.51.100.7 of 198.51.100.7:4711, 2001:db8::1 of [2001:db8::1]:4711."""
    found = re.fullmatch(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+", text)
    return (found[1] or found[2] or "") if found else text


def true_client_address(get_response):
    """Middleware, the first of all: REMOTE_ADDR is the client's, for sign-in limits and the audit log alike."""
    try:
        proxies = Proxies.read(settings.TRUSTED_PROXIES)
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}.") from error

    def middleware(request):
        remote, forwarded = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = true_address(remote, forwarded, proxies)
        with acting_from(request.META["REMOTE_ADDR"]):
            return get_response(request)

    return middleware
