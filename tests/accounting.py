"""Every row of every file that the suite loads is read, skipped or refused, and just once: by their numbers."""

from collections import defaultdict
from collections.abc import Iterable
from functools import wraps

from registry.imports import base
from registry.terms.reelections import workbook
from subsidies.bank import reading as bank
from subsidies.comparison import reading as comparison


def check(what: str, rows: int, numbers: Iterable[int]) -> None:
    """Compare the numbers of what became of a sheet's rows with all its rows."""
    assert sorted(numbers) == [*range(1, rows + 1)], f"rows of {what} that are lost or counted twice"


def loaded(resource, table, loaded) -> None:
    account, skipped = loaded.account, [each.number for each in table.body.skipped]
    assert account.is_whole, account
    assert account.rows == len(table.rows)
    if table.shape and loaded.outcomes:
        _dataset, examples = table.dataset(without=resource.EXAMPLE)
        check("an import", len(table.rows), [*(each.number for each in loaded.outcomes), *examples, *skipped])


def elected(table, filled) -> None:
    assert filled.account.is_whole, filled.account
    check("a re-election's workbook", len(table.rows), [*table.numbers, *(each.number for each in table.body.skipped)])


def answered(file, choices, rows, skipped) -> None:
    found = defaultdict(list)
    for each in [*rows, *skipped]:
        found[each.sheet].append(each.number)
    for table in file.tables:
        if choices.layout(table.head.names) and choices.sheets.get(table.name) != bank.SKIP:
            check("a bank's answer", len(table.rows), found[table.name])


def compared(workbook, old) -> None:
    found = defaultdict(list)
    for each in [*old.rows, *old.refused]:
        found[each.sheet].append(each.number)
    for sheet, each in old.skipped:
        found[sheet].append(each.number)
    for sheet in workbook.tables:
        check("an old workbook", len(sheet.rows), found[sheet.name if len(workbook.tables) > 1 else ""])


def assert_on(patch) -> None:
    """Check each file as soon as it has been read."""

    def after(owner, name: str, assertion) -> None:
        read = getattr(owner, name)

        @wraps(read)
        def read_and_check(*args, **kwargs):
            answer = read(*args, **kwargs)
            assertion(args, answer)
            return answer

        patch.setattr(owner, name, read_and_check)

    after(base, "_load", lambda args, answer: loaded(args[0], args[1], answer))
    after(workbook, "read", lambda args, answer: elected(args[0], answer))
    after(bank, "rows_of", lambda args, answer: answered(args[0], args[1], *answer))
    after(comparison.Workbook, "old", lambda args, answer: compared(args[0], answer))
