"""Laying down provisions: those that come with the project, and those that civil affairs enters."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from jygroups.lib.refusals import Refused
from registry.models import Provision, User
from registry.records import versions

SETUP = gettext_noop("setup")


@transaction.atomic
def load_missing() -> None:
    """Add the city's provisions of keys that have none; what is there stays as it is."""
    known = set(Provision.objects.values_list("key", flat=True))
    with (settings.BASE_DIR / "fixtures" / "provisions.csv").open(encoding="utf-8", newline="") as file:
        missing = [row for row in csv.DictReader(file) if row["key"] not in known]
    versions.create(read(missing), actor=None, reason=SETUP)


def read(rows: Iterable[Mapping[str, str]]) -> list[Provision]:
    """Provisions of csv rows. Raises ValidationError for an unknown key, and for a figure or text that lacks."""
    found = [
        Provision(
            key=row["key"],
            value=int(row["value"]) if row["value"] else None,
            largest=int(row["largest"]) if row["largest"] else None,
            text=row["text"],
            clause=row["clause"],
            in_force_from=date.fromisoformat(row["in_force_from"]) if row["in_force_from"] else None,
        )
        for row in rows
    ]
    for each in found:
        each.clean_fields()
        each.clean()
    return found


def save(provision: Provision, *, actor: User) -> None:
    """Enter a provision or correct it. Raises ValidationError for what the model refuses."""
    reason = _("provision entered") if provision.pk is None else pgettext("provision", "corrected")
    versions.save(provision, actor=actor, reason=reason)


def remove(provision: Provision, *, actor: User) -> None:
    """Delete a provision. Raises Refused once it is in force: days have been judged by it."""
    if not provision.is_to_come:
        raise Refused(_("It is in force already; enter another one from a later day instead."))
    versions.remove(provision, actor=actor, reason=_("discarded before it was in force"))
