"""The tables of the workbench."""

from django.utils.translation import gettext_lazy as _

from jygroups.lib import tables


class ChangeTable(tables.Table):
    """What was last changed, of registry/records/recent.py."""

    at = tables.MomentColumn(attrs=tables.KEY, verbose_name=_("When"))
    who = tables.Column(verbose_name=_("Who"))
    what = tables.Column(verbose_name=_("What"))
    subject = tables.Column(linkify=lambda record: record.url or None, verbose_name=_("On what"))
    reason = tables.Column(short=False, verbose_name=_("Reason"))
