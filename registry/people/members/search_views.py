"""The search box: people by name, pinyin, initials or a whole ID number; communities and groups by name."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock, id_numbers
from registry.models import Act, Community, Member, ResidentsGroup
from registry.people.members.queries import people_named
from registry.people.members.tables import FoundTable
from registry.records import audit, versions

MOST = 50  # people shown; a user who has more to choose from types more
LONGEST = 100  # characters of what is searched for


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_member", raise_exception=True)
def search(request):
    """Words come by POST, since they may be an ID number, which belongs in no address; names go on to one."""
    if request.method == "POST":
        words = words_of(request.POST)
        if not id_numbers.is_like(words):
            return redirect(f"{request.path}?{urlencode({'q': words})}")
        found = Member.objects.visible_to(request.user).with_id_numbers([id_numbers.normalised(words)])
        audit.record(
            Act.SEARCH, versions.named(found[0]) if found else _("nobody found"), user=request.user,
            **({"member": found[0].pk} if found else {}),
        )  # fmt: skip
        if found:
            return redirect(found[0])
        messages.info(request, _("Nobody in your area has this ID number."))
        return redirect("search")
    words = words_of(request.GET)
    people = people_named(request.user, words, MOST + 1)
    communities = Community.objects.visible_to(request.user).filter(name__icontains=words)
    groups = ResidentsGroup.objects.visible_to(request.user).standing_on(clock.today())
    groups = groups.filter(name__icontains=words).select_related("committee__community")
    return render(
        request,
        "registry/people/search.html",
        {
            "words": words,
            "people": FoundTable(people[:MOST], words=words),
            "communities": communities[:MOST] if words else [],
            "groups": groups[:MOST] if words else [],
            "more": len(people) > MOST,
        },
    )


def words_of(data) -> str:
    """What is searched for, as typed."""
    return data.get("q", "").replace("\0", "").strip()[:LONGEST]
