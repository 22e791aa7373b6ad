"""Secrets of the site: how to make a set, what a key says of its algorithm, and where a trial stores its own.

`python -m jygroups.lib.keys keys.env` writes a fresh set for the environment of a real installation into a new file
that its owner alone may read; with `--sm` its algorithms are SM4-GCM and SM3 in place of AES-256-GCM and SHA-256. A key
that begins with `sm4:` or `sm3:` is used with that algorithm, so that old and new keys stand side by side.
"""

import argparse
import base64
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from django.core.exceptions import ImproperlyConfigured

NAMES = ("SECRET_KEY", "DATA_KEYS", "INDEX_KEY", "SEAL_KEY")


SM4, SM3 = "sm4:", "sm3:"


def listed(name: str, parts: Iterable[str]) -> list[str]:
    """The keys of this variable, newest first. Raises ImproperlyConfigured."""
    found = [part.strip() for part in parts if part.strip()]
    if not found:
        raise ImproperlyConfigured(f"{name} holds no key.")
    for key in found:
        if found.count(key) > 1:
            raise ImproperlyConfigured(f"{name} holds the key with the fingerprint {fingerprint(key)} twice.")
    return found


def by_id(name: str, parts: Iterable[str]) -> dict[str, str]:
    """The keys of this variable by their ids, newest first. Raises ImproperlyConfigured."""
    pairs = [tuple(each.strip() for each in part.partition(":")[::2]) for part in parts if part.strip()]
    ids = [key_id for key_id, _key in pairs]
    if not all(key_id and key for key_id, key in pairs):
        raise ImproperlyConfigured(f"{name} is id:key,id:key: a part has no id or no key.")
    if twice := [key_id for key_id in dict.fromkeys(ids) if ids.count(key_id) > 1]:
        raise ImproperlyConfigured(f"{name} holds two keys with the id {twice[0]}: give the new one an id of its own.")
    return dict(zip(ids, listed(name, [key for _id, key in pairs]), strict=True))


def data_key(*, sm: bool = False) -> str:
    """A new key for encryption: of 16 bytes for SM4-GCM, of 32 for AES-256-GCM."""
    key = base64.b64encode(secrets.token_bytes(16 if sm else 32)).decode()
    return f"{SM4}{key}" if sm else key


def digest_key(*, sm: bool = False) -> str:
    """A new key for digests: by SM3 or SHA-256."""
    return f"{SM3 if sm else ''}{base64.b64encode(secrets.token_bytes(32)).decode()}"


def is_data_key(key: str) -> bool:
    """Whether this is a whole key as `data_key` makes it."""
    return _size(key.removeprefix(SM4)) == (16 if key.startswith(SM4) else 32)


def is_digest_key(key: str) -> bool:
    """Whether this is a whole key as `digest_key` makes it, or a longer one."""
    return _size(key.removeprefix(SM3)) >= 32


def _size(text: str) -> int:
    """Bytes that the text stands for; none if it is not base64."""
    try:
        return len(base64.b64decode(text, validate=True))
    except ValueError:
        return 0


def begin_digest(key: str) -> HMAC:
    """For a digest in parts: HMAC-SM3 or HMAC-SHA-256, as the key says."""
    return HMAC(key.encode(), hashes.SM3() if key.startswith(SM3) else hashes.SHA256())


def digest(key: str, content: bytes) -> str:
    """The digest that cannot be computed without the key: 64 hexadecimal digits."""
    begun = begin_digest(key)
    begun.update(content)
    return begun.finalize().hex()


def fingerprint(key: str) -> str:
    """By which a key is known again, and nothing else of it."""
    begun = HMAC(key.encode(), hashes.SHA256())
    begun.update(b"jygroups fingerprint of a key")
    return begun.finalize().hex()[:16]


def fresh(*, sm: bool = False) -> str:
    """A new set of secrets as lines NAME=value."""
    values = (secrets.token_urlsafe(50), f"k1:{data_key(sm=sm)}", digest_key(sm=sm), digest_key(sm=sm))
    return "".join(f"{name}={value}\n" for name, value in zip(NAMES, values, strict=True))


def trial_file(folder: Path) -> Path:
    """The trial's secrets, made once, readable by their owner alone."""
    path = folder / "keys.env"
    if not path.exists():
        if (folder / "db.sqlite3").exists():
            raise FileNotFoundError(
                f"{path} is missing, and without it the numbers in {folder / 'db.sqlite3'} cannot be read. "
                "Put it back from where it is stored, or give another DATA_DIR."
            )
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".keys.{os.getpid()}"
        write_new(draft, fresh())
        try:
            # A link, not a rename: of two processes that start together, the first one's keys stay.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path


def write_new(path: Path, content: str) -> None:
    """Write a file that did not exist and that its owner alone may read. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a fresh set of secrets.")
    parser.add_argument("file", nargs="?", type=Path, help="a new file, such as keys.env; without one, it is printed")
    parser.add_argument("--sm", action="store_true", help="SM4-GCM and SM3 in place of AES-256-GCM and SHA-256")
    asked = parser.parse_args()
    if asked.file is None:
        print(fresh(sm=asked.sm), end="")  # noqa: T201
        return
    try:
        write_new(asked.file, fresh(sm=asked.sm))
    except FileExistsError:
        parser.exit(1, f"{asked.file} exists already; its keys are not replaced.\n")


if __name__ == "__main__":
    main()
