"""Buildings, and which group covers them 〔三(一)〕."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import Building, ResidentsGroup, User
from registry.records import versions


class Covered(Exception):
    """Some of the buildings are covered already; the message names them and by whom."""


@transaction.atomic
def cover(buildings: Iterable[Building], *, group: ResidentsGroup, actor: User) -> list[Building]:
    """Give uncovered buildings to a group, all or none. Raises Covered when somebody was first."""
    rows = list(
        Building.objects.select_for_update(of=("self",))
        .filter(pk__in=[building.pk for building in buildings], community=group.committee.community_id)
        .select_related("group")
        .order_by("pk")
    )
    if taken := [row for row in rows if row.group_id is not None]:
        names = _(", ").join(f"{row.name} ({row.group})" for row in taken)
        raise Covered(_("Covered by a group already: %(names)s. Nothing was changed.") % {"names": names})
    for row in rows:
        row.group = group
    versions.update(rows, fields=["group"], actor=actor, reason=_("given to a group"))
    return rows
