"""The search box: people by name, pinyin, initials or a whole ID number; communities and groups by name."""

from collections import defaultdict

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib import clock, id_numbers
from registry.models import Act, Appointment, Community, Member, ResidentsGroup, User
from registry.people.members.tables import FoundTable
from registry.records import audit, versions

MOST = 50  # people shown; a user who has more to choose from types more
SUGGESTED = 8  # under the box, while somebody types
LONGEST = 100  # characters of what is searched for


@require_http_methods(["GET", "POST"])
@permission_required("registry.view_member", raise_exception=True)
def search(request):
    """Words come by POST, since they may be an ID number, which belongs in no address; names go on to one."""
    if request.method == "POST":
        words = _words(request.POST)
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
    words = _words(request.GET)
    people = _people(request.user, words, MOST + 1)
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


@require_POST
@permission_required("registry.view_member", raise_exception=True)
def suggest(request):
    """The first few people, while the words are typed; of numbers none, before they are whole."""
    words = _words(request.POST)
    people = [] if words.isdigit() or id_numbers.is_like(words) else _people(request.user, words, SUGGESTED)
    return render(request, "registry/people/_suggestions.html", {"words": words, "people": people})


def _words(data) -> str:
    return data.get("q", "").replace("\0", "").strip()[:LONGEST]


def _people(user: User, words: str, most: int) -> list[Member]:
    """People in sight whom the words find, each with the `offices` held today that the user sees."""
    if not words:
        return []
    found = Member.objects.visible_to(user).search(words).select_related("community").defer("phone", "account")
    people = list(found[:most])
    offices = defaultdict(list)
    today = Appointment.objects.visible_to(user).in_office(clock.today()).filter(member__in=people)
    for office in today.select_related("committee__community", "group").order_by("first_day", "pk"):
        offices[office.member_id].append(office)
    for person in people:
        person.offices = offices[person.pk]  # type: ignore[attr-defined]
    return people
