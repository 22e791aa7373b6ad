"""Columns of a bank's answer with another outcome than the one that is read, and what of it is hidden."""

from collections import Counter

from django.utils.translation import gettext as _

from subsidies.bank import reading, words
from subsidies.bank.reading import SKIP, BankTable, Choices, File, Layout
from subsidies.bank.words import PAID, REFUSED

MOST_NAMED = 5  # rows, in words
MOST_SHOWN = 20  # hidden rows or columns, in words


def of_all_rows(file: File, choices: Choices) -> list[str]:
    """Columns with another outcome than the user has given for the whole table, such as 成功 in a list of failures."""
    found = []
    for table in file.tables:
        layout, meaning = choices.layout(table.head.names), choices.sheets.get(table.name)
        if layout is None or meaning in (None, SKIP):
            continue
        people = [row for _number, row in reading.body(table, layout).rows]
        for place, title in enumerate(table.head.names):
            cells_of = Counter(row[place] for row in people if row[place])
            is_free = title not in (layout.account, layout.amount, layout.name)
            others = {
                word: count
                for word, count in cells_of.items()
                if words.meaning_of(word, choices.words) not in ("", meaning)
                or (is_free and meaning == PAID and words.means_refused(title, word, choices.words))
            }
            if others:
                listed = _(", ").join(f"{word} ({count})" for word, count in others.items())
                about = {"title": title, "words": listed}
                text = (
                    _("You have chosen one outcome for all rows, but the column %(title)s contradicts it: %(words)s.")
                    % about
                )
                found.append(table.labelled(text))
    return found


def of_rows(file: File, choices: Choices) -> list[str]:
    """What has to be confirmed: other columns that contradict the chosen one, and reasons that some rows lack."""
    found = []
    for table in file.tables:
        layout, meaning = choices.layout(table.head.names), choices.sheets.get(table.name)
        if layout is None or meaning == SKIP:
            continue
        if meaning == REFUSED:
            found += _without_reason(table, layout)
        elif not meaning and layout.state:
            found += _otherwise(table, layout, choices)
    return found


def _without_reason(table: BankTable, layout: Layout) -> list[str]:
    people = [row for _number, row in reading.body(table, layout).rows]
    found = []
    for place, title in enumerate(table.head.names):
        filled = sum(bool(row[place]) for row in people)
        if words.CERTAIN["reason"].search(title) and 0 < filled < len(people):
            text = _(
                "The column %(title)s gives a reason in %(filled)s of %(count)s rows: were the others refused too?"
            )
            found.append(table.labelled(text % {"title": title, "filled": filled, "count": len(people)}))
    return found


def _otherwise(table: BankTable, layout: Layout, choices: Choices) -> list[str]:
    state = layout.place("state") or 0
    rows = reading.body(table, layout).rows
    chosen = (layout.account, layout.amount, layout.name, layout.state)
    found = []
    for place, title in enumerate(table.head.names):
        if title in chosen or words.NOT_THESE.search(title):
            continue
        is_one_word = len({words.same(row[place]) for _number, row in rows}) == 1  # it distinguishes nothing
        odd = []
        for number, row in rows:
            meaning = words.meaning_of(row[state], choices.words)
            is_paid = row[place] and words.meaning_of(row[place], choices.words) == PAID and not is_one_word
            if (meaning == PAID and words.means_refused(title, row[place], choices.words)) or (
                meaning == REFUSED and is_paid
            ):
                name = row[at] if (at := layout.place("name")) is not None else ""
                about = {"row": number, "name": name, "state": row[state], "other": row[place]}
                odd.append(_("row %(row)s %(name)s: %(state)s and %(other)s") % about)
        if odd:
            about = {"state": layout.state, "title": title, "count": len(odd), "rows": _("; ").join(odd[:MOST_NAMED])}
            text = _("The columns %(state)s and %(title)s contradict each other in %(count)s rows (%(rows)s).") % about
            found.append(table.labelled(text))
    return found


def hidden(file: File, choices: Choices) -> list[str]:
    """What is hidden in the file and was read all the same, and the comments of cells."""
    remarks = []
    for table in file.tables:
        layout = choices.layout(table.head.names)
        if layout is None or choices.sheets.get(table.name) == SKIP:
            continue
        places = {place for name in reading.COLUMNS_READ if (place := layout.place(name)) is not None}
        numbers = [number for number, _row in reading.body(table, layout).rows]
        rows = table.hidden_rows(numbers)
        comments = [text for number, _place, text in table.comments() if number in numbers]
        remarks += [table.labelled(text) for text in comments[:MOST_SHOWN]]
        columns = _("These columns are hidden in the file; they were read all the same: %(shown)s")
        lines = _("These rows are hidden in the file; they were read all the same: %(shown)s")
        for text, each in ((columns, table.hidden_columns(places)), (lines, rows)):
            shown = _(", ").join([*map(str, each[:MOST_SHOWN]), *["…"][: len(each) > MOST_SHOWN]])
            remarks += [table.labelled(text % {"shown": shown})] if each else []
    return remarks
