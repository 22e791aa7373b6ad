"""Columns of a bank's answer that say another outcome than the one that is read."""

from collections import Counter

from django.utils.translation import gettext as _

from subsidies.bank import reading, words
from subsidies.bank.reading import SKIP, Choices, File


def contradictions(file: File, choices: Choices) -> list[str]:
    """Columns that say another outcome than the user says of the whole table, such as 成功 in a list of failures."""
    found = []
    for table in file.tables:
        layout, meaning = choices.layout(table.titles.names), choices.sheets.get(table.name)
        if layout is None or meaning in (None, SKIP):
            continue
        people = [row for _number, row in reading.body(table, layout).rows]
        for place, title in enumerate(table.titles.names):
            cells_of = Counter(row[place] for row in people if row[place])
            others = {word: count for word, count in cells_of.items() if _is_other(word, meaning, choices)}
            if others:
                said = _(", ").join(f"{word} ({count})" for word, count in others.items())
                about = {"title": title, "words": said}
                text = _("You have said what all rows are, but the column %(title)s says otherwise: %(words)s.") % about
                found.append(table.labelled(text))
    return found


def _is_other(word: str, meaning: str | None, choices: Choices) -> bool:
    return words.meaning_of(word, choices.words) not in ("", meaning)
