"""The history of a row."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from registry.models import Record
from registry.records import history


@require_safe
def versions(request, model, pk):
    """All that was done to one row, for who sees rows of its kind and their histories."""
    kind = history.KINDS.get(model)
    if kind is None:
        raise Http404
    label = kind._meta
    if not request.user.has_perms([f"{label.app_label}.view_{label.model_name}", "registry.view_history"]):
        raise PermissionDenied
    rows = kind._default_manager.select_related()
    if hasattr(rows, "visible_to"):
        rows = rows.visible_to(request.user)
    row = get_object_or_404(rows, pk=pk)
    return render(
        request,
        "registry/records/history.html",
        {"row": row, "home": _home(row), "versions": history.of_row(row, viewer=request.user)},
    )


def _home(row: Record) -> str:
    """The page that shows the row: its own, or that of what it belongs to."""
    for owner in (row, *(getattr(row, name, None) for name in ("member", "group", "community"))):
        if hasattr(owner, "get_absolute_url"):
            return owner.get_absolute_url()  # type: ignore[union-attr]
    return ""
