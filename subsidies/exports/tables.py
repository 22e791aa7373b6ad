"""The table of what was handed out of a month."""

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import tables
from subsidies.exports.services import Format


class ExportTable(tables.Table):
    at = tables.MomentColumn(attrs=tables.KEY, verbose_name=gettext_lazy("When"))
    by = tables.Column(default=gettext_lazy("the system"), verbose_name=gettext_lazy("Who"))
    format = tables.Column(verbose_name=gettext_lazy("Format"))
    lines = tables.NumberColumn(verbose_name=gettext_lazy("Lines"))
    purpose = tables.Column(short=False, verbose_name=gettext_lazy("Purpose"))
    sha256 = tables.DayColumn(verbose_name=gettext_lazy("Digest (SHA-256)"))

    def render_format(self, record):
        words = [str(Format(record.format).label)]
        if record.payment:
            words += [_("batch %(number)s") % {"number": record.payment.ordinal}, record.template]
        return " · ".join(map(str, filter(None, [*words, record.has_password and _("with a password")])))

    def render_sha256(self, value):
        return format_html("{}…", value[:12])
