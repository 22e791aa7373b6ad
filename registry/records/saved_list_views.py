"""Saving a list as it stands under a name, renaming and sharing that view, and deleting it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.models import SavedView
from registry.records import versions
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, EditPage
from registry.records.saved_list_forms import SavedViewForm


class EditView(EditPage):
    form_class = SavedViewForm
    title = gettext_lazy("Rename or share the view %(record)s")
    submit = gettext_lazy("Save the view")
    done = gettext_lazy("The view %(record)s is saved.")
    reason = gettext_lazy("view of a list")

    def has_permission(self):
        return True  # every user's own

    def get_record(self):
        return _own(self.request, **self.kwargs)

    def get_context(self):
        return {"places": _places(self.record)}

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.actor}


class SaveView(EditView):
    """The address has the filters, the order and the columns."""

    title = gettext_lazy("Save the view")
    sentence = gettext_lazy("The chosen filters, the order and the columns are saved, without any words typed.")

    def get_record(self):
        page = self.kwargs["page"]
        try:
            list_page = _list_page(page)
        except NoReverseMatch as error:
            raise Http404 from error
        if not issubclass(list_page, ListPage):
            raise Http404
        if not self.actor.has_perms(list_page().get_permission_required()):
            raise PermissionDenied
        return SavedView(user=self.actor, page=page, query=list_page.query_to_save(self.request.GET))


class RemoveView(ConfirmPage):
    title = gettext_lazy("Delete the view %(record)s")
    submit = gettext_lazy("Delete")
    done = gettext_lazy("The view %(record)s is deleted.")

    def has_permission(self):
        return True  # every user's own

    def get_record(self):
        return _own(self.request, **self.kwargs)

    def back_url(self):
        return reverse(self.record.page)

    def get_context(self):
        return super().get_context() | {"places": _places(self.record)}

    def consequences(self):
        return [_("It is no longer offered to the users it is shared with.")] if self.record.is_shared else []

    def act(self, form):
        versions.remove(self.record, actor=self.actor, reason=str(_("view of a list")))


def _list_page(name: str) -> Any:
    """The class of the page; raises NoReverseMatch for one that is not there, or is of a record."""
    return getattr(resolve(reverse(name)).func, "view_class", object)


def _places(view: SavedView) -> list[tuple[str, Any]]:
    """The trail of the pages: the list."""
    return [(reverse(view.page), _list_page(view.page).title)]


def _own(request, **kwargs) -> SavedView:
    """Locked where it is to be changed; 404 for one of another user."""
    rows = SavedView.objects.filter(user=request.user)
    return get_object_or_404(rows.select_for_update() if request.method == "POST" else rows, **kwargs)
