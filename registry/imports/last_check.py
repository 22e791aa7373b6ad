"""What the last check of pasted rows found, stored with them: showing another page of them needs no check."""

from dataclasses import asdict, astuple, dataclass

from django.db import transaction
from django.utils.translation import get_language

from jygroups.lib import clock
from registry.imports import pasted
from registry.imports.accounts import Account
from registry.imports.base import Loaded
from registry.imports.findings import Finding
from registry.imports.outcomes import Outcome
from registry.imports.same_person_questions import Answers, Question
from registry.models import PastedRows


@dataclass(frozen=True)
class Check:
    """The result of a dry run: what the page of pasted rows shows of it."""

    loaded: Loaded
    seen: str  # the digest of what becomes of the rows, without answers to questions

    @classmethod
    def of(cls, grid: pasted.Grid, answers: Answers) -> "Check | None":
        """The stored check; None where it was of other rows or answers, or on another day."""
        stored = grid.checked
        if not stored or stored["of"] != _key(grid, answers):
            return None
        loaded = Loaded(
            **stored["counts"],
            account=Account(**stored["account"]),
            findings=[Finding(*each) for each in stored["findings"]],
            outcomes=[Outcome(number, "", {}, asks=asks) for number, asks in stored["asks"]],
            questions=[Question(**each) for each in stored["questions"]],
        )
        return cls(loaded, stored["seen"])

    def keep(self, rows: PastedRows, grid: pasted.Grid, answers: Answers) -> None:
        """Store it with the rows, unless they were changed meanwhile."""
        loaded = self.loaded
        assert loaded.account
        grid.checked = {
            "of": _key(grid, answers),
            "counts": {
                "new": loaded.new,
                "changed": loaded.changed,
                "unchanged": loaded.unchanged,
                "asking": loaded.asking,
            },
            "account": asdict(loaded.account),
            "findings": [astuple(each) for each in loaded.findings],
            "asks": [(each.number, each.asks) for each in loaded.outcomes if each.asks],
            "questions": [asdict(each) for each in loaded.questions],
            "seen": self.seen,
        }
        with transaction.atomic():
            stored = PastedRows.objects.select_for_update().filter(pk=rows.pk).first()
            if stored and pasted.Grid.stored(stored).version == grid.version:
                stored.content = grid.to_json()
                stored.save()


def _key(grid: pasted.Grid, answers: Answers) -> list:
    return [grid.version, get_language(), str(clock.today()), [[key, *answers[key]] for key in sorted(answers)]]
