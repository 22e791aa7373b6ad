"""One at a time: writers of many rows, each of which reads first what it then changes."""

from django.db import connection

WRITERS, AUDIT_CHAIN, FILES = 0x6A7901, 0x6A7902, 0x6A7903


def hold(number: int) -> None:
    """Wait until nobody else holds the number, and hold it to the end of the transaction.

    On SQLite a transaction that writes is alone from its beginning.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
