"""What the audit log holds of sheets: a signed head the newest seal of each subdistrict, a change of SEAL_KEY what
the former key has sealed."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from registry.models import Subdistrict
from registry.records import heads, seal_keys
from subsidies.models import CLOSED_STATES, Sheet
from subsidies.month import seal_limits


def newest_seals() -> dict[str, list[dict[str, str]]]:
    """By subdistrict the newest closed sheet and its seal; one query."""
    closed = Sheet.objects.filter(state__in=CLOSED_STATES)
    newest = closed.filter(subdistrict=OuterRef("pk")).order_by("-month").values("pk")[:1]
    of_each = closed.filter(pk__in=Subdistrict.objects.values_list(Subquery(newest)))
    rows = of_each.order_by("subdistrict__code").values_list("subdistrict__code", "month", "seal")
    return {
        "seals": [{"subdistrict": code, "month": month.isoformat(), "seal": seal} for code, month, seal in rows],
    }


def seal_faults(documents: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The seals in these heads that the closed sheets do not have, each once; one query."""
    rows = Sheet.objects.filter(state__in=CLOSED_STATES).values_list("subdistrict__code", "month", "seal")
    seals = {(code, month.isoformat()): seal for code, month, seal in rows}
    named: dict[tuple[str, str, str], str] = {}
    for document in documents:
        for row in document.get("seals", ()):
            named.setdefault((row["subdistrict"], row["month"], row["seal"]), document["at"])
    for (code, month, seal), at in named.items():
        if seals.get((code, month)) != seal:
            words = {"at": at, "area": code, "month": month[:7]}
            if (code, month) in seals:
                yield _("the head of %(at)s has another seal of %(area)s, %(month)s") % words
            else:
                yield (
                    _("the head of %(at)s has a seal of %(area)s, %(month)s, whose sheet is not closed or missing")
                    % words
                )


seal_keys.PARTS.append(seal_limits.evidence)
heads.PARTS.append(newest_seals)
heads.CHECKS.append(seal_faults)
