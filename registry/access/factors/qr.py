"""The secret of an app as the address that apps read, and that as a picture."""

from base64 import b32encode
from urllib.parse import quote, urlencode

from django.utils.safestring import SafeString, mark_safe


def in_base32(secret: str) -> str:
    """The secret, given in hexadecimal digits, as it is typed into an app."""
    return b32encode(bytes.fromhex(secret)).decode()


def in_blocks(secret: str) -> str:
    """The same in blocks of four, to be copied by hand."""
    text = in_base32(secret)
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def uri(secret: str, username: str, issuer: str) -> str:
    """otpauth://totp/…, as all authenticator apps read it."""
    query = urlencode({"secret": in_base32(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{username}')}?{query}"


def picture(text: str) -> SafeString:
    """A QR code as an SVG element without styles, which the content security policy allows."""
    import segno  # needed by this page alone

    code = segno.make_qr(text, error="m")
    return mark_safe(code.svg_inline(border=2, svgclass="qr", lineclass=None, omitsize=True))  # noqa: S308  # holds no text
