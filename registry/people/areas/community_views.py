"""What the subdistrict keeps of its communities: name, party secretary, and when the committee was founded."""

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry.access import roles
from registry.models import Community, ResidentsCommittee
from registry.people.areas.forms import CommitteeForm, CommunityForm
from registry.records import undo, versions
from registry.records.pages import answer

CHANGE = "registry.change_community"


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, code):
    community = get_object_or_404(_rows(request, Community.objects).select_related("subdistrict"), code=code)
    return _edited(request, CommunityForm, community, community)


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def committee(request, code):
    rows = _rows(request, ResidentsCommittee.objects).select_related("community__subdistrict")
    committee = get_object_or_404(rows, community__code=code)
    return _edited(request, CommitteeForm, committee, committee.community)


def _rows(request, manager):
    """What the user sees, locked for a POST, so that whoever comes second sees what the first has saved."""
    rows = manager.visible_to(request.user)
    return rows.select_for_update(of=("self",)) if request.method == "POST" else rows


def _edited(request, form_class, row, community: Community):
    if community not in roles.communities(request.user, CHANGE):
        raise PermissionDenied
    title, back = str(row), community.get_absolute_url()
    form = form_class(request.POST or None, instance=row)
    if form.is_valid():
        if form.edited:
            versions.save(form.instance, actor=request.user)
            undo.offer(request, _("%(row)s is saved.") % {"row": row}, [row])
        return redirect(back)
    return answer(request, form, title=title, here=_("Edit"), trail=[community.subdistrict, community], back=back)
