"""Rosters as files."""

from django.contrib.auth.decorators import permission_required
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jygroups.lib.shortcuts import get_permitted
from registry.access.passwords.views import hand_out
from registry.imports import roster_files as rosters
from registry.models import Community


@require_POST
@permission_required("registry.export_appointment", raise_exception=True)
def export(request, code):
    """A community's roster as a workbook. A POST, since it leaves an entry in the audit log."""
    community = get_permitted(request, Community.objects, "registry.export_appointment", lock=False, code=code)
    name = _("Roster of %(community)s") % {"community": community.name} + ".xlsx"
    make = lambda purpose: rosters.export_roster(community, purpose=purpose, actor=request.user)  # noqa: E731
    return hand_out(request, name, make, back=community.get_absolute_url())
