"""One at a time: writers of many rows, each of which reads first what it then changes."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

WRITERS, AUDIT_CHAIN, FILES, NOTIFICATIONS = 0x6A7901, 0x6A7902, 0x6A7903, 0x6A7904


def hold(number: int) -> None:
    """Wait until nobody else holds the number, and hold it to the end of the transaction.

    On SQLite a transaction that writes is alone from its beginning.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


@contextmanager
def snapshot() -> Iterator[None]:
    """Read the database as of one moment, without a lock for which a writer waits; nothing is written in it.

    Within a transaction it is a part of that one.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()  # which sets the mode
    is_sqlite = connection.vendor == "sqlite"
    mode = getattr(connection, "transaction_mode", None)
    if is_sqlite:
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            if not is_sqlite:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    finally:
        if is_sqlite:
            connection.transaction_mode = mode  # type: ignore[attr-defined]
