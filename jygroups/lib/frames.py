"""An encrypted file, written and read in order: what was changed, moved, cut off or is of another key is refused.

It is a line that anybody can read and that names the key, then frames of at most FRAME bytes, then END. The frames' key
is derived from one of DATA_KEYS for this file alone. A frame's nonce is its number and whether it is the last one, and
the line is authenticated with each.
"""

import base64
import hashlib
import json
import os
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from jygroups.lib import chain, keys, progress
from jygroups.lib.sm4 import SM4GCM, TAG_BYTES

MAGIC, END = b"jygroups backup 1 ", b"\nend of backup\n"
FRAME = 1 << 20
LONGEST_LINE = 100_000


class Unusable(Exception):
    """A file that is no backup, of another key, cut off or damaged; in words."""


def _cipher(key: str, salt: bytes) -> AESGCM | SM4GCM:
    """Of a key for one file, so that its nonces may be counted."""
    is_sm, secret = key.startswith(keys.SM4), base64.b64decode(key.removeprefix(keys.SM4), validate=True)
    derived = HKDF(hashes.SM3() if is_sm else hashes.SHA256(), len(secret), salt, b"jygroups backup").derive(secret)
    return SM4GCM(derived) if is_sm else AESGCM(derived)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class Writer:
    """Encrypts what is written with the first of DATA_KEYS; `about` is for everybody to read."""

    def __init__(self, target: BinaryIO, about: dict[str, Any]):
        name, key = next(iter(settings.DATA_KEYS.items()))
        salt = os.urandom(32)
        about = {**about, "key": name, "fingerprint": keys.fingerprint(key), "salt": salt.hex()}
        content = chain.canonical(about)
        self._line = MAGIC + content + b" " + hashlib.sha256(content).hexdigest()[:16].encode() + b"\n"
        self._target, self._cipher = target, _cipher(key, salt)
        self._waiting, self._count, self._sha256, self.size = bytearray(), 0, hashlib.sha256(), 0
        self._put(self._line)

    def write(self, content: bytes) -> None:
        self._waiting += content
        while len(self._waiting) > FRAME:
            self._put_frame(bytes(self._waiting[:FRAME]), is_last=False)
            del self._waiting[:FRAME]

    def close(self) -> str:
        """Write the end; the SHA-256 of the file."""
        self._put_frame(bytes(self._waiting), is_last=True)
        self._put(END)
        return self._sha256.hexdigest()

    def _put_frame(self, content: bytes, *, is_last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._count, is_last=is_last), content, self._line))
        self._count += 1
        progress.report(self.size)

    def _put(self, content: bytes) -> None:
        self._target.write(content)
        self._sha256.update(content)
        self.size += len(content)


class Reader:
    """Decrypts such a file. `place` is what the caller is reading, for the words of what it raises: Unusable."""

    def __init__(self, source: BinaryIO):
        self._source, self._line = source, source.readline(LONGEST_LINE)
        self.about, self.place = self._about(), _("its beginning")
        wanted = self.about["fingerprint"]
        key = next((key for key in settings.DATA_KEYS.values() if keys.fingerprint(key) == wanted), None)
        if key is None:
            text = _(
                "The backup of %(city)s of %(at)s is encrypted with another key: DATA_KEYS %(key)s with the "
                "fingerprint %(fingerprint)s. Take it from the copy kept apart from the backups."
            )
            raise Unusable(text % self.about)
        self._end = source.seek(0, os.SEEK_END) - len(END)
        source.seek(max(self._end, 0))
        if source.read() != END:
            raise Unusable(_("The end of the backup is missing: it was cut off, or its last bytes are damaged."))
        self._at = source.seek(len(self._line))
        self._cipher, self._waiting, self._count = _cipher(key, bytes.fromhex(self.about["salt"])), bytearray(), 0

    def _about(self) -> dict[str, Any]:
        if not self._line.startswith(MAGIC):
            raise Unusable(_("This is no backup of jygroups."))
        content, _space, digest = self._line[len(MAGIC) : -1].rpartition(b" ")
        damaged = Unusable(_("The backup is damaged in its first line."))
        if digest != hashlib.sha256(content).hexdigest()[:16].encode():
            raise damaged
        try:  # anybody can compute the digest: what it is of may be anything
            about = json.loads(content)
            bytes.fromhex(about["salt"])
        except (ValueError, TypeError, KeyError) as error:
            raise damaged from error
        if not {"city", "at", "key", "fingerprint"} <= about.keys():
            raise damaged
        return about

    @property
    def is_at_end(self) -> bool:
        return self._at == self._end and not self._waiting

    def read(self, size: int) -> bytes:
        """So many bytes."""
        while len(self._waiting) < size:
            self._waiting += self._frame()
        content = bytes(self._waiting[:size])
        del self._waiting[:size]
        return content

    def line(self) -> bytes:
        """All up to the next end of a line."""
        while (length := self._waiting.find(b"\n")) < 0:
            self._waiting += self._frame()
        return self.read(length + 1)

    def damaged(self, first: int, last: int) -> Unusable:
        words = {"first": f"{first:,}", "last": f"{last:,}", "place": self.place}
        return Unusable(_("The backup is damaged between byte %(first)s and byte %(last)s: %(place)s.") % words)

    def _frame(self) -> bytes:
        size = min(FRAME + TAG_BYTES, self._end - self._at)
        encrypted, first = self._source.read(size), self._at
        self._at += size
        try:
            nonce = _nonce(self._count, is_last=self._at == self._end)
            content = self._cipher.decrypt(nonce, encrypted, self._line)
        except (InvalidTag, ValueError) as error:
            raise self.damaged(first, self._at) from error
        self._count += 1
        progress.report(self._at, self._end)
        return content
