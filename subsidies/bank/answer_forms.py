"""Forms of the bank's answer: the file, how it is read, and what its words mean."""

import re
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import Form
from subsidies.bank import proposals, reading, words
from subsidies.bank.answers import Understanding
from subsidies.bank.reading import BY_COLUMN, SKIP, BankTable, Choices, Layout

SEPARATORS = [
    ("", gettext_lazy("found by itself")),
    (",", gettext_lazy("comma ,")),
    ("\t", gettext_lazy("tab")),
    (";", gettext_lazy("semicolon ;")),
    ("|", gettext_lazy("bar |")),
    ("~", gettext_lazy("tilde ~")),
    ("^", gettext_lazy("caret ^")),
    (" ", gettext_lazy("space")),
]
OUTCOMES = [
    (BY_COLUMN, gettext_lazy("each row has its own, in the column of outcomes")),
    (words.REFUSED, gettext_lazy("only failures or money sent back: everybody in it was refused or sent back")),
    (words.PAID, gettext_lazy("only successes: everybody in it was paid")),
    (words.PENDING, gettext_lazy("only unfinished ones: everybody in it is still in process")),
]
SKIPPED = (SKIP, gettext_lazy("nothing of this payment: leave the sheet out"))
MEANINGS = [
    (words.PAID, gettext_lazy("paid: the money is on the account")),
    (words.REFUSED, gettext_lazy("refused or sent back: can be paid again")),
    (words.PENDING, gettext_lazy("still in process: wait for the bank's next answer")),
]
COLUMNS = {
    "account": gettext_lazy("Account number"),
    "amount": gettext_lazy("Amount"),
    "name": gettext_lazy("Name"),
    "state": gettext_lazy("Column of outcomes"),
    "reason": gettext_lazy("Column with the reason"),
}
LISTS = {
    words.PAID: gettext_lazy("Words that mean paid"),
    words.REFUSED: gettext_lazy("Words that mean refused or sent back"),
    words.PENDING: gettext_lazy("Words that mean still in process"),
}
NEEDED = gettext_lazy("The bank's answer cannot be matched without this column.")
MOST_SHEETS = 20
WORD = re.compile(r"[,，、;；\n]")


class ReadForm(Form):
    """How the file becomes a table: its separator, and on each sheet the row with the titles."""

    separator = forms.ChoiceField(label=gettext_lazy("Separator of the columns"), choices=SEPARATORS, required=False)
    other = forms.RegexField(
        r"[^\w\s]{1,4}", label=gettext_lazy("Another separator, such as @"), required=False, max_length=4
    )

    def __init__(self, *args, understood: Understanding, **kwargs):
        super().__init__(*args, **kwargs)
        choices, tables = understood.choices, understood.file.tables
        chosen = "separator" if choices.separator in dict(SEPARATORS) else "other"
        self.fields[chosen].initial = choices.separator
        if any(table.name for table in tables):
            del self.fields["separator"], self.fields["other"]  # a workbook has none
        self.sheets: dict[str, int | None] = {
            table.name: table.head.number if table.head.last >= 0 else 0 for table in tables
        }
        self.sheets |= {name: None for name, _rows in understood.file.ignored}
        for place, (name, number) in enumerate([*self.sheets.items()][:MOST_SHEETS]):
            label = _("Row with the titles") if not name else _("%(sheet)s: row with the titles") % {"sheet": name}
            help_text = _("0: there are no titles.") if number is not None else _("Empty: the sheet is not read.")
            self.fields[f"header-{place}"] = forms.IntegerField(
                label=label, required=False, min_value=0, max_value=1000, initial=number, help_text=help_text
            )

    def choices(self, before: Choices) -> Choices:
        """The choices with this separator and these rows of titles; columns chosen for other titles are asked again."""
        headers = {}
        for place, (name, number) in enumerate(self.sheets.items()):
            chosen = self.cleaned_data.get(f"header-{place}")
            if chosen is not None and (chosen != number or name in before.headers):
                headers[name] = chosen
        separator = self.cleaned_data.get("other") or self.cleaned_data.get("separator", "")
        return replace(before, separator=separator, headers=headers, is_confirmed=False, chosen=[])


