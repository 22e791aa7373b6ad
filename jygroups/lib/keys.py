"""Secrets of the site: how to make a set, and where a trial keeps its own.

`python -m jygroups.lib.keys` prints a fresh set for the environment of a real installation.
"""

import base64
import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "DATA_KEYS", "INDEX_KEY", "SEAL_KEY")


def fresh() -> str:
    """A new set of secrets as lines NAME=value."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    values = (secrets.token_urlsafe(50), f"k1:{key()}", key(), key())
    return "".join(f"{name}={value}\n" for name, value in zip(NAMES, values, strict=True))


def trial_file(folder: Path) -> Path:
    """The trial's secrets, made once, readable by their owner alone."""
    path = folder / "keys.env"
    if not path.exists():
        if (folder / "db.sqlite3").exists():
            raise FileNotFoundError(
                f"{path} is missing, and without it the numbers in {folder / 'db.sqlite3'} cannot be read. "
                "Put it back from where it is kept, or give another DATA_DIR."
            )
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".keys.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(fresh())
        try:
            # A link, not a rename: of two processes that start together, the first one's keys stay.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path


if __name__ == "__main__":
    print(fresh(), end="")  # noqa: T201
