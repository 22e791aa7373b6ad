"""What of a sheet was made before a SEAL_KEY was retired, so that the retired key may verify it.

A digest by a retired key counts where the log shows that it was made before: lines and certificates of a sheet that was
closed, or that stood open and is noted; the people of a payment and the seal of payment events as they are noted.
"""

import hashlib
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from jygroups.lib.digests import same
from registry.records.seal_keys import Until
from subsidies.models import CLOSED_STATES, PaymentItem, PayResult, ResultSeal, Sheet


def evidence() -> dict[str, Any]:
    """What is noted when a key is retired: the sheets that stand open, of each payment one digest of those of its
    people, and of each closed sheet the seal of its payment events; three queries."""
    rows = PaymentItem.objects.order_by("payment", "pk").values_list("payment", "digest").iterator(chunk_size=2_000)
    return {
        "sheets": list(Sheet.objects.exclude(state__in=CLOSED_STATES).order_by("pk").values_list("pk", flat=True)),
        "payments": {str(key): people(row[1] for row in own) for key, own in groupby(rows, lambda row: row[0])},
        "results": {str(key): seal for key, seal in ResultSeal.objects.order_by("sheet").values_list("sheet", "seal")},
    }


def people(digests: Iterable[str]) -> str:
    """One digest for those of a payment's people, in the order of their keys."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def closed(sheet: Sheet) -> Until:
    """Whether the sheet was sealed until then."""
    return lambda retired: bool(sheet.approved_at and sheet.approved_at <= retired.at)


def lines(sheet: Sheet) -> Until:
    """Whether the sheet's lines may have been computed until then: it was sealed, or stood open."""
    return lambda retired: closed(sheet)(retired) or sheet.pk in retired.noted.get("sheets", ())


def payment(key: int, digests: Iterable[str]) -> Until:
    """Whether the payment's people are those of then, by all their digests in the order of their keys."""
    found = people(digests)
    return lambda retired: same(str(retired.noted.get("payments", {}).get(str(key), "")), found)


def event(row: PayResult) -> Until:
    """Whether the payment event was recorded until then; the seal of the events of its sheet covers it."""
    return lambda retired: bool(row.at and row.at <= retired.at)


def result(sheet: int, seal: str) -> Until:
    """Whether the seal of payment events is that of then."""
    return lambda retired: same(str(retired.noted.get("results", {}).get(str(sheet), "")), seal)
