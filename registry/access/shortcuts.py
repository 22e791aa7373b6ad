"""What views ask before they act."""

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Manager, Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

Row = TypeVar("Row", bound=Model)


def get_permitted(request: HttpRequest, rows: QuerySet[Row] | Manager[Row], perm: str, **lookup) -> Row:
    """The row: 404 where the user does not see it, 403 where no post gives the permission for it.

    Locked for a POST, so that the second of two users gets what the first has saved.
    """
    row = get_visible(request, rows, **lookup)
    if not request.user.has_perm(perm, row):
        raise PermissionDenied
    return row


def get_visible(request: HttpRequest, rows: QuerySet[Row] | Manager[Row], **lookup) -> Row:
    """The row, or 404 where the user does not see it; locked for a POST."""
    rows = rows.visible_to(request.user)  # type: ignore[union-attr]
    return get_object_or_404(rows.select_for_update(of=("self",)) if request.method == "POST" else rows, **lookup)
