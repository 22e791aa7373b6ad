"""What becomes of each row of a file, as its user is shown it before and after it is loaded."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from jygroups.lib import id_numbers
from jygroups.lib.encryption import blind_index
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


@dataclass
class Outcome:
    """One row: what it says, what it changes of what is registered, and what there is to say of it."""

    number: int
    kind: str
    cells: dict[str, str]
    changes: list[Change] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    page: str = ""  # whose page shows what was loaded: a URL name, and the key
    key: int | None = None

    @property
    def is_warned(self) -> bool:
        return any(note.is_warning for note in self.notes)

    def to_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Outcome":
        said: dict[str, Any] = json.loads(text)
        said["changes"] = [Change(*each) for each in said["changes"]]
        said["notes"] = [Note(*each) for each in said["notes"]]
        return cls(**said)


def digest(outcomes: Iterable[Outcome]) -> str:
    """One number for all of it, by which two previews are distinguished."""
    said = [(each.number, each.kind, each.cells, each.changes, each.notes) for each in outcomes]
    return blind_index(json.dumps(said, ensure_ascii=False)) if said else ""


def count(outcomes: Iterable[Outcome], kind: RowKind) -> int:
    return sum(each.kind == kind for each in outcomes)
