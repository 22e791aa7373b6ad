"""The command's --mapping for a file that is not remembered: its columns, words, and the outcome of its rows."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from subsidies.bank import proposals, reading, words
from subsidies.bank.answers import Understanding
from subsidies.bank.grouping import Part
from subsidies.bank.matching import Preview
from subsidies.bank.reading import BY_COLUMN, SHEETS, SKIP, BankTable, Choices, Layout, Question

COLUMNS = ("account", "amount", "name", "state", "reason")
SEPARATORS = {"tab": "\t", "\\t": "\t", "auto": ""}
# By key, the types that the value may have, and its meaning.
KEYS: dict[str, tuple[tuple[type, ...], Any]] = {
    "account": ((str,), gettext_lazy("title of the column of accounts")),
    "amount": ((str,), gettext_lazy("title of the column of amounts")),
    "name": ((str,), gettext_lazy("title of the column of names")),
    "state": ((str,), gettext_lazy("title of the column with the outcome of each payment")),
    "reason": ((str,), gettext_lazy("title of the column of reasons")),
    "in_fen": ((bool,), gettext_lazy("whether the amounts are in fen")),
    "paid": ((list,), gettext_lazy("words that mean paid")),
    "refused": ((list,), gettext_lazy("words that mean refused or sent back")),
    "pending": ((list,), gettext_lazy("words that mean still in process")),
    "only": ((str,), gettext_lazy("outcome of all rows, where no column has it")),
    "sheets": ((dict,), gettext_lazy("the same by sheet; skip leaves it out, column reads its column")),
    "rest": ((str,), gettext_lazy("what became of the people whom the file does not name")),
    "bank": ((str, list), gettext_lazy("which of the files this answers where a payment went to several banks")),
    "header": ((int, dict), gettext_lazy("row of the titles, also by sheet; 0 where there are none")),
    "separator": ((str,), gettext_lazy("separator of a text file")),
    "late": ((list,), gettext_lazy("rows of people who, as the bank now reports, were paid after all")),
    "bounced": ((list,), gettext_lazy("rows of people sent back although recorded as arrived")),
    "confirmed": ((bool,), gettext_lazy("the file answers this payment and is read correctly, in spite of the doubts")),
}
EXAMPLES = {
    "account": '"账号"; "#2"',
    "in_fen": "true",
    "paid": '["交易成功", "00", "(空)"]',
    "refused": '["退票"]',
    "pending": '["待清算"]',
    "only": '"paid"; "refused"; "pending"',
    "sheets": '{"成功": "paid", "失败": "refused", "说明": "skip"}',
    "rest": '"paid"; "refused"; "pending"',
    "bank": '"工商银行"; ["农业银行", "建设银行"]; "all"',
    "header": '3; {"Sheet1": 3}; 0',
    "separator": '";"; "tab"; "auto"',
    "late": '["3"]; ["Sheet1 3"]; []',
    "bounced": '["3"]; []',
    "confirmed": "true",
}


def explained() -> str:
    """The keys of a mapping, their meaning and examples of their values, for the command's help."""
    lines = [
        f"  {key:<10} {text}" + (f"\n{'':13}{EXAMPLES[key]}" if key in EXAMPLES else "")
        for key, (_types, text) in KEYS.items()
    ]
    return "\n".join([_("The keys of --mapping, which is one JSON object, with examples:"), *lines])


def check(given: Any) -> dict[str, Any]:
    """The mapping, checked. Raises ValueError with the errors in words."""
    if not isinstance(given, dict):
        raise ValueError(_("a mapping is one JSON object"))
    for key, value in given.items():
        if key not in KEYS:
            about = {"key": key, "keys": ", ".join(KEYS)}
            raise ValueError(_("«%(key)s» is no part of a mapping; there are: %(keys)s") % about)
        is_list_of_others = isinstance(value, list) and not all(isinstance(word, str) for word in value)
        rows = value.values() if isinstance(value, dict) and key == "header" else [value] if key == "header" else []
        is_no_row = any(not isinstance(row, int) or isinstance(row, bool) or row < 0 for row in rows)
        if not isinstance(value, KEYS[key][0]) or is_list_of_others or is_no_row:
            raise ValueError(_("the value of «%(key)s» has the wrong form") % {"key": key})
    for key, value in [("only", given.get("only")), ("rest", given.get("rest")), *given.get("sheets", {}).items()]:
        allowed = (*words.MEANINGS, *([SKIP, BY_COLUMN] if key in given.get("sheets", {}) else []))
        if value is not None and value not in allowed:
            about = {"key": key, "keys": ", ".join(allowed)}
            raise ValueError(_("«%(key)s» is one of %(keys)s") % about)
    if several := words.on_two_lists(given):
        raise ValueError(_("These words are on two lists: %(words)s.") % {"words": _(", ").join(several)})
    return given


