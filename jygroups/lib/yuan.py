"""Sums of money to the fen: SQLite adds decimals up as binary fractions, and gives them back with 15 digits."""

from decimal import Decimal
from typing import Any

from django.db import models

FEN = Decimal("0.01")


def plain(amount: Decimal | None) -> str | None:
    """The amount in yuan with two decimals and nothing else, as digests and files of data have it; None for none."""
    return None if amount is None else f"{amount:.2f}"


class YuanField(models.DecimalField):
    """The output of a computed amount in yuan, with exactly two decimals."""

    def __init__(self, **kwargs: Any):
        super().__init__(**({"max_digits": 14, "decimal_places": 2} | kwargs))

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> Decimal | None:
        return value if value is None else value.quantize(FEN)


class YuanSum(models.Sum):
    """The sum of amounts in yuan, exact to the fen also where the database compares it."""

    def __init__(self, *expressions: Any, **extra: Any):
        super().__init__(*expressions, output_field=YuanField(), **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any):
        sql, params = self.as_sql(compiler, connection, **extra)
        return f"CAST(ROUND({sql}, 2) AS NUMERIC)", params
