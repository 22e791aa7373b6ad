"""Loading rosters."""

from collections.abc import Iterable

from jygroups.lib.sheets import Table
from registry.imports.base import Loaded, load
from registry.imports.roster import RosterResource
from registry.models import Community, User

MARKS = {"姓名", "身份证号"}


def load_roster(
    table: Table,
    *,
    name: str,
    actor: User | None = None,
    communities: Iterable[Community] | None = None,
    dry_run: bool = False,
) -> Loaded:
    """Load a roster whole or not at all. `name` is the file's; `communities` limits where it may write."""
    return load(RosterResource(actor=actor, reason=name, communities=communities), table, dry_run=dry_run)
