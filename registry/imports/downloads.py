"""What was found in an import's file: by cause, and beside the cells of the file or of its refused rows."""

from collections.abc import Iterator

from registry.imports import findings, privacy, services
from registry.imports.findings import Cause, Finding
from registry.imports.outcomes import Outcome
from registry.models import Act, ImportRun, RowKind, User
from registry.records import audit

MOST_NOTED = 2_000  # rows whose findings are shown by cause


def _of_rows(run: ImportRun, most: int | None = None) -> Iterator[Finding]:
    for content in run.rows.filter(privacy.NOTED).values_list("content", flat=True)[:most]:
        outcome = Outcome.from_text(content)
        for note in outcome.notes:
            yield Finding(outcome.number, note.column, note.value, note.message, note.is_warning)


def causes_of(run: ImportRun) -> list[Cause]:
    """What was found, by cause: of the file as a whole, and of its first rows with findings."""
    found = [*map(Cause.of, run.findings), *findings.causes(_of_rows(run, MOST_NOTED))]
    return sorted(found, key=lambda cause: cause.is_warning)


def report(run: ImportRun, *, purpose: str, actor: User, only: frozenset[int] | None = None) -> bytes:
    """The file again as a workbook, with each finding beside its cell; put in the audit log."""
    table = services.table_of(run)
    general = [finding for each in run.findings for finding in Cause.of(each).findings]
    content = findings.report(table, [*general, *_of_rows(run)], only)
    lines = len(table.rows) if only is None else len(only)
    details = {"what": "import report", "lines": lines, "purpose": purpose}
    audit.record(Act.EXPORT, run.name, user=actor, **details)
    return content


def wrong_rows(run: ImportRun, *, purpose: str, actor: User) -> bytes:
    """The rows with a problem, to be corrected and uploaded; put in the audit log."""
    wrong = run.rows.filter(kind=RowKind.WRONG).values_list("number", flat=True)
    return report(run, purpose=purpose, actor=actor, only=frozenset(wrong))
