"""The bank file templates that come with the project."""

import json

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import User
from registry.records import versions
from subsidies.models import BankTemplate


def load_missing() -> None:
    """Add the ready templates to a database without any template."""
    if not BankTemplate.objects.exists():
        add(actor=None)


@transaction.atomic
def add(*, actor: User | None) -> int:
    """Add the ready templates whose names were never used, and return how many; existing ones stay unchanged."""
    known = {*BankTemplate.history.values_list("name", flat=True), *BankTemplate.objects.values_list("name", flat=True)}
    ready = json.loads((settings.BASE_DIR / "fixtures" / "bank_templates.json").read_text(encoding="utf-8"))
    rows = [BankTemplate(**row) for row in ready if row["name"] not in known]
    for row in rows:
        versions.save(row, actor=actor, reason=_("ready template"))
    return len(rows)


@transaction.atomic
def save(template: BankTemplate, *, actor: User) -> None:
    versions.save(template, actor=actor)
