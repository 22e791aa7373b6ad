"""What becomes of each row of a file, as its user is shown it before and after it is loaded."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from jygroups.lib import id_numbers
from jygroups.lib.encryption import blind_index_of
from registry.models import RowKind

PERSONAL_NUMBERS = {"身份证号", "银行账号"}


def shown(column: str, text: str) -> str:
    """The cell as it may stand on a page: personal numbers masked."""
    return id_numbers.masked(text) if column in PERSONAL_NUMBERS else text


class Change(NamedTuple):
    column: str
    old: str
    new: str


class Note(NamedTuple):
    """A problem or a warning beside its cell."""

    column: str
    value: str
    message: str
    is_warning: bool


@dataclass(slots=True)
class Outcome:
    """One row: its content, its changes of registered data, and its findings."""

    number: int
    kind: str
    cells: dict[str, str]
    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    page: str = ""  # whose page shows what was loaded: a URL name, and the key
    key: int | None = None
    asks: str = ""  # the decision with which a refused row would be taken; see file_tables.DECISIONS

    @property
    def is_warned(self) -> bool:
        return any(note.is_warning for note in self.notes)

    def to_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Outcome":
        stored: dict[str, Any] = json.loads(text)
        stored["changes"] = [Change(*each) for each in stored["changes"]]
        stored["notes"] = [Note(*each) for each in stored["notes"]]
        return cls(**stored)


def digest(outcomes: Iterable[Outcome]) -> str:
    """One number for all of it, by which two previews are distinguished."""
    contents = ((each.number, each.kind, each.cells, each.changes, each.notes) for each in outcomes)
    return blind_index_of(json.dumps(each, ensure_ascii=False) for each in contents)


def count(outcomes: Iterable[Outcome], kind: RowKind) -> int:
    return sum(each.kind == kind for each in outcomes)
