"""The rows of a table as lines of JSON that are the same on every database, and back; ciphertexts stay as they are."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection, models

from jygroups.lib import chain

BLOCK = 1 << 20  # bytes of lines that are handled together; a longer line is alone
ROWS = 200  # that are read together; of files one


class PortableTable:
    """A model's table. Without columns it has those of the model that the database does not compute."""

    def __init__(self, model: type[models.Model], columns: Iterable[str] = ()):
        meta = model._meta
        known = {str(field.column): field for field in meta.local_concrete_fields if not field.generated}
        self.name, self.columns = meta.db_table, [*(columns or known)]
        self._columns: list[Any] = [known[column].get_col(self.name) for column in self.columns]  # with their own type
        self._kinds = [each.output_field.get_internal_type() for each in self._columns]
        quote = connection.ops.quote_name
        self._table, self._names = quote(self.name), ", ".join(map(quote, self.columns))
        primary: Any = meta.pk
        is_text = primary.get_col(self.name).output_field.get_internal_type() in ("CharField", "TextField")
        bytewise = ' COLLATE "C"' if is_text and connection.vendor == "postgresql" else ""  # as SQLite compares
        self._order = quote(primary.column) + bytewise
        self._numbered = quote(str(meta.auto_field.column)) if meta.auto_field else ""

    def is_empty(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {self._table} LIMIT 1")
            return cursor.fetchone() is None

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._table}")

    def blocks(self) -> Iterator[bytes]:
        """The rows by primary key, each a line, some of them together."""
        waiting = bytearray()
        for line in self._lines():
            waiting += line
            if len(waiting) >= BLOCK:
                yield bytes(waiting)
                waiting.clear()
        if waiting:
            yield bytes(waiting)

    def insert(self, block: bytes) -> None:
        """Add the rows of a block."""
        convert = [*map(_to_database, self._columns, self._kinds)]
        rows = [
            [value if value is None else to(value) for value, to in zip(json.loads(line), convert, strict=True)]
            for line in block.splitlines()
        ]
        marks = ", ".join(["%s"] * len(self.columns))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {self._table} ({self._names}) VALUES ({marks})", rows)

    def last_number(self) -> int | None:
        """The last primary key that the database gave, so that one of a deleted row is not given again."""
        if not self._numbered:
            return None
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = %s", [self.name])
            else:
                cursor.execute(f"SELECT pg_sequence_last_value({self._sequence})")
            return cursor.fetchone()[0]

    def set_last_number(self, number: int) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [self.name])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [self.name, number])
            else:
                cursor.execute(f"SELECT setval({self._sequence}, %s)", [number])

    @property
    def _sequence(self) -> str:
        column = self._numbered.strip('"')
        return f"pg_get_serial_sequence('{self._table}', '{column}')::regclass"

    def _lines(self) -> Iterator[bytes]:
        places = [(place, convert) for place, column in enumerate(self._columns) if (convert := _from_database(column))]
        size = 1 if "BinaryField" in self._kinds else ROWS
        with connection.chunked_cursor() as cursor:
            cursor.execute(f"SELECT {self._names} FROM {self._table} ORDER BY {self._order}")
            while rows := cursor.fetchmany(size):
                for row in map(list, rows):
                    for place, convert in places:
                        if row[place] is not None:
                            row[place] = convert(row[place])
                    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=_as_json)
                    yield text.encode() + b"\n"


class Tally:
    """Tables and files, counted and digested alike while it is written and while it is read."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._digests: dict[str, Any] = {}
        self._files, self._bytes, self._digest = 0, 0, hashlib.sha256()

    def table(self, name: str) -> None:
        self._rows[name], self._digests[name] = 0, hashlib.sha256()

    def rows(self, table: str, block: bytes) -> None:
        self._rows[table] += block.count(b"\n")
        self._digests[table].update(block)

    def file(self, name: str, stored: bytes) -> str:
        """The SHA-256 of the file as it is stored."""
        sha256 = hashlib.sha256(stored).hexdigest()
        self._files, self._bytes = self._files + 1, self._bytes + len(stored)
        self._digest.update(f"{name} {sha256}\n".encode())
        return sha256

    def totals(self) -> dict[str, Any]:
        rows = self._rows.items()
        return {
            "tables": {name: {"rows": count, "sha256": self._digests[name].hexdigest()} for name, count in rows},
            "files": {"count": self._files, "bytes": self._bytes, "sha256": self._digest.hexdigest()},
        }


def digested(blocks: Iterable[bytes]) -> dict[str, Any]:
    """The number of rows and the SHA-256 of their lines."""
    tally = Tally()
    tally.table("")
    for block in blocks:
        tally.rows("", block)
    return tally.totals()["tables"][""]


def _from_database(column: Any) -> Callable[[Any], Any] | None:
    """What a stored value of the column needs to be the same on every database."""
    if column.output_field.get_internal_type() == "JSONField":  # PostgreSQL orders the names in its own way
        return lambda text: chain.canonical(json.loads(text)).decode()
    converters = connection.ops.get_db_converters(column)

    def convert(value: Any) -> Any:
        for converter in converters:
            value = converter(value, column, connection)
        return value

    return convert if converters else None


def _to_database(column: Any, kind: str) -> Callable[[Any], Any]:
    field = column.output_field
    if kind == "JSONField":
        return lambda text: connection.ops.adapt_json_value(json.loads(text), None)
    to_python = base64.b64decode if kind == "BinaryField" else field.to_python
    return lambda value: field.get_db_prep_value(to_python(value), connection, prepared=True)


def _as_json(value: Any) -> str:
    """A value that JSON does not know; another kind than these is a TypeError."""
    if isinstance(value, datetime):
        return chain.moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value)} has no portable form yet")
