"""The menu, with the permission behind each entry, and what else stands on every page."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """A line of the menu, and the pages (URL names) on which it is marked as the current one."""

    label: str | Promise
    page: str
    permission: str | None  # None: everyone signed in
    pages: frozenset[str] = frozenset()
    staff: bool = False  # leads into the admin, which lets only staff in

    def open_to(self, user) -> bool:
        return (self.permission is None or user.has_perm(self.permission)) and (user.is_staff or not self.staff)

    def marked_on(self, page: str) -> bool:
        return page == self.page or page in self.pages


MENU = [
    Entry(_("Workbench"), "workbench", None, frozenset({"findings"})),
    Entry(
        _("Communities and groups"),
        "city",
        "registry.view_subdistrict",
        frozenset({"subdistrict", "community", "group"}),
    ),
    Entry(_("Stipends"), "months", "subsidies.view_sheet", frozenset({"sheet", "line", "compute"})),
    Entry(_("Users and posts"), "admin:index", "registry.view_user", staff=True),
]


def menu(user, page: str) -> list[dict]:
    """The entries open to the user, in order, with the one the page belongs to marked."""
    return [
        {"label": entry.label, "url": reverse(entry.page), "current": entry.marked_on(page)}
        for entry in MENU
        if entry.open_to(user)
    ]


def frame(request) -> dict:
    """Context of every page: the city, and for who is signed in the menu and the posts held today."""
    context = {"city_name": settings.CITY_NAME, "large_text": bool(request.COOKIES.get("large-text"))}
    user = getattr(request, "user", None)  # missing where an error came before the sign-in was read
    if user is not None and user.is_authenticated:
        page = request.resolver_match.view_name if request.resolver_match else ""
        context |= {"menu": menu(user, page), "posts": user.posts_today}
    return context
