"""Requests to servers outside, whose addresses people enter.

Only https, and no redirect is followed. The host's address is looked up once, checked and then connected to, so that a
name cannot lead into the internal network: private addresses are refused, but for those of WEBHOOK_NETWORKS.
"""

import socket
import ssl
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

SECONDS = 10
MOST_BYTES = 64 << 10  # read of an answer


class Unsent(Exception):
    """Why a message was not sent, in words; without the address, which may hold a key."""


class _Connection(HTTPConnection):
    """To the address that was checked; the certificate is that of the name."""

    def __init__(self, host: str, port: int, address: str, *, is_secure: bool):
        super().__init__(host, port, timeout=SECONDS)
        self.checked, self.is_secure = address, is_secure

    def connect(self):
        self.sock = socket.create_connection((self.checked, self.port), self.timeout)
        if self.is_secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def parts(address: str) -> SplitResult:
    """The parts of an address to which something may be sent. Raises Unsent."""
    try:
        found = urlsplit(address)
        is_named = bool(found.hostname) and found.port != 0 and not found.username
    except ValueError:
        is_named = False
    if not is_named or found.scheme not in ("https", "http"):
        raise Unsent(_("This is no address that begins with https://."))
    if found.scheme == "http" and not (settings.WEBHOOK_NETWORKS and found.hostname in ("127.0.0.1", "::1")):
        raise Unsent(_("The address has to begin with https://."))
    return found


def _checked(host: str, port: int) -> str:
    """An address of the host to which the site may connect. Raises Unsent."""
    found = [
        ip_address(str(row[4][0]).split("%")[0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ]
    for each in found:
        plain = getattr(each, "ipv4_mapped", None) or each
        allowed = any(plain in network for network in settings.WEBHOOK_NETWORKS)
        if not allowed and (not plain.is_global or plain.is_multicast):
            raise Unsent(_("The host has an address that is not public; WEBHOOK_NETWORKS does not allow it."))
    return str(found[0])


def post(address: str, content: bytes) -> bytes:
    """Post JSON; the beginning of the answer. Raises Unsent for any answer but 200."""
    found = parts(address)
    host, is_secure = str(found.hostname), found.scheme == "https"
    port = found.port or (443 if is_secure else 80)
    target = f"{found.path or '/'}?{found.query}" if found.query else found.path or "/"
    deadline, body = monotonic() + SECONDS, b""
    try:
        connection = _Connection(host, port, _checked(host, port), is_secure=is_secure)
        try:
            connection.request("POST", target, content, {"Content-Type": "application/json; charset=utf-8"})
            answer = connection.getresponse()
            while len(body) < MOST_BYTES and monotonic() < deadline:
                if not (part := answer.read1(MOST_BYTES - len(body))):
                    break
                body += part
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        raise Unsent(_("No answer: %(error)s.") % {"error": type(error).__name__}) from error
    if answer.status != 200:
        raise Unsent(_("The server answered %(status)s.") % {"status": answer.status})
    return body
