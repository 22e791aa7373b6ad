"""What the subdistrict keeps of its communities: name, party secretary, and when the committee was founded."""

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib.shortcuts import get_permitted
from registry.models import Community, ResidentsCommittee
from registry.people.areas.forms import CommitteeForm, CommunityForm
from registry.records import undo, versions
from registry.records.pages import answer

CHANGE = "registry.change_community"


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, code):
    community = get_permitted(request, Community.objects.select_related("subdistrict"), CHANGE, code=code)
    return _edited(request, CommunityForm, community, community)


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def committee(request, code):
    rows = ResidentsCommittee.objects.select_related("community__subdistrict")
    committee = get_permitted(request, rows, CHANGE, community__code=code)
    return _edited(request, CommitteeForm, committee, committee.community)


def _edited(request, form_class, row, community: Community):
    title, back = str(row), community.get_absolute_url()
    form = form_class(request.POST or None, instance=row)
    if form.is_valid():
        if form.edited:
            versions.save(form.instance, actor=request.user)
            undo.offer(request, _("%(row)s is saved.") % {"row": row}, [row])
        return redirect(back)
    return answer(request, form, title=title, here=_("Edit"), trail=[community.subdistrict, community], back=back)
