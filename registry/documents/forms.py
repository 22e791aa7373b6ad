"""Forms of templates, and of what they are filled for."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.forms import EditForm, Form, TypeAhead
from jygroups.lib.refusals import Refused
from registry.documents import fields, queries, services
from registry.models import Community, DocumentTemplate, Subdistrict, User
from registry.records.file_forms import PaperField


class TemplateForm(EditForm):
    """A new template: its title, where it is used, and the file, whose fields are all known."""

    file = PaperField(
        label=gettext_lazy("file"),
        help_text=gettext_lazy("docx or xlsx, up to 10 MB, with placeholders such as {{居民小组.名称}}."),
    )
    place = forms.ChoiceField(
        label=gettext_lazy("used in"), help_text=gettext_lazy("Who works there sees the template and can fill it.")
    )
    field_order = ["file", "title", "place"]

    class Meta:
        model = DocumentTemplate
        fields = ["title"]
        labels = {"title": gettext_lazy("name of the template")}
        help_texts = {"title": gettext_lazy("Such as: 居民小组成员登记表.")}

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, instance=DocumentTemplate(), **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".docx,.xlsx"
        perm = "registry.add_documenttemplate"
        subdistricts = list(Subdistrict.objects.visible_to(user, perm))
        communities = list(Community.objects.visible_to(user, perm))
        self.places: dict[str, Any] = {queries.address(each): each for each in [*subdistricts, *communities]}
        choices = [(key, each.name) for key, each in self.places.items()]
        if user.reach(perm).everywhere:
            choices.insert(0, (queries.CITY, _("the whole city")))
        self.fields["place"].choices = choices
        if len(choices) > 9:
            self.fields["place"].widget = TypeAhead(choices=choices)

    def clean_file(self):
        file = self.cleaned_data["file"]
        try:
            services.names_in(file)
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return file

    def clean(self):
        cleaned = super().clean()
        place = self.places.get(cleaned.get("place"))
        self.instance.subdistrict = place if isinstance(place, Subdistrict) else None
        self.instance.community = place if isinstance(place, Community) else None
        return cleaned


class FillForm(Form):
    """The area that a template is filled for; without a choice where it is for one group or person."""

    place = forms.ChoiceField(label=gettext_lazy("fill in for"))

    def __init__(self, *args, user: User, template: DocumentTemplate, **kwargs):
        super().__init__(*args, **kwargs)
        subdistricts, communities = Subdistrict.objects.visible_to(user), Community.objects.visible_to(user)
        if template.community_id:
            subdistricts, communities = subdistricts.none(), communities.filter(pk=template.community_id)
        elif template.subdistrict_id:
            subdistricts = subdistricts.filter(pk=template.subdistrict_id)
            communities = communities.filter(subdistrict=template.subdistrict_id)
        asks = fields.asked_of(template.fields)
        choices = (
            [] if asks & {"group", "member", "office"} else [(queries.address(each), each.name) for each in communities]
        )
        if len(choices) > 1 and not asks & {"community", "committee"}:
            own = [each for each in subdistricts if user.reach().covers(each.pk)]
            choices = [*((queries.address(each), each.name) for each in own), *choices]
            if template.area is None and user.reach().everywhere and "subdistrict" not in asks:
                choices.insert(0, (queries.CITY, _("the whole city")))
        self.fields["place"].choices = choices
        if len(choices) > 9:
            self.fields["place"].widget = TypeAhead(choices=choices)
