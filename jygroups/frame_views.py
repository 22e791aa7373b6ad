"""What the frame of each page asks for once the page is there: suggestions of the search box, and what waits where."""

import re
from collections import Counter
from urllib.parse import urlsplit

from django.contrib.auth.decorators import permission_required
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.functional import Promise
from django.views.decorators.http import require_POST, require_safe

from jygroups import navigation
from jygroups.lib import clock, id_numbers
from registry.models import Community, ResidentsGroup, User
from registry.people.members import search_views
from registry.people.members.queries import people_named
from registry.records import todo
from subsidies.models import Sheet

FEW = 5  # of pages, areas and months suggested
PEOPLE = 8
MONTH = re.compile(r"(?:(\d{4})\s*[-./年]\s*)?(\d{1,2})\s*月?")


@require_POST
@permission_required("registry.view_member", raise_exception=True)
def suggest(request):
    """Pages, areas, months and people whom the words name, while they are typed; of people none for a number."""
    request.session.only_read = True
    words, user = search_views.words_of(request.POST), request.user
    is_number = words.isdigit() or id_numbers.is_like(words)
    found = {"words": words, "months": _months(user, words)}
    if words and not is_number:
        found |= {
            "pages": _pages(user, words),
            "areas": [*_areas(user, words)][:FEW],
            "people": people_named(user, words, PEOPLE),
        }
    return render(request, "components/suggestions.html", found)


def _pages(user: User, words: str) -> list[tuple[str, str | Promise]]:
    """The entries of the user's menu that have the words in their label: page and label."""
    entries = [each for each in navigation.BY_PAGE.values() if each.open_to(user)]
    labels = [(each.page, each.label_for(user)) for each in entries]
    return [(page, label) for page, label in labels if words.casefold() in str(label).casefold()][:FEW]


def _areas(user: User, words: str):
    yield from Community.objects.visible_to(user).filter(name__icontains=words)[:FEW]
    groups = ResidentsGroup.objects.visible_to(user).standing_on(clock.today())
    yield from groups.filter(name__icontains=words).select_related("committee__community")[:FEW]


def _months(user: User, words: str) -> list[Sheet]:
    """The sheets of a month in words: 2026-10, 2026年10月, or 10月 of the newest year that has one."""
    match = MONTH.fullmatch(words)
    if not match or not (match[1] or words.endswith("月")) or not user.has_perm("subsidies.view_sheet"):
        return []
    sheets = Sheet.objects.visible_to(user).filter(month__month=int(match[2])).select_related("subdistrict")
    if match[1]:
        sheets = sheets.filter(month__year=int(match[1]))
    return list(sheets.order_by("-month", "subdistrict__code")[:FEW])


@require_safe
def menu(request):
    """The menu again, with how much waits for the reader beside each entry. `page` is the entry of the page shown."""
    request.session.only_read = True
    waiting: Counter[str] = Counter()
    for line in todo.lines(request.user, clock.today()):
        if line.urgency is todo.Urgency.YOU and (entry := _entry_of(line.url)):
            waiting[entry.page] += 1
    marked = navigation.BY_PAGE.get(request.GET.get("page", ""))
    parts = navigation.menu(request.user, marked, navigation.left_open(request), waiting)
    return render(request, "components/menu.html", {"menu": parts})


def _entry_of(url: str) -> navigation.Entry | None:
    try:
        return navigation.current(resolve(urlsplit(url).path))
    except Resolver404:
        return None
