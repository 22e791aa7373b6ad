"""Forms of evaluation rounds, and of one line of their matrix."""

from datetime import timedelta
from zlib import crc32

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm, TypeAhead
from jygroups.lib.half_years import HalfYear
from registry.models import Community, Evaluation, EvaluationRound, ResidentsCommittee, Subdistrict, Subjects, User
from registry.models.evaluations import MOST_CRITERIA, MOST_POINTS

RUNNING_OUT = timedelta(days=45)  # so long before its end a half-year is the one to be evaluated
# What the document asks of groups 〔二, 四〕, to begin with.
PROPOSED = [
    (gettext_lazy("Visits to residents"), 25),
    (gettext_lazy("Meetings, study and half-year reviews"), 20),
    (gettext_lazy("Reports of hazards and opinions"), 20),
    (gettext_lazy("Mediation of disputes"), 15),
    (gettext_lazy("Environment and property management"), 10),
    (gettext_lazy("Tasks of the committee"), 10),
]


class RoundForm(EditForm):
    """A round with up to eight criteria, a line each."""

    class Meta:
        model = EvaluationRound
        fields = ["name", "first_day", "last_day", "excellent_from", "good_from", "pass_from"]
        field_classes = {"first_day": DayField, "last_day": DayField}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        proposed = self.instance.criteria if self.instance.pk else [(str(name), weight) for name, weight in PROPOSED]
        for place in range(MOST_CRITERIA):
            name, weight = proposed[place] if place < len(proposed) else ("", None)
            words = {"place": place + 1}
            self.fields[f"criterion_{place}"] = forms.CharField(
                label=_("Criterion %(place)s") % words, max_length=40, required=False, initial=name
            )
            self.fields[f"weight_{place}"] = forms.IntegerField(
                label=_("Weight of criterion %(place)s, %%") % words,
                min_value=1, max_value=100, required=False, initial=weight,
            )  # fmt: skip
            for field, value in ((f"criterion_{place}", name), (f"weight_{place}", weight)):
                self.initial[field] = value
                self.fields[field].widget.attrs["aria-label"] = self.fields[field].label

    @property
    def criteria(self):
        """The two fields of each criterion."""
        return [(self[f"criterion_{place}"], self[f"weight_{place}"]) for place in range(MOST_CRITERIA)]

    def clean(self):
        super().clean()
        cleaned, criteria = self.cleaned_data, []
        for place in range(MOST_CRITERIA):
            name, weight = cleaned.get(f"criterion_{place}"), cleaned.get(f"weight_{place}")
            if name and weight:
                criteria.append([name, weight])
            elif name and f"weight_{place}" not in self.errors:
                self.add_error(f"weight_{place}", _("Give its weight."))
            elif weight and f"criterion_{place}" not in self.errors:
                self.add_error(f"criterion_{place}", _("Give its name."))
        self.instance.criteria = criteria
        return cleaned


class OpenForm(RoundForm):
    """A new round: by whom and over whom, too."""

    what = forms.ChoiceField(label=gettext_lazy("Who evaluates whom"), widget=TypeAhead)
    field_order = ["what", "name", "first_day", "last_day"]

    def __init__(self, *args, user: User, **kwargs):
        half_year = HalfYear.of(clock.today() + RUNNING_OUT).previous
        proposed = {
            "name": _("Evaluation of the %(half_year)s") % {"half_year": half_year},
            "first_day": half_year.first_day,
            "last_day": half_year.last_day,
        }
        super().__init__(*args, initial=proposed, **kwargs)
        self.fields["what"].choices = _choices(user)

    def clean(self):
        cleaned = super().clean()
        if what := cleaned.get("what"):
            organiser, pk, self.instance.subjects = what.split("-")
            setattr(self.instance, f"{organiser}_id", int(pk))
        return cleaned


def _choices(user: User) -> list[tuple[str, str]]:
    """Each round the user may open: the subdistricts' before the committees'."""
    by_subdistrict = Subdistrict.objects.visible_to(user, "registry.add_evaluationround").order_by("code")
    by_committee = ResidentsCommittee.objects.filter(
        community__in=Community.objects.visible_to(user, "registry.add_evaluationround")
    ).select_related("community")
    words = _("%(organiser)s evaluates %(subjects)s")
    return [
        (f"{kind}-{row.pk}-{subjects}", words % {"organiser": row, "subjects": subjects.label})
        for kind, rows, over in (
            ("subdistrict", by_subdistrict, (Subjects.GROUPS, Subjects.COMMITTEES)),
            ("committee", by_committee, (Subjects.GROUPS, Subjects.MEMBERS)),
        )
        for row in rows
        for subjects in over
    ]


class EvaluationForm(EditForm):
    """One line of the matrix: points for each criterion, as far as they are known, and remarks."""

    class Meta:
        model = Evaluation
        fields = ["left_out", "remarks"]

    def __init__(self, *args, instance: Evaluation, **kwargs):
        super().__init__(*args, instance=instance, prefix=f"line-{instance.pk}", **kwargs)
        self.row_name = instance.subject
        # By the criterion's name: should the criteria change concurrently, no points go to another one.
        self.names = {f"points-{crc32(name.encode()):08x}": name for name, _weight in instance.round.criteria}
        for field, name in self.names.items():
            label = f"{instance.subject} {name}"
            widget = forms.NumberInput({"aria-label": label, "inputmode": "numeric"})
            self.fields[field] = forms.IntegerField(
                label=label, min_value=0, max_value=MOST_POINTS, required=False, widget=widget
            )
            self.initial[field] = instance.scores.get(name)
        for field in ("left_out", "remarks"):
            label = f"{instance.subject} {self.fields[field].label}"
            self.fields[field].label = label
            self.fields[field].help_text = ""
            self.fields[field].widget.attrs["aria-label"] = label

    @property
    def points(self):
        return [self[name] for name in self.names]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("left_out") and not cleaned.get("remarks"):
            self.add_error("remarks", _("Give the reason why this one is not evaluated."))
        given = {name: cleaned.get(field) for field, name in self.names.items()}
        self.instance.scores = {name: points for name, points in given.items() if points is not None}
        return cleaned