def read_again(given: Mapping[str, Any], choices: Choices, sheets: list[str]) -> Choices:
    """The choices with the mapping's separator and header rows."""
    separator = given.get("separator", choices.separator)
    header = given.get("header", {})
    headers = header if isinstance(header, dict) else dict.fromkeys(sheets[:1], header)
    return replace(choices, separator=SEPARATORS.get(separator, separator), headers=choices.headers | headers)


def applied(given: Mapping[str, Any], understood: Understanding) -> tuple[Choices, list[Question]]:
    """The choices with the mapping applied, and questions about titles that the file does not have."""
    choices = replace(understood.choices, words=words.lists(given, understood.choices.words))
    tables = understood.file.tables
    questions = [
        Question(reading.COLUMNS, _unknown(name, given[name], tables), {})
        for name in COLUMNS
        if given.get(name) and not any(table.title(given[name]) for table in tables)
    ]
    rows = given["header"] if isinstance(given.get("header"), dict) else {tables[0].name: given.get("header", 0)}
    questions += [
        Question(
            reading.COLUMNS, table.labelled(_("There is no row %(row)s.") % {"row": row}), {"header": 1}, table.name
        )
        for table in tables
        if (row := rows.get(table.name, 0)) > len(table.rows)
    ]
    is_given = bool({"state", "only", "sheets"} & given.keys())
    chosen = given.get("sheets", {})
    sheets = {name: meaning for name, meaning in chosen.items() if meaning != BY_COLUMN}
    asked = {question.sheet for question in understood.questions if question.about == SHEETS}
    layouts: list[Layout] = []
    for table in tables:
        layout = _layout(given, table, understood, is_given=is_given)
        if layout:
            layouts.append(layout)
        # 失败明细 below 成功明细, a sheet with 失败原因 beside one without, or one of another month
        is_other = table.name in asked or not _may_hold(given.get("only"), table, is_one=len(tables) == 1)
        if "only" in given and table.name not in [*sheets, *chosen] and not (layout and layout.state) and not is_other:
            sheets[table.name] = given["only"]
    return replace(choices, layouts=layouts, sheets=sheets, chosen=[*chosen], is_confirmed="in_fen" in given), questions


def to_confirm(given: Mapping[str, Any], found: Preview) -> list[Question]:
    """What needs the mapping's confirmation: a file that may answer another payment, people paid after a refusal."""
    questions = []
    asked_for = (
        (found.doubts, _("%(doubt)s Is it really the answer to this payment?")),
        (
            found.contradictions,
            _("%(doubt)s Give the column of outcomes, or confirm that it is the chosen one."),
        ),
        (found.totals, _("%(doubt)s Is the file whole and read correctly? Ask the bank first.")),
    )
    for doubts, text in asked_for:
        if doubts and not given.get("confirmed"):
            questions.append(Question("confirmed", text % {"doubt": " ".join(doubts)}, {"confirmed": True}))
    asked = {
        "late": _("The bank now reports these as paid, which were not: is it so? Give their rows: %(people)s"),
        "bounced": _(
            "The file reports these as refused, who are recorded as arrived, and does not show that it was after that: "
            "is it new, or is the file old? Give the rows of those whose money was sent back, or none: %(people)s"
        ),
    }
    for key, matches in (("late", found.late), ("bounced", found.overruled)):
        rows = {match.row.place: match for match in matches}
        if rows and key not in given:
            people = _("; ").join(f"{match.item.name} ({place}): {match.record}" for place, match in rows.items())
            questions.append(Question(key, asked[key] % {"people": people}, {key: [*rows]}))
        elif unknown := [row for row in given.get(key, []) if row not in rows]:
            text = _("“%(key)s” does not ask about these rows: %(rows)s")
            about = {"key": key, "rows": _(", ").join(unknown)}
            questions.append(Question(key, text % about, {key: [*rows]}))
    return questions


