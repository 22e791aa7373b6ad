"""Encrypted values of existing rows, bound to them by migrations and renewed when keys are rotated.

Interrupted anywhere, either goes on from there.

A row gets its key and its new ciphertexts in one statement, so it is bound entirely or not at all.
"""

import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction

from jygroups.lib import constraints
from jygroups.lib.encryption import (
    BOUND,
    ROW_KEY,
    BlindIndexField,
    EncryptedField,
    EncryptedFileField,
    Unreadable,
    is_current,
    key_id_of,
    new_row_key,
)

BATCH, FILES = 500, 5  # rows in one transaction; of files fewer, for the memory's sake
HEAD = 200  # characters of a value, with the id of its key
REPORTED = 5_000  # rows after which a large table reports how far it is


class EncryptedTable:
    """A table with encrypted values, as a migration sees it; with `indexes`, their lookup digests too."""

    def __init__(self, model: type[models.Model], using: str, *, indexes: bool = False):
        self.model, self.connection = model, connections[using]
        self.fields: list[Any] = [
            each for each in model._meta.fields if isinstance(each, EncryptedField | EncryptedFileField)
        ]
        self.size = FILES if any(isinstance(each, EncryptedFileField) for each in self.fields) else BATCH
        quote = self.connection.ops.quote_name
        primary: Any = model._meta.pk
        self.table, self.key = quote(model._meta.db_table), quote(primary.column)
        self.columns = [quote(str(each.column)) for each in self.fields]
        self.indexes = [each for each in model._meta.fields if indexes and isinstance(each, BlindIndexField)]
        self.index_columns = [quote(str(each.column)) for each in self.indexes]

    def batches(self, condition: str) -> Iterator[list[tuple]]:
        """The rows as (primary key, row key, id, stored values …, lookup digests …), in order."""
        row_id = "id" if self.is_history else self.key
        total, done, last = self._one(f"SELECT count(*) FROM {self.table} WHERE {condition}"), 0, 0
        while True:
            with self.connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {', '.join([self.key, ROW_KEY, row_id, *self.columns, *self.index_columns])} "
                    f"FROM {self.table} "
                    f"WHERE {condition} AND {self.key} > %s ORDER BY {self.key} LIMIT {self.size}",
                    [last],
                )
                rows = cursor.fetchall()
            if not rows:
                return
            yield rows
            if (done + len(rows)) // REPORTED > done // REPORTED:
                sys.stdout.write(f"    {self.model._meta.db_table}: {done + len(rows)} of {total} rows\n")
            done, last = done + len(rows), rows[-1][0]

    @property
    def is_history(self) -> bool:
        return constraints.is_history(self.model)

    def _one(self, query: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def write(self, rows: list[tuple[Any, str, list]]) -> None:
        """Give each row, by primary key, this row key and these values, encrypted as the key demands; all or none."""
        sets = ", ".join(f"{column} = %s" for column in [ROW_KEY, *self.columns])
        with transaction.atomic(self.connection.alias), self.connection.cursor() as cursor:
            cursor.executemany(
                f"UPDATE {self.table} SET {sets} WHERE {self.key} = %s",
                [
                    [row_key, *map(self._stored, self.fields, [row_key] * len(values), values), primary]
                    for primary, row_key, values in rows
                ],
            )

    def is_current(self, row: tuple) -> bool:
        """Whether the row is encrypted with today's first key, and found by today's INDEX_KEY. Raises Unreadable."""
        stored, found = row[3 : 3 + len(self.fields)], row[3 + len(self.fields) :]
        columns = [str(field.column) for field in self.fields]
        if not all(is_current(value, column) for value, column in zip(stored, columns, strict=True) if value):
            return False
        return not self.indexes or self._digests(row, self.opened(row)) == [*found]

    def of_other_keys(self) -> Iterator[str]:
        """Table, row, column and key of each value that is not encrypted with today's first key."""
        for field, column in zip(self.fields, self.columns, strict=True):
            start, place = _first_key_in_place(str(field.column))
            expected: Any = place if isinstance(field, EncryptedField) else place.encode()
            with self.connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {self.key}, substr({column}, 1, {HEAD}) FROM {self.table} WHERE length({column}) > 0 "
                    f"AND substr({column}, {start}, {len(expected)}) <> %s ORDER BY {self.key}",
                    [expected],
                )
                for row, head in cursor.fetchall():
                    yield f"{self.model._meta.db_table} {row}: {field.column} ({key_id_of(head)})"

    def _digests(self, row: tuple, values: list) -> list[str | None]:
        """The lookup digests of the row with these values; of an empty one what is stored."""
        by_name = dict(zip([field.name for field in self.fields], values, strict=True))
        stored = zip(self.indexes, row[3 + len(self.fields) :], strict=True)
        return [field.of(by_name[field.source]) if by_name[field.source] else digest for field, digest in stored]

    def replace(self, batch: list[tuple]) -> None:
        """Encrypt each value of these rows again, with its lookup digest, where it is as it was read; all or none."""
        sets = ", ".join(f"{column} = %s" for column in [*self.columns, *self.index_columns])
        same = " AND ".join(f"{column} = %s" for column in self.columns)
        with transaction.atomic(self.connection.alias), self.connection.cursor() as cursor:
            for row in batch:
                values, before = self.opened(row), row[3 : 3 + len(self.fields)]
                stored = map(self._stored, self.fields, [row[1]] * len(self.fields), values)
                cursor.execute(
                    f"UPDATE {self.table} SET {sets} WHERE {self.key} = %s AND {same}",
                    [*stored, *self._digests(row, values), row[0], *before],
                )

    def _stored(self, field, row_key: str, value):
        stored = field.encrypted(value, row_key) if value else value
        return memoryview(stored) if isinstance(stored, bytes) else stored

    def opened(self, row: tuple) -> list:
        """The values of a row. Raises Unreadable, naming table, row and column."""
        return [self._opened(row[0], *each) for each in zip(self.fields, row[3 : 3 + len(self.fields)], strict=True)]

    def _opened(self, primary: Any, field: Any, value: Any) -> Any:
        try:
            return field.decrypted(value if isinstance(value, str) else bytes(value)) if value else value
        except Unreadable as error:
            raise Unreadable(f"{self.model._meta.db_table} {primary}: {field.column}: {error}") from error

    def keys(self, ids: set) -> dict:
        """The row keys that rows of these ids have already."""
        with self.connection.cursor() as cursor:
            marks = ", ".join(["%s"] * len(ids))
            cursor.execute(
                f"SELECT DISTINCT id, {ROW_KEY} FROM {self.table} WHERE {ROW_KEY} <> '' AND id IN ({marks})", [*ids]
            )
            return dict(cursor.fetchall())


