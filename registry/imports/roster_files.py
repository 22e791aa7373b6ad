"""Rosters in and out."""

from collections.abc import Iterable

from django.db import transaction

from jygroups.lib.file_tables import Shape, Table
from jygroups.lib.sheets import XLSX
from registry.imports.base import Loaded, load
from registry.imports.roster import RosterResource
from registry.imports.titles import TITLES
from registry.models import Act, Community, User
from registry.records import audit

SHAPE = Shape(
    marks=("姓名", "身份证号"),
    words=TITLES,
    persons=("姓名", "身份证号", "银行账号"),
    down=("街道", "社区", "居民小组"),
    remarks=("备注",),
)


def load_roster(
    table: Table,
    *,
    name: str,
    actor: User | None = None,
    communities: Iterable[Community] | None = None,
    dry_run: bool = False,
    expected: str = "",
    address: str | None = None,
) -> Loaded:
    """Load a roster whole or not at all. `name` is the file's; `communities` limits where it may write.

    `expected`: only if it does what was confirmed; see registry.imports.base.load.
    """
    resource = RosterResource(actor=actor, reason=name, communities=communities)
    return load(resource, table, dry_run=dry_run, expected=expected, address=address)


@transaction.atomic
def export_roster(community: Community, *, actor: User, address: str | None = None) -> bytes:
    """The community's appointments, past ones too, as a workbook that can be loaded again; put in the audit log."""
    resource = RosterResource()
    dataset = resource.export(resource.get_queryset().filter(committee__community=community))
    audit.record(Act.EXPORT, community.name, user=actor, address=address, what="roster", lines=len(dataset))
    return XLSX().export_data(dataset)
