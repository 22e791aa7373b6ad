"""Rosters in and out."""

from collections.abc import Iterable

from django.db import transaction

from jygroups.lib.exports import as_workbook
from jygroups.lib.spreadsheets.file_tables import FileTable, Shape
from registry.imports.base import Loaded, load
from registry.imports.roster import RosterResource
from registry.imports.same_person_questions import Answers
from registry.imports.titles import TITLES
from registry.models import Act, Community, User
from registry.records import audit

SHAPE = Shape(
    marks=("姓名", "身份证号"),
    words=TITLES,
    persons=("姓名", "身份证号", "银行账号"),
    down=("街道", "社区", "居民小组"),
    remarks=("备注",),
    days=("任职日期", "离任日期", "在职起始日期", "在职截止日期"),
    number="身份证号",
)


def load_roster(
    table: FileTable,
    *,
    name: str,
    actor: User | None = None,
    communities: Iterable[Community] | None = None,
    dry_run: bool = False,
    expected: str = "",
    answers: Answers | None = None,
    must_answer: bool = False,
) -> Loaded:
    """Load a roster whole or not at all. `name` is the file's; `communities` limits where it may write.

    `expected`: only if it does what was confirmed; see registry.imports.base.load. `answers`: to the questions whether
    somebody new is somebody registered; with `must_answer` one without an answer refuses the file.
    """
    resource = RosterResource(
        actor=actor, reason=name, communities=communities, answers=answers, must_answer=must_answer
    )
    return load(resource, table, dry_run=dry_run, expected=expected)


@transaction.atomic
def export_roster(community: Community, *, purpose: str, actor: User) -> bytes:
    """The community's appointments, past ones too, as a workbook that can be loaded again; put in the audit log."""
    resource = RosterResource()
    dataset = resource.export(resource.get_queryset().filter(committee__community=community))
    details = {"what": "roster", "lines": len(dataset), "purpose": purpose}
    audit.record(Act.EXPORT, community.name, user=actor, **details)
    return as_workbook(dataset.headers, dataset)