def _first_key_in_place(column: str) -> tuple[int, str]:
    """Where in a bound value of the column, counted from 1, this stands if today's first key encrypted it."""
    return len(f"{BOUND}:{new_row_key()}") + 1, f":{column}:{next(iter(settings.DATA_KEYS))}:"


def replace_digest(field, before: str, after: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write what a file goes by again, in every row that has it in this field; no row gets a new version."""
    quote = connections[using].ops.quote_name
    column = quote(field.column)
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"UPDATE {quote(field.model._meta.db_table)} SET {column} = %s WHERE {column} = %s",  # noqa: S608
            [after, before],
        )


def _tables(apps, app_label: str, using: str) -> list[EncryptedTable]:
    """Those of the app that hold encrypted values; a history after the rows that it is of."""
    found = [EncryptedTable(model, using) for model in apps.get_app_config(app_label).get_models()]
    return sorted((each for each in found if each.fields), key=lambda each: each.is_history)


def bind(app_label: str):
    """For RunPython: encrypt each value of the app again, bound to its row. Rows bound already are passed over."""

    def forwards(apps, schema_editor):
        tables = _tables(apps, app_label, schema_editor.connection.alias)
        for rows in tables:
            name = str(rows.model._meta.model_name).removeprefix("historical")
            current = next(each for each in tables if each.model._meta.model_name == name)
            for batch in rows.batches(f"{ROW_KEY} = ''"):
                keys: dict = {}
                if rows.is_history:
                    ids = {row[2] for row in batch}
                    keys = rows.keys(ids) | current.keys(ids)
                rows.write([(row[0], keys.setdefault(row[2], new_row_key()), rows.opened(row)) for row in batch])

    return forwards


def unbind(app_label: str):
    """For RunPython backwards: the values as they were stored before, without row and column."""

    def backwards(apps, schema_editor):
        for rows in _tables(apps, app_label, schema_editor.connection.alias):
            for batch in rows.batches(f"{ROW_KEY} <> ''"):
                rows.write([(row[0], "", rows.opened(row)) for row in batch])

    return backwards
