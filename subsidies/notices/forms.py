"""Forms for posting lists, recording objections, and answering them."""

from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from jygroups.lib.forms import DayField, EditForm, Form, TypeAhead
from jygroups.lib.refusals import Refused
from registry.models import Community, Member
from registry.records.file_forms import AttachmentsField
from subsidies.models import Notice, Objection, ObjectionOutcome, Sheet
from subsidies.month.notice_states import days_of
from subsidies.notices import services

LINES = forms.Textarea({"rows": 3})


class PhotosField(AttachmentsField):
    """Photos of the board, optional; cleaned to a list of files.Taken."""

    def __init__(self):
        super().__init__(label=_("photos of the board"), help_text=_("Up to 9, jpg or png; may also be added later."))

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"accept": "image/jpeg,image/png"}

    def clean(self, data, initial=None):
        taken = super().clean(data, initial)
        if any(not each.content_type.startswith("image/") for each in taken):
            raise ValidationError(_("Only photos, please: jpg or png."))
        return taken


class PostForm(Form):
    """The place and days of posting for the selected communities."""

    communities = forms.ModelMultipleChoiceField(
        Community.objects.none(),
        label=_("communities"),
        widget=forms.CheckboxSelectMultiple,
        to_field_name="code",
        error_messages={"required": _("Tick at least one community.")},
    )
    place = forms.CharField(label=_("place where it hangs"), max_length=100, initial=_("the community's notice board"))
    posted_on = DayField(label=_("posted on"))
    until = DayField(label=_("posted until"), help_text=_("The last day on which it hangs."))
    photos = PhotosField()

    def __init__(self, *args, sheet: Sheet, communities, **kwargs):
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        self.fields["communities"].queryset = communities
        today = clock.today()
        self.initial.setdefault("posted_on", today)
        self.initial.setdefault("until", last_day(sheet, today))

    def clean(self):
        cleaned = super().clean()
        _check_days(self, self.sheet, cleaned)
        return cleaned


def last_day(sheet: Sheet, posted_on: date) -> date:
    """The proposed last day of posting: after the days that the Standard requires, or a week."""
    return posted_on + timedelta(days=days_of(sheet) - 1)


def _check_days(form, sheet: Sheet, cleaned, since: date | None = None) -> None:
    if cleaned.get("posted_on") and cleaned.get("until"):
        try:
            services.check_days(sheet, cleaned["posted_on"], cleaned["until"], since=since)
        except Refused as refusal:
            form.add_error("posted_on", str(refusal))


class NoticeForm(EditForm):
    photos = PhotosField()

    class Meta:
        model = Notice
        fields = ["place", "posted_on", "until"]
        field_classes = {"posted_on": DayField, "until": DayField}

    def clean(self):
        cleaned = super().clean()
        _check_days(self, self.instance.sheet, cleaned, since=self.initial["posted_on"])
        return cleaned

    @property
    def edited(self):
        """The edited fields without photos, which are only added and cannot conflict."""
        return [name for name in super().edited if name != "photos"]


class ObjectionForm(EditForm):
    """An objection, with the objector if known."""

    class Meta:
        model = Objection
        fields = ["received_on", "channel", "text", "member", "objector", "contact"]
        field_classes = {"received_on": DayField}
        labels = {"objector": _("who objects"), "contact": _("how to reach them")}
        widgets = {"text": LINES, "member": TypeAhead}
        help_texts = {
            "member": _("Empty: about nobody in particular."),
            "objector": _("May stay empty. Visible to the community and its subdistrict only."),
            "contact": _("Phone or address, to send the answer to."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        notice = self.instance.notice
        lines = notice.sheet.lines.filter(community=notice.community)
        listed = Member.objects.filter(pk__in=lines.values("member")) | Member.objects.filter(
            pk=self.instance.member_id
        )
        self.fields["member"].queryset = listed.order_by("pinyin")
        if not self.instance.pk:
            self.initial["received_on"] = clock.today()

    def clean_received_on(self):
        day = self.cleaned_data["received_on"]
        if not self.instance.notice.posted_on <= day <= clock.today():
            raise ValidationError(_("The objection came between the day of posting and today."))
        return day


class AnswerForm(Form):
    outcome = forms.ChoiceField(label=_("outcome"), choices=ObjectionOutcome, widget=forms.RadioSelect)
    answer = forms.CharField(label=_("answer"), max_length=1000, widget=LINES)
    answered_on = DayField(label=_("answered on"), initial=clock.today)

    def __init__(self, *args, objection: Objection, **kwargs):
        super().__init__(*args, **kwargs)
        self.objection = objection

    def clean_answered_on(self):
        day = self.cleaned_data["answered_on"]
        if not self.objection.received_on <= day <= clock.today():
            raise ValidationError(_("The answer was given between the day the objection came and today."))
        return day
