"""Standards: the one that comes with the project."""

import json

from django.conf import settings
from django.db import transaction

from registry.services import versions
from subsidies.models import Rate, Standard, Standing


@transaction.atomic
def load_missing() -> None:
    """Add the first Standard where there is none; what is there stays as it is."""
    if Standard.objects.exists():
        return
    for row in json.loads((settings.BASE_DIR / "fixtures" / "standards.json").read_text(encoding="utf-8")):
        rates = row.pop("rates")
        standard = Standard(**row, state=Standing.IN_FORCE)
        versions.create([standard], actor=None, reason="setup")
        rows = [Rate(standard=standard, position=position, amount=amount) for position, amount in rates.items()]
        versions.create(rows, actor=None, reason="setup")
