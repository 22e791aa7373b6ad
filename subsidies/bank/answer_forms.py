"""Forms of the bank's answer: the file, how it is read, what its words mean, and recording it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jygroups.lib.forms import DayField, Form
from jygroups.lib.id_numbers import masked_within
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import money
from subsidies.bank import answers, proposals, reading, words
from subsidies.bank.answers import Understanding
from subsidies.bank.grouping import Part
from subsidies.bank.matching import Match, Preview
from subsidies.bank.reading import BY_COLUMN, SKIP, Choices, Layout, Table
from subsidies.models import Payment, PayStep

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
SAYS = [
    (BY_COLUMN, gettext_lazy("each row says it, in the column of outcomes")),
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
SAMPLE_LENGTH = 20
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
            table.name: table.titles.number if table.titles.last >= 0 else 0 for table in tables
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
            titles = [other.titles.names for other in self.tables]
            self.first_of.append(titles.index(table.titles.names))
            layout = reading.proposed(table, understood.choices, understood.people)
            self._add_says(place, table, layout)
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

    def _add_columns(self, place: int, table: Table, layout: Layout) -> None:
        choices = [(title, _with_sample(title, table)) for title in table.titles.names]
        for name, label in COLUMNS.items():
            self.fields[_key(name, place)] = forms.ChoiceField(
                label=self._label(place, label),
                required=False,
                choices=[("", "–"), *choices],
                initial=getattr(layout, name),
            )
        self.fields[_key("in_fen", place)] = forms.BooleanField(
            label=self._label(place, _("amounts in fen")), required=False, initial=layout.in_fen
        )

    def _add_says(self, place: int, table: Table, layout: Layout) -> None:
        stored = self.understood.choices.sheets.get(table.name, "")
        hint = proposals.holds(table.titles.names, table.name or self.understood.answer.name, table.below)
        self.fields[_key("says", place)] = forms.ChoiceField(
            label=self._label(place, _("What the rows say")),
            choices=[("", _("please choose")), *SAYS, *([SKIPPED] if len(self.tables) > 1 or self.asked else [])],
            initial="" if table.name in self.asked else stored or (BY_COLUMN if layout.state else hint),
            error_messages={"required": _("Say what the rows are: nothing is assumed to be paid.")},
        )

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        for place, first in enumerate(self.first_of):
            says = cleaned.get(_key("says", place))
            if says in (None, SKIP):
                continue
            for name in reading.NEEDED:
                if not cleaned.get(_key(name, first)) and not self.has_error(_key(name, first)):
                    self.add_error(_key(name, first), NEEDED)
            if says == BY_COLUMN and not cleaned.get(_key("state", first)):
                self.add_error(_key("state", first), _("Choose the column, or say that all rows mean the same."))
        known = self._words(cleaned)
        if several := words.on_two_lists(known):
            text = _("These words are on two lists: %(words)s.") % {"words": _(", ").join(several)}
            raise forms.ValidationError(text)
        return cleaned

    @staticmethod
    def _words(cleaned: dict[str, Any]) -> dict[str, list[str]]:
        typed = {meaning: WORD.split(cleaned.get(f"{meaning}_words", "")) for meaning in words.MEANINGS}
        return words.lists({meaning: filter(str.strip, each) for meaning, each in typed.items()}, {})

    def choices(self, before: Choices) -> Choices:
        """The choices with the columns, meanings and words of this form."""
        cleaned, layouts, sheets = self.cleaned_data, [], {}
        names = [table.name for table in self.tables]
        for place, table in enumerate(self.tables):
            says = cleaned[_key("says", place)]
            if says != BY_COLUMN:
                sheets[table.name] = says
            if self.first_of[place] == place:
                chosen = {name: cleaned[_key(name, place)] for name in [*COLUMNS, "in_fen"]}
                layouts.append(Layout(table.titles.names, **chosen))
        return replace(
            before, layouts=layouts, sheets=sheets, words=self._words(cleaned), is_confirmed=True, chosen=names
        )


class HoldsForm(Form):
    """The outcome of the rows of each sheet whose columns are remembered and include no outcome."""

    def __init__(self, *args, understood: Understanding, **kwargs):
        super().__init__(*args, **kwargs)
        asked = {question.sheet for question in understood.questions if question.about == reading.HOLDS}
        self.tables = [table for table in understood.file.tables if table.name in asked]
        options = [(value, label) for value, label in SAYS if value != BY_COLUMN]
        for place, table in enumerate(self.tables):
            self.fields[_key("says", place)] = forms.ChoiceField(
                label=table.labelled(_("What the rows say")),
                choices=[*options, *([SKIPPED] if len(understood.file.tables) > 1 else [])],
                widget=forms.RadioSelect,
                initial=proposals.holds(table.titles.names, table.name or understood.answer.name, table.below),
                error_messages={"required": _("Say what the rows are: nothing is assumed to be paid.")},
            )

    def choices(self, before: Choices) -> Choices:
        said = {table.name: self.cleaned_data[_key("says", place)] for place, table in enumerate(self.tables)}
        return replace(before, sheets=before.sheets | said)


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


class TakeInForm(Form):
    """Confirms that the preview is recorded, on the day of the bank's answer.

    Also asks for the outcome of people whom the file does not name, and for what needs a confirmation of its own:
    people paid after a refusal, and a file that may answer another payment.
    """

    digest = forms.CharField(widget=forms.HiddenInput)
    STAY = "stay"
    rest = forms.ChoiceField(
        widget=forms.RadioSelect, error_messages={"required": gettext_lazy("Choose what became of these people.")}
    )
    late = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Paid after all, as the bank now says"),
        help_text=gettext_lazy(
            "Who is ticked is recorded as arrived too; all others stay as they are. Ask the bank first."
        ),
        error_messages={
            "required": gettext_lazy("Tick whom the bank has really paid; nothing else is to be recorded.")
        },
    )
    bounced = forms.TypedMultipleChoiceField(
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Sent back although it was paid after a refusal"),
        help_text=gettext_lazy(
            "An old list of failures says the same: who is ticked is recorded as sent back, and can be paid again; all "
            "others stay as they are. Ask the bank first."
        ),
        error_messages={
            "required": gettext_lazy("Tick whose money the bank has really sent back; nothing else is to be recorded.")
        },
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("I have checked it: this is the bank's answer to this payment, and it is read correctly"),
        error_messages={"required": gettext_lazy("Confirm it, or hand in the right file.")},
    )
    day = DayField(label=gettext_lazy("Day of the payment"))

    def __init__(self, *args, payment: Payment, preview: Preview, **kwargs):
        super().__init__(*args, **kwargs)
        self.payment, self.preview, self.scopes = payment, preview, preview.scopes
        made, today = timezone.localdate(payment.at), timezone.localdate()
        self.fields["day"].widget.attrs |= {"min": f"{made}", "max": f"{today}"}
        self.fields["day"].help_text = _("From %(day)s on, when the payment was made.") % {"day": made}
        self._ask_for_confirmation(preview)
        self.result = _("Recorded: %(result)s.") % {"result": _result(preview)}
        if not preview.rest:
            del self.fields["rest"]
            return
        says = {
            words.PAID: _("have arrived: the file lists the failures, all others were paid"),
            words.REFUSED: _("were refused: the file lists the successes, all others failed"),
        }
        about = {"count": len(preview.unanswered)}
        self.fields["rest"].label = _("The %(count)s people whom the file does not name") % about
        found = [(self.STAY, _("stay in transit, until the bank says more"), _result(preview))]
        if not (preview.new or preview.disputed):
            found = []  # nothing else could be recorded, so that would be no answer to take in
        for rest in preview.rest:
            for place, parts in enumerate(preview.scopes):
                text = says[rest] if len(preview.scopes) == 1 else _of_files(parts, says[rest], preview)
                found.append((f"{rest}-{place}" if parts else rest, text, _result(preview, rest, parts)))
        self.fields["rest"].choices = [
            (value, _("%(choice)s. Recorded: %(result)s") % {"choice": text, "result": result})
            for value, text, result in found
        ]
        if len(preview.scopes) > 1:
            self.fields["rest"].help_text = _("Each bank answers for its own file: choose which one this answers.")

    def _ask_for_confirmation(self, preview: Preview) -> None:
        for name, matches in (("late", preview.late), ("bounced", preview.overruled)):
            if matches:
                self.fields[name].choices = [(match.item.pk, _disputed(match)) for match in matches]
                is_only = not preview.new and not preview.rest and len(matches) == len(preview.disputed)
                self.fields[name].required = is_only
            else:
                del self.fields[name]
        if preview.to_confirm:
            self.fields["confirmed"].help_text = " ".join(preview.to_confirm)
        else:
            del self.fields["confirmed"]

    def clean(self):
        """`rest` and `files` as answers.take_in takes them; something has to be chosen where nothing is new."""
        cleaned = super().clean() or self.cleaned_data
        rest, _dash, place = cleaned.get("rest", "").partition("-")
        cleaned["rest"] = "" if rest == self.STAY else rest
        cleaned["files"] = [part.name for part in self.scopes[int(place)]] if place else []
        asked = [name for name in ("late", "bounced", "rest") if name in self.fields]
        if asked and not self.preview.new and not self.errors and not any(cleaned[name] for name in asked):
            self.add_error(asked[0], self.fields[asked[0]].error_messages["required"])
        return cleaned

    def clean_day(self):
        day = self.cleaned_data["day"]
        try:
            answers.check_day(self.payment, day)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return day


def _disputed(match: Match) -> str:
    """A person whose recorded outcome the bank contradicts, with that outcome."""
    about = {"name": match.item.name, "amount": money(match.item.amount), "where": match.said.where}
    return _("%(name)s, %(amount)s yuan, %(where)s: %(record)s") % (about | {"record": match.record})


def _of_files(parts: Sequence[Part], says: str, preview: Preview) -> str:
    if not parts:
        return _("All files: all %(count)s %(say)s") % {"count": len(preview.unanswered), "say": says}
    about = {"files": _(", ").join(part.name for part in parts), "count": len(preview.left_out(parts)), "say": says}
    return _("The file of %(files)s: its other %(count)s %(say)s") % about


def _result(preview: Preview, rest: str = "", parts: Sequence[Part] = ()) -> str:
    """What taking the file in records, with people and yuan of each stage; `rest` and `parts` of whom it leaves out."""
    items = {step: [match.item for match in matches] for step, matches in preview.new}
    waiting = preview.waiting
    if rest in (words.PAID, words.REFUSED):
        step = PayStep.ARRIVE if rest == words.PAID else PayStep.REFUSE
        concluded = preview.left_out(parts)
        items[step] = [*items.get(step, []), *concluded]
        keys = {item.pk for item in concluded}
        waiting = [item for item in waiting if item.pk not in keys]
    stages = {
        _("arrived"): items.get(PayStep.ARRIVE, []),
        pgettext("payment", "refused"): items.get(PayStep.REFUSE, []),
        pgettext("payment", "sent back"): items.get(PayStep.BOUNCE, []),
        _("still in transit"): waiting,
    }
    texts = [
        _("%(stage)s %(count)s people, %(amount)s yuan")
        % {"stage": stage, "count": len(each), "amount": f"{sum(item.amount for item in each):,.2f}"}
        for stage, each in stages.items()
        if each
    ]
    return _("; ").join(texts) or _("nobody")


def _key(name: str, place: int) -> str:
    return f"{name}-{place}" if place else name


def _with_sample(title: str, table: Table) -> str:
    """The title with the cell of the first row below it."""
    sample = next(filter(None, table.column(title)), "")
    return f"{title} ({masked_within(sample)[:SAMPLE_LENGTH]})" if sample else title
