"""The command's --mapping for a file that is not remembered: its columns, words, and the outcome of its rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from jygroups.lib import cells
from subsidies.bank import reading, words
from subsidies.bank.answers import Understanding
from subsidies.bank.grouping import Part
from subsidies.bank.matching import Preview
from subsidies.bank.reading import SKIP, Choices, Layout, Question, Table

COLUMNS = ("account", "amount", "name", "state", "reason")
SEPARATORS = {"tab": "\t", "\\t": "\t", "auto": ""}
# By key, the types that the value may have.
KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(COLUMNS, (str,)),
    **dict.fromkeys(words.MEANINGS, (list,)),
    "only": (str,),
    "sheets": (dict,),
    "rest": (str,),
    "bank": (str, list),  # which of the files, as a payment went to several banks, this answers
    "in_fen": (bool,),
    "header": (int, dict),
    "separator": (str,),
    "late": (list,),  # rows of people paid after all, as the bank now says
    "bounced": (list,),  # rows of people whose money was sent back although they were paid after a refusal
    "confirmed": (bool,),  # the file is the answer to this payment although it may be another's
}


def check(given: Any) -> dict[str, Any]:
    """The mapping, checked. Raises ValueError with the errors in words."""
    if not isinstance(given, dict):
        raise ValueError(_("a mapping is one JSON object"))
    for key, value in given.items():
        if key not in KINDS:
            about = {"key": key, "keys": ", ".join(KINDS)}
            raise ValueError(_("«%(key)s» is no part of a mapping; there are: %(keys)s") % about)
        is_list_of_others = isinstance(value, list) and not all(isinstance(word, str) for word in value)
        rows = value.values() if isinstance(value, dict) and key == "header" else [value] if key == "header" else []
        is_no_row = any(not isinstance(row, int) or isinstance(row, bool) or row < 0 for row in rows)
        if not isinstance(value, KINDS[key]) or is_list_of_others or is_no_row:
            raise ValueError(_("the value of «%(key)s» has the wrong form") % {"key": key})
    for key, value in [("only", given.get("only")), ("rest", given.get("rest")), *given.get("sheets", {}).items()]:
        if value is not None and value not in (*words.MEANINGS, *([SKIP] if key in given.get("sheets", {}) else [])):
            about = {"key": key, "keys": ", ".join(words.MEANINGS)}
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
        Question(reading.COLUMNS, _unknown(name, given[name], tables), {name: ""})
        for name in COLUMNS
        if given.get(name) and not any(_title(given[name], table) for table in tables)
    ]
    is_said = bool({"state", "only", "sheets"} & given.keys())
    sheets = dict(given.get("sheets", {}))
    layouts: list[Layout] = []
    for table in tables:
        layout = _layout(given, table, understood, is_said=is_said)
        if layout:
            layouts.append(layout)
        is_other = words.hint(table.name) not in ("", given.get("only"))  # 失败明细 below 成功明细
        if "only" in given and table.name not in sheets and not (layout and layout.state) and not is_other:
            sheets[table.name] = given["only"]
    return replace(choices, layouts=layouts, sheets=sheets, is_confirmed="in_fen" in given), questions


def to_confirm(given: Mapping[str, Any], found: Preview) -> list[Question]:
    """What needs the mapping's confirmation: a file that may answer another payment, people paid after a refusal."""
    questions = []
    if found.doubts and not given.get("confirmed"):
        text = _("%(doubt)s Is it really the answer to this payment?") % {"doubt": " ".join(found.doubts)}
        questions.append(Question("confirmed", text, {"confirmed": True}))
    asked = {
        "late": _("The bank now says that these were paid, which were not: is it so? Give their rows: %(people)s"),
        "bounced": _(
            "The file says that these were refused, who were paid after a refusal: is it new, or is the file old? Give "
            "the rows of those whose money was sent back, or none: %(people)s"
        ),
    }
    for key, matches in (("late", found.late), ("bounced", found.overruled)):
        rows = {match.said.place: match for match in matches}
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

    Where the mapping does not say it, the file with all the people named; where they are in several, it is asked.
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
    choices = _(", ").join(dict.fromkeys([*(part.name for part in found.parts), "all"]))
    text = _("The payment went to the bank as several files: which of them does this answer? There are: %(files)s")
    return [], [Question("bank", text % {"files": choices}, {"bank": asked or found.parts[0].name})]


def _layout(given: Mapping[str, Any], table: Table, understood: Understanding, *, is_said: bool) -> Layout | None:
    """The table's columns: those given, else those remembered.

    If the mapping gives the outcome of the rows, account, amount and name may be found by comparison with the payment's
    people, because each row must fit one of them. None where the columns have to be asked.
    """
    known = understood.choices.layout(table.titles.names)
    chosen: dict[str, Any] = {name: _title(given[name], table) for name in COLUMNS if name in given}
    unit = {"in_fen": given["in_fen"]} if "in_fen" in given else {}
    if known:
        layout = replace(known, **chosen, **unit)
    elif is_said:
        layout = replace(reading.proposed(table, understood.choices, understood.people), state="", in_fen=False)
        layout = replace(layout, **chosen, **unit)
    elif {"account", "amount"} <= chosen.keys():
        layout = Layout(table.titles.names, **chosen, **unit)
    else:
        return None
    return replace(layout, state="") if "only" in given and "state" not in given else layout


def _title(given: str, table: Table) -> str:
    """The table's title that equals the given one except for blanks and full-width forms; empty if there is none."""
    return next((title for title in table.titles.names if cells.plain(title) == cells.plain(given)), "")


def _unknown(name: str, title: str, tables: list[Table]) -> str:
    titles = " · ".join(dict.fromkeys(title for table in tables for title in table.titles.names))
    about = {"name": name, "title": title, "titles": titles}
    return _("There is no column «%(title)s» for %(name)s. There are: %(titles)s") % about
