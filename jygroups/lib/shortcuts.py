"""What views ask before they act."""

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Manager, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme

from jygroups.lib.exports import CONTENT_TYPES

Row = TypeVar("Row", bound=Model)


def get_permitted(
    request: HttpRequest, rows: QuerySet[Row] | Manager[Row], perm: str, *, lock: bool = True, **lookup
) -> Row:
    """The row: 404 where the user does not see it, 403 where no post gives the permission for it.

    Locked for a POST as `get_visible` does it.
    """
    row = get_visible(request, rows, lock=lock, **lookup)
    if not request.user.has_perm(perm, row):
        raise PermissionDenied
    return row


def get_visible(request: HttpRequest, rows: QuerySet[Row] | Manager[Row], *, lock: bool = True, **lookup) -> Row:
    """The row, or 404 where the user does not see it.

    Locked for a POST, so that the second of two users gets what the first has saved: the view is one transaction. Not
    with `lock=False`, where a service locks the row itself, after other locks, or nothing is changed.
    """
    rows = rows.visible_to(request.user)  # type: ignore[union-attr]
    is_locked = lock and request.method == "POST"
    return get_object_or_404(rows.select_for_update(of=("self",)) if is_locked else rows, **lookup)


def next_page(request: HttpRequest, otherwise: str = "/") -> str:
    """The address that the request names as `next`, where it is one of this site; the other one where not."""
    page = request.POST.get("next") or request.GET.get("next", "")
    return page if is_of_this_site(request, page) else otherwise


def is_of_this_site(request: HttpRequest, page: str) -> bool:
    """Whether a page may be led to: its address is a path, or names this site."""
    is_address = page.startswith(("/", "http://", "https://"))  # redirect() takes any other for the name of a view
    return is_address and url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())


def download(content: bytes, name: str) -> HttpResponse:
    """A file to be saved under the name, whose ending gives its type."""
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    content_type = CONTENT_TYPES[name.rpartition(".")[2]]
    return HttpResponse(content, content_type=content_type, headers=headers)
