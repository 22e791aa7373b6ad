"""Test databases: the schema and the provisions are made once for these sources, and copied wherever one is needed.

With `?options=-c%20role=NAME` at the end of DATABASE_URL the tests are done by that role, the application, as the site
is; what only the owner of the database does, whose name the address has, stands in `as_owner`.
"""

import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from jygroups.lib import grants
from registry.provisions import services as provisions

_, _, APPLICATION = settings.DATABASES["default"]["OPTIONS"].get("options", "").partition("-c role=")
FOLDER = settings.BASE_DIR / ".pytest_cache" / "databases"
# What decides the content of a new test database.
SOURCES = (
    "jygroups/**/*.py", "*/migrations/*.py", "*/models/*.py", "subsidies/engine/*.py",
    "registry/provisions/*.py", "registry/records/versions.py", "fixtures/provisions.csv", "requirements.txt",
    "tests/settings.py", "tests/databases.py",
)  # fmt: skip


def create(name: str) -> None:
    """Make a database of this name, a copy of the template, which is made again when the sources have changed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the workers start together
        before = connection.settings_dict["NAME"]
        copy(_template(), name)
    connect(before)


def connect(name: str) -> None:
    disconnect()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def disconnect() -> None:
    """Close what would keep the database from being copied or dropped."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def act_as(role: str) -> str:
    """The role of all that follows; "none" is the owner. Gives the one before."""
    if not APPLICATION:
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SHOW role")
        [before] = cursor.fetchone()
        cursor.execute("SELECT set_config('role', %s, false)", [role])
    return before


REMOVED_BY: list[str] = []  # the role that removed the triggers, until they are installed again


@contextmanager
def as_owner() -> Iterator[None]:
    before, removed_by = act_as("none"), [*REMOVED_BY]
    yield
    REMOVED_BY[:] = removed_by
    act_as(before)


def owned(function):
    """The function, called by the owner."""

    @wraps(function)
    def call(*args, **kwargs):
        with as_owner():
            return function(*args, **kwargs)

    return call


def copy(source: str, target: str) -> None:
    """Make a database like the source, to which nobody may be connected; one of the target's name is replaced."""
    drop(target)
    if connection.vendor == "sqlite":
        shutil.copyfile(source, target)
    else:
        on_server(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        if APPLICATION:
            on_server(f'REVOKE TEMPORARY ON DATABASE "{target}" FROM PUBLIC')  # what a copy does not take over


def drop(name: str) -> None:
    if connection.vendor == "sqlite":
        for end in ("", "-wal", "-shm"):
            Path(f"{name}{end}").unlink(missing_ok=True)
    else:
        on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@cache
def _template() -> str:
    """The name of the template that fits the sources."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in SOURCES for path in settings.BASE_DIR.glob(pattern)}):
        digest.update(f"{path}\0".encode() + path.read_bytes())
    mark = digest.hexdigest()[:20]
    if connection.vendor == "sqlite":
        name = str(FOLDER / f"{mark}.sqlite3")
        if not Path(name).exists():
            for old in FOLDER.glob("*.sqlite3*"):
                old.unlink()
            _make(f"{name}.new")
            Path(f"{name}.new").rename(name)
        return name
    # A name of its own for each checkout: the lock keeps out only the workers of this one.
    checkout = hashlib.sha256(str(settings.BASE_DIR).encode()).hexdigest()[:8]
    name = re.sub(r"_gw\d+$", "", connection.creation._get_test_db_name()) + f"_template_{checkout}"
    found = on_server("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", name)
    if found != [(mark,)]:
        _make(name)
        on_server(f"COMMENT ON DATABASE \"{name}\" IS '{mark}'")
    return name


def _make(name: str) -> None:
    """A new database of this name with the schema and the provisions."""
    drop(name)
    if connection.vendor == "postgresql":
        on_server(f'CREATE DATABASE "{name}"')
    connect(name)
    with as_owner():
        call_command("migrate", verbosity=0, interactive=False)
        if APPLICATION:
            grants.grant(APPLICATION, connection)
    provisions.load_missing()
    disconnect()


def on_server(statement: str, *parameters) -> list[tuple]:
    """What PostgreSQL answers its owner outside the test database."""
    disconnect()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []
