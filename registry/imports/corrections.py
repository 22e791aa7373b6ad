"""The refused rows of an uploaded file, corrected on the page: their texts, and whether they are loaded or left out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets.file_tables import LEAVE, LOAD, ROWS, STRUCK, FileTable
from registry.imports import column_choices, grids, services
from registry.imports.findings import Finding
from registry.imports.outcomes import PERSONAL_NUMBERS, Outcome, shown
from registry.imports.pasted import CELL, numbers, one_line
from registry.models import ImportRun, ImportState, RowKind, User


@dataclass
class RefusedRows:
    """The refused rows with their cells, as the user is shown them.

    A personal number is masked, unless it is to be corrected by the user who has uploaded it.
    """

    run: ImportRun
    table: FileTable
    outcomes: dict[int, Outcome]  # by row number
    is_own: bool

    @classmethod
    def of(cls, run: ImportRun, user: User) -> "RefusedRows":
        contents = run.rows.filter(kind=RowKind.WRONG).values_list("content", flat=True)
        outcomes = {each.number: each for each in map(Outcome.from_text, contents)}
        return cls(run, services.table_of(run), outcomes, run.uploaded_by_id == user.pk)

    @property
    def titles(self) -> list[str]:
        """The columns that are read, and those asked about that the file lacks."""
        words = self.table.shape.words if self.table.shape else {}
        own = dict.fromkeys(title for title in self.table.titles if title in words)
        return [*own, *(title for title in services.KINDS[self.run.kind].asked if title not in own)]

    @property
    def rows(self) -> list[tuple[int, list[str]]]:
        return [(number, self._shown(number, row)) for number, row in self.table.body.rows if number in self.outcomes]

    def _shown(self, number: int, row: list[str]) -> list[str]:
        wrong = {note.column for note in self.outcomes[number].notes if not note.is_warning}
        cells = dict(zip(self.table.titles, row, strict=False))
        return [
            cells.get(title, "")
            if title not in PERSONAL_NUMBERS or (self.is_own and title in wrong)
            else shown(title, cells.get(title, ""))
            for title in self.titles
        ]

    @property
    def findings(self) -> list[Finding]:
        return [
            Finding(number, note.column, note.value, note.message, note.is_warning)
            for number, outcome in self.outcomes.items()
            for note in outcome.notes
        ]

    @property
    def asked(self) -> dict[int, str]:
        return {number: outcome.asks for number, outcome in self.outcomes.items() if outcome.asks}

    def grid(self, page: str = "") -> grids.GridPage:
        decided = self.table.decided
        out = {number for number in self.outcomes if LEAVE in decided.get(number, ())}
        taken = {number for number, asks in self.asked.items() if asks in decided.get(number, ())}
        return grids.shown(
            self.titles,
            self.rows,
            self.findings,
            unfolded=services.KINDS[self.run.kind].columns[:2],
            page=page,
            kind="all",
            out=out,
            asked=self.asked,
            taken=taken,
        )

    def typed(self, data: QueryDict) -> dict[int, dict[str, str]]:
        """By row number and column the texts that differ from those shown."""
        titles, rows, found = self.titles, dict(self.rows), dict[int, dict[str, str]]()
        for name, value in data.items():
            cell = CELL.fullmatch(name)
            number, place = (int(cell[1]), int(cell[2])) if cell else (0, 0)
            if number in rows and place < len(titles) and value != one_line(rows[number][place]):
                found.setdefault(number, {})[titles[place]] = str(value)
        return found

    def decisions(self, data: QueryDict) -> dict[str, str]:
        """By row number what is decided of the rows on the page, also of those where nothing is."""
        found = {}
        together = data.get(STRUCK, "")
        if together in (LEAVE, LOAD):
            found[STRUCK] = together
        leave, take = (numbers(",".join(data.getlist(name))) for name in ("leave", "take"))
        for number in sorted(numbers(data.get("shown")) & self.outcomes.keys()):
            decided = self.table.decided.get(number, set()) - {LEAVE}
            asks = self.asked.get(number)
            decided = decided - {asks} | ({asks} if asks and number in take else set())
            found[str(number)] = LEAVE if number in leave else " ".join(sorted(decided))
        return found


@transaction.atomic
def keep(run: ImportRun, refused: RefusedRows, data: QueryDict) -> None:
    """Keep what was typed and decided, without a check. Raises Refused."""
    locked = ImportRun.objects.select_for_update().get(pk=run.pk)
    if locked.state != ImportState.REFUSED:
        words = {"state": locked.get_state_display()}
        raise Refused(_("Its rows can no longer be corrected: it is %(state)s.") % words)
    _put(locked, refused.typed(data), refused.decisions(data))
    locked.save(update_fields=["corrections", "chosen", "updated_at"])


def check(run: ImportRun, refused: RefusedRows, data: QueryDict) -> None:
    """Check the file again with what was typed and decided. Raises Refused."""
    typed, decided = refused.typed(data), refused.decisions(data)
    with services.checked_again(run) as locked:
        _put(locked, typed, decided)


def _put(run: ImportRun, typed: Mapping[int, Mapping[str, str]], decided: Mapping[str, str]) -> None:
    corrections = run.corrected
    for number, texts in typed.items():
        corrections[number] = {**corrections.get(number, {}), **texts}
    if typed:
        run.corrections = json.dumps(corrections, ensure_ascii=False).encode()
    rows = column_choices.joined(run.chosen, {ROWS: dict(decided)}).get(ROWS) or {}
    rows = {number: each for number, each in rows.items() if each}
    run.chosen = {key: each for key, each in run.chosen.items() if key != ROWS} | ({ROWS: rows} if rows else {})
