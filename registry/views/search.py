"""The search box: people by name, pinyin, initials or a whole ID number; communities and groups by name."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib import id_numbers
from registry.models import Appointment, Community, Member, ResidentsGroup

MOST = 50  # people shown; whoever has more to choose from types more


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_member", raise_exception=True)
def search(request):
    """Words come by POST, since they may be an ID number, which belongs in no address; names go on to one."""
    if request.method == "POST":
        words = request.POST.get("q", "").strip()
        if not id_numbers.is_like(words):
            return redirect(f"{request.path}?{urlencode({'q': words})}")
        found = Member.objects.visible_to(request.user).with_id_numbers([id_numbers.normalised(words)])
        if found:
            return redirect(found[0])
        messages.info(request, _("Nobody in your area has this ID number."))
        return redirect("search")
    words = request.GET.get("q", "").strip()
    people = Member.objects.visible_to(request.user).search(words) if words else Member.objects.none()
    people = people.select_related("community").defer("phone", "account")[: MOST + 1]
    return render(
        request,
        "registry/search.html",
        {
            "words": words,
            "people": people[:MOST],
            "offices": Appointment.objects.none(),
            "communities": Community.objects.visible_to(request.user).filter(name__icontains=words) if words else [],
            "groups": ResidentsGroup.objects.visible_to(request.user)
            .filter(name__icontains=words)
            .select_related("committee__community")[:MOST]
            if words
            else [],
            "more": len(people) > MOST,
        },
    )
