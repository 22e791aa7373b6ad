"""How banks want their files: the two that come with the project, and saving one."""

import json

from django.conf import settings
from django.db import transaction

from registry.models import User
from registry.services import versions
from subsidies.models import BankTemplate


@transaction.atomic
def load_missing() -> None:
    """Add the ready templates where there is none; what is there stays as it is."""
    if BankTemplate.objects.exists():
        return
    for row in json.loads((settings.BASE_DIR / "fixtures" / "bank_templates.json").read_text(encoding="utf-8")):
        versions.save(BankTemplate(**row), actor=None, reason="setup")


@transaction.atomic
def save(template: BankTemplate, *, actor: User) -> None:
    versions.save(template, actor=actor)
