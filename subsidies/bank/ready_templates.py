"""How banks want their files: the templates that come with the project, and saving one."""

import json

from django.conf import settings
from django.db import transaction

from registry.models import User
from registry.services import versions
from subsidies.models import BankTemplate


@transaction.atomic
def load_missing() -> None:
    """Add the ready templates that have never been there by name; one that was renamed or changed stays as it is."""
    known = {*BankTemplate.history.values_list("name", flat=True), *BankTemplate.objects.values_list("name", flat=True)}
    for row in json.loads((settings.BASE_DIR / "fixtures" / "bank_templates.json").read_text(encoding="utf-8")):
        if row["name"] not in known:
            versions.save(BankTemplate(**row), actor=None, reason="setup")


@transaction.atomic
def save(template: BankTemplate, *, actor: User) -> None:
    versions.save(template, actor=actor)
