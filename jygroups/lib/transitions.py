"""A step of a record that goes from state to state, declared once: a model has its steps in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Transition:
    """One step: who may take it, from which states to which.

    The permission is asked of the record; without a target the record stays in its state. `signature` is the field
    for the user who took the step, `signer` that user in a constraint's name, and `not_by` names the steps whose takers
    may not take this one (separation of duties).
    """

    permission: str
    sources: tuple[Any, ...]
    target: Any = None
    signature: str = ""
    signer: str = ""
    not_by: tuple[Any, ...] = ()
    needs_comment: bool = False

    def excluded(self, record, steps: Mapping[Any, "Transition"]) -> set[int]:
        """The keys of the users who may not take the step on this record."""
        return {key for step in self.not_by if (key := getattr(record, f"{steps[step].signature}_id"))}


def moves(steps: Mapping[Any, Transition]) -> tuple[tuple[Any, Any], ...]:
    """Each pair of different states that a step leads from and to, in the table's order."""
    pairs = ((source, each.target or source) for each in steps.values() for source in each.sources)
    return tuple(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
