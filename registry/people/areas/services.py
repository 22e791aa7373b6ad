"""Areas and bodies: the real ones that come with the project."""

import csv
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from jygroups.lib.numerals import group_ordinal
from registry.models import Community, Record, ResidentsCommittee, ResidentsGroup, Subdistrict, Term
from registry.records import versions

FIXTURES = settings.BASE_DIR / "fixtures"
SETUP = gettext_noop("setup")


def rows(name: str) -> list[dict[str, str]]:
    """A csv of the fixtures folder."""
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def load_missing() -> None:
    """Add the real areas, terms and groups where they are missing; what is there stays as it is.

    A committee that has any group is left unchanged: the fixture's groups are placeholders.
    """
    areas = rows("communities.csv")
    _add(
        Subdistrict(code=code, name=name)
        for code, name in {row["subdistrict_code"]: row["subdistrict"] for row in areas}.items()
        if not Subdistrict.objects.filter(code=code).exists()
    )
    subdistricts = Subdistrict.objects.in_bulk(field_name="code")
    known = set(Community.objects.values_list("code", flat=True))
    _add(
        Community(code=row["community_code"], name=row["community"], subdistrict=subdistricts[row["subdistrict_code"]])
        for row in areas
        if row["community_code"] not in known
    )
    _add(ResidentsCommittee(community=community) for community in Community.objects.filter(committee=None))
    if not Term.objects.exists():
        _add(Term(**row) for row in rows("terms.csv"))
    without = {committee.community.code: committee for committee in ResidentsCommittee.objects.filter(groups=None)}
    _add(
        ResidentsGroup(
            committee=without[row["community_code"]],
            ordinal=ordinal,
            name=row["group"],
            placeholder=row["placeholder"] == "yes",
        )
        for row in rows("groups.csv")
        if row["community_code"] in without and (ordinal := group_ordinal(row["group"]))
    )


def _add(records: Iterable[Record]) -> None:
    versions.create(list(records), actor=None, reason=SETUP)