class ColumnsForm(Form):
    """The meaning of each column, the outcome of each sheet's rows, and the words for the three outcomes."""

    def __init__(self, *args, understood: Understanding, **kwargs):
        super().__init__(*args, **kwargs)
        self.understood = understood
        self.tables = understood.file.tables
        self.asked = {question.sheet for question in understood.questions if question.about == reading.SHEETS}
        self.first_of: list[int] = []  # by table, the index of the first table with the same titles
        for place, table in enumerate(self.tables):
            titles = [other.head.names for other in self.tables]
            self.first_of.append(titles.index(table.head.names))
            layout = reading.proposed(table, understood.choices, understood.people)
            self._add_outcome(place, table, layout)
            if self.first_of[place] == place:
                self._add_columns(place, table, layout)
        for meaning, label in LISTS.items():
            self.fields[f"{meaning}_words"] = forms.CharField(
                label=label,
                required=False,
                max_length=2000,
                initial="，".join(understood.choices.words.get(meaning, [])),
                widget=forms.Textarea(attrs={"rows": 3}),
            )
        self.fields[f"{words.PENDING}_words"].help_text = _(
            "Separated by commas. What is still in process stays in transit. A word of the file that is on none of the "
            "lists is asked about in the next step."
        )

    def _label(self, place: int, label) -> str:
        name = self.tables[place].name
        is_one = not name or len(self.tables) == 1
        return str(label) if is_one else _("%(sheet)s: %(label)s") % {"sheet": name, "label": label}

    def _add_columns(self, place: int, table: BankTable, layout: Layout) -> None:
        for name, label in COLUMNS.items():
            self.fields[_key(name, place)] = forms.ChoiceField(
                label=self._label(place, label),
                required=False,
                choices=[("", "–"), *table.labels.items()],
                initial=getattr(layout, name),
            )
        self.fields[_key("in_fen", place)] = forms.BooleanField(
            label=self._label(place, _("amounts in fen")), required=False, initial=layout.in_fen
        )

    def _add_outcome(self, place: int, table: BankTable, layout: Layout) -> None:
        stored = self.understood.choices.sheets.get(table.name, "")
        hint = proposals.holds(table.head.names, table.name or self.understood.answer.name, table.below)
        self.fields[_key("says", place)] = forms.ChoiceField(
            label=self._label(place, _("Outcome of the rows")),
            choices=[("", _("please choose")), *OUTCOMES, *([SKIPPED] if len(self.tables) > 1 or self.asked else [])],
            initial="" if table.name in self.asked else stored or (BY_COLUMN if layout.state else hint),
            error_messages={"required": _("Choose the outcome of the rows: nothing is assumed to be paid.")},
        )

    @property
    def of_tables(self) -> list[forms.BoundField]:
        """The fields about the sheets and their columns."""
        return [field for field in self if field not in self.of_words]

    @property
    def of_words(self) -> list[forms.BoundField]:
        """The fields that matter only if the outcome is in a column."""
        return [self[f"{meaning}_words"] for meaning in words.MEANINGS]

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        for place, first in enumerate(self.first_of):
            outcome = cleaned.get(_key("says", place))
            if outcome in (None, SKIP):
                continue
            for name in reading.NEEDED:
                if not cleaned.get(_key(name, first)) and not self.has_error(_key(name, first)):
                    self.add_error(_key(name, first), NEEDED)
            if outcome == BY_COLUMN and not cleaned.get(_key("state", first)):
                self.add_error(_key("state", first), _("Choose the column, or one outcome for all rows."))
        if several := words.on_two_lists(self._words(cleaned, {})):
            text = _("These words are on two lists: %(words)s.") % {"words": _(", ").join(several)}
            raise forms.ValidationError(text)
        return cleaned

    def _words(self, cleaned: dict[str, Any], known: dict[str, list[str]]) -> dict[str, list[str]]:
        """The lists as typed; those known where no outcome is in a column, so that nobody was asked for them."""
        places = range(len(self.tables))
        if not any(cleaned.get(_key("says", place)) == BY_COLUMN for place in places):
            return known
        typed = {meaning: WORD.split(cleaned.get(f"{meaning}_words", "")) for meaning in words.MEANINGS}
        return words.lists({meaning: filter(str.strip, each) for meaning, each in typed.items()}, {})

    def choices(self, before: Choices) -> Choices:
        """The choices with the columns, meanings and words of this form."""
        cleaned, layouts, sheets = self.cleaned_data, [], {}
        names = [table.name for table in self.tables]
        for place, table in enumerate(self.tables):
            outcome = cleaned[_key("says", place)]
            if outcome != BY_COLUMN:
                sheets[table.name] = outcome
            if self.first_of[place] == place:
                chosen = {name: cleaned[_key(name, place)] for name in [*COLUMNS, "in_fen"]}
                layouts.append(Layout(table.head.names, **chosen))
        known = self._words(cleaned, before.words)
        return replace(before, layouts=layouts, sheets=sheets, words=known, is_confirmed=True, chosen=names)


class HoldsForm(Form):
    """The outcome of the rows of each sheet whose columns are remembered and include no outcome."""

    def __init__(self, *args, understood: Understanding, **kwargs):
        super().__init__(*args, **kwargs)
        asked = {question.sheet for question in understood.questions if question.about == reading.HOLDS}
        self.tables = [table for table in understood.file.tables if table.name in asked]
        options = [(value, label) for value, label in OUTCOMES if value != BY_COLUMN]
        for place, table in enumerate(self.tables):
            self.fields[_key("says", place)] = forms.ChoiceField(
                label=table.labelled(_("Outcome of the rows")),
                choices=[*options, *([SKIPPED] if len(understood.file.tables) > 1 else [])],
                widget=forms.RadioSelect,
                initial=proposals.holds(table.head.names, table.name or understood.answer.name, table.below),
                error_messages={"required": _("Choose the outcome of the rows: nothing is assumed to be paid.")},
            )

    def choices(self, before: Choices) -> Choices:
        chosen = {table.name: self.cleaned_data[_key("says", place)] for place, table in enumerate(self.tables)}
        return replace(before, sheets=before.sheets | chosen)


class WordsForm(Form):
    """The meaning of each word of the file that is on no list yet."""

    def __init__(self, *args, counts: dict[str, int], **kwargs):
        super().__init__(*args, **kwargs)
        self.words = list(counts)
        for place, (word, count) in enumerate(counts.items()):
            self.fields[f"word-{place}"] = forms.ChoiceField(
                label=_("«%(word)s», in %(count)s rows") % {"word": word, "count": count},
                choices=MEANINGS,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose what the word means; ask the bank if you do not know.")},
            )

    def choices(self, before: Choices) -> Choices:
        given: dict[str, list[str]] = {}
        for place, word in enumerate(self.words):
            given.setdefault(self.cleaned_data[f"word-{place}"], []).append(word)
        return replace(before, words=words.lists(given, before.words))


def _key(name: str, place: int) -> str:
    return f"{name}-{place}" if place else name
