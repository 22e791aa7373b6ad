"""The form by which the bank's answer is recorded, with what has to be confirmed or chosen first."""

from collections.abc import Sequence

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jygroups.lib import clock
from jygroups.lib.forms import DayField, Form
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import money
from subsidies.bank import answers, words
from subsidies.bank.grouping import Part
from subsidies.bank.matching import Match, Preview
from subsidies.models import Payment, PayStep


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
        label=gettext_lazy("Paid after all, as the bank now reports"),
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
        label=gettext_lazy("Refused in the file although recorded as arrived"),
        help_text=gettext_lazy(
            "The file does not show that the money came back after it had arrived; an old list of failures has the "
            "same rows. Who is ticked is recorded as sent back, and can be paid again; all others stay as they are. "
            "Ask the bank first."
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
        made, today = timezone.localdate(payment.at), clock.today()
        self.fields["day"].widget.attrs |= {"min": f"{made}", "max": f"{today}"}
        self.fields["day"].help_text = _("From %(day)s on, when the payment was made.") % {"day": made}
        self._ask_for_confirmation(preview)
        self.result = _("Recorded: %(result)s.") % {"result": _result(preview)}
        if not preview.rest:
            del self.fields["rest"]
            return
        outcomes = {
            words.PAID: _("have arrived: the file lists the failures, all others were paid"),
            words.REFUSED: _("were refused: the file lists the successes, all others failed"),
        }
        about = {"count": len(preview.unanswered)}
        self.fields["rest"].label = _("The %(count)s people whom the file does not name") % about
        found = [(self.STAY, _("stay in transit, until the bank reports more"), _result(preview))]
        if not (preview.new or preview.disputed or preview.twice):
            found = []  # nothing else could be recorded, so that would be no answer to take in
        for rest in preview.rest:
            for place, parts in enumerate(preview.scopes):
                text = _of_files(parts, outcomes[rest], preview) if len(preview.parts) > 1 else outcomes[rest]
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
                is_only = not (preview.new or preview.rest or preview.twice) and len(matches) == len(preview.disputed)
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
        if (
            asked
            and not (self.preview.new or self.preview.twice)
            and not self.errors
            and not any(cleaned[name] for name in asked)
        ):
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
    about = {"name": match.item.name, "amount": money(match.item.amount), "where": match.row.where}
    return _("%(name)s, %(amount)s yuan, %(where)s: %(record)s") % (about | {"record": match.record})


def _of_files(parts: Sequence[Part], outcome: str, preview: Preview) -> str:
    if not parts:
        return _("All files: all %(count)s %(outcome)s") % {"count": len(preview.unanswered), "outcome": outcome}
    about = {
        "files": _(", ").join(part.name for part in parts),
        "count": len(preview.left_out(parts)),
        "outcome": outcome,
    }
    return _("The file of %(files)s: its other %(count)s %(outcome)s") % about


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
    if preview.twice:
        texts.append(_("noted as perhaps paid twice: %(count)s people") % {"count": len(preview.twice)})
    return _("; ").join(texts) or _("nobody")