def files(given: Mapping[str, Any], found: Preview) -> tuple[list[Part], list[Question]]:
    """Of a payment that went out as several files, those whose people `rest` is about; none stands for all.

    Where the mapping does not give it, the file with all the people named; where they are in several, it is asked.
    """
    if not given.get("rest") or len(found.parts) < 2 or not found.rest:
        return [], []
    asked = given.get("bank", [part.name for part in found.named_parts])
    names = [asked] if isinstance(asked, str) else asked
    chosen = [part for part in found.parts if part.name in names or part.bank in names]
    is_known = all(any(name in (part.name, part.bank) for part in found.parts) for name in names)
    if "bank" in given and names == ["all"]:
        return [], []
    if "bank" in given and is_known or len(chosen) == 1:
        return chosen, []
    choices = _(", ").join(dict.fromkeys([*(part.name for part in found.parts), *([] if found.mixed else ["all"])]))
    text = _("The payment went to the bank as several files: which of them does this answer? There are: %(files)s")
    return [], [Question("bank", text % {"files": choices}, {"bank": asked or found.parts[0].name})]


def _layout(given: Mapping[str, Any], table: BankTable, understood: Understanding, *, is_given: bool) -> Layout | None:
    """The table's columns: those given, else those remembered.

    If the mapping gives the outcome of the rows, account, amount and name may be found by comparison with the payment's
    people, because each row must fit one of them. None where the columns have to be asked.
    """
    known = understood.choices.layout(table.head.names)
    chosen: dict[str, Any] = {name: table.title(given[name]) for name in COLUMNS if name in given}
    unit = {"in_fen": given["in_fen"]} if "in_fen" in given else {}
    if known:
        layout = replace(known, **chosen, **unit)
    elif is_given:
        layout = replace(reading.proposed(table, understood.choices, understood.people), state="", in_fen=False)
        layout = replace(layout, **chosen, **unit)
    elif {"account", "amount"} <= chosen.keys():
        layout = Layout(table.head.names, **chosen, **unit)
    else:
        return None
    return replace(layout, state="") if "only" in given and "state" not in given else layout


def _may_hold(meaning: str | None, table: BankTable, *, is_one: bool) -> bool:
    """Whether all rows have the outcome given for the list; of several sheets only one whose name or titles mean it."""
    if is_one:
        return words.hint(table.name) in ("", meaning)
    return proposals.holds(table.head.names, table.name) == meaning


def on_header(understood: Understanding, sheet: str) -> str:
    """Which row the titles of the sheet are taken from, and how another is given."""
    table = next((table for table in understood.file.tables if table.name == sheet), understood.file.tables[0])
    number = table.head.number if table.head.last >= 0 else 0
    other = {sheet: number + 1} if len(understood.file.tables) > 1 else number + 1
    about = {"row": number, "give": json.dumps({"header": other}, ensure_ascii=False)}
    if number:
        return _("The titles are taken from row %(row)s; if they are in another: --mapping '%(give)s'") % about
    return _("No row of titles was found; if there is one: --mapping '%(give)s'") % about


def on_outcome(understood: Understanding, sheet: str) -> str:
    """The two mappings that answer what a list without outcomes holds, each with its consequence."""
    table = next(table for table in understood.file.tables if table.name == sheet)
    texts = {
        words.PAID: _("All paid, recorded as arrived: --mapping '%(give)s'."),
        words.REFUSED: _("All refused or sent back, to be paid again: --mapping '%(give)s'."),
    }
    gives = {meaning: json.dumps(reading.outcome_of(table, meaning), ensure_ascii=False) for meaning in texts}
    return " ".join(text % {"give": gives[meaning]} for meaning, text in texts.items())


def _unknown(name: str, title: str, tables: list[BankTable]) -> str:
    titles = " · ".join(dict.fromkeys(table.listed for table in tables))
    about = {"name": name, "title": title, "titles": titles}
    return _("There is no column «%(title)s» for %(name)s. There are: %(titles)s") % about
