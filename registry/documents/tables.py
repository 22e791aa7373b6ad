"""The columns of the list of templates."""

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import tables
from registry.documents import fields
from registry.models import DocumentTemplate


class TemplateTable(tables.Table):
    title = tables.Column(key=True, short=False, verbose_name=gettext_lazy("name of the template"))
    place = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("used in"))
    kind = tables.Column(accessor="name", orderable=False, verbose_name=gettext_lazy("file"))
    count = tables.NumberColumn(accessor="fields", orderable=False, verbose_name=gettext_lazy("fields"))
    whole = tables.Column(accessor="fields", orderable=False, verbose_name=gettext_lazy("whole numbers"))
    created_at = tables.MomentColumn(verbose_name=gettext_lazy("handed in at"))

    class Meta:
        model = DocumentTemplate
        fields = ("title", "place", "kind", "count", "whole", "created_at")

    def value_title(self, value):
        return value

    def render_title(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.title)

    def render_place(self, record):
        return record.area.name if record.area else _("the whole city")

    def render_kind(self, record):
        return record.ending

    def render_count(self, value):
        return len(value)

    def render_whole(self, value):
        return _("yes, for a purpose") if fields.is_whole(value) else "–"
