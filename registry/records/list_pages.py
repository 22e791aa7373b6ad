"""Lists of rows, as the address asks for them: filtered, sorted, by pages, with some of their columns, and as files."""

from typing import NamedTuple

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.paginator import Paginator
from django.http import HttpResponseBadRequest, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_filters.views import FilterView
from django_tables2 import RequestConfig
from django_tables2.utils import Sequence
from django_tables2.views import SingleTableMixin

from jygroups.lib import clock, id_numbers, shown
from jygroups.lib.exports import FORMATS
from jygroups.lib.tables import Table
from registry.models import SavedView
from registry.records.pages import Link, export

ROWS = 50  # on a page


class FixedPages(Paginator):
    """Pages of as many rows as the site gives them, whatever the address asks for."""

    def __init__(self, object_list, per_page, **kwargs):
        super().__init__(object_list, ROWS, **kwargs)


PAGES = {"paginator_class": FixedPages}


def prints_whole(request) -> bool:
    """Whether the address asks for all rows on one page, to be printed (components/print.html)."""
    return "print" in request.GET


class ListPage(PermissionRequiredMixin, SingleTableMixin, FilterView):
    """Rows the user sees, as the address asks for them: filter, `sort`, `page` and `columns`.

    A subclass gives `model`, `permission_required`, `table_class`, `filterset_class`, `title` and `chosen`, the
    columns shown unless others are asked for; the first always stays. Of its filters `first_filters` stand in one
    line above the list, the others in a fold; without any named, all do. A POST with `export` hands out what is shown,
    all pages.
    """

    raise_exception = True
    template_name = "components/list.html"
    table_class: type[Table]
    title: str | Promise = ""
    empty: str | Promise = ""  # what to do about a list without rows
    chosen: tuple[str, ...] = ()
    first_filters: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()  # above the list
    strict = False  # an invalid filter is reported, and the others still apply

    def dispatch(self, request, *args, **kwargs):
        """An ID number belongs in no address: it is taken out at once, and its place is pointed to."""
        asked = request.GET.copy()
        for name in list(asked):
            if any(id_numbers.is_like(value) for value in asked.getlist(name)):
                del asked[name]
        if len(asked) < len(request.GET):
            messages.error(request, _("Look for an ID number in the search box at the top: it belongs in no filter."))
            return redirect(f"{request.path}?{asked.urlencode()}")
        return super().dispatch(request, *args, **kwargs)

    def get_filterset_kwargs(self, filterset_class):
        # Bound even to an empty address: a filter may have an answer to not being asked.
        return super().get_filterset_kwargs(filterset_class) | {"data": self.request.GET}

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)

    def get_table_pagination(self, table):
        return not prints_whole(self.request) and PAGES

    def get_table_kwargs(self):
        names = [name for name, _column in self.columns()]
        asked = [name for name in self.request.GET.getlist("columns") if name in names] or self.chosen or names
        return {"exclude": [*self.barred(), *(name for name in names if name not in asked)]}

    def barred(self) -> list[str]:
        """The columns for which the user lacks a permission: neither shown, nor chosen, nor exported."""
        return [name for name, perm in self.table_class.needs.items() if not self.request.user.has_perm(perm)]

    def columns(self) -> list:
        """The columns to choose among, as they follow: all but the first and the acts at the end of a row."""
        columns, barred = self.table_class.base_columns, self.barred()
        names = Sequence(self.table_class._meta.sequence or ["..."])
        names.expand(columns)
        found = [(name, columns[name]) for name in names[1:] if name not in barred]
        return [(name, column) for name, column in found if not column.exclude_from_export]

    @classmethod
    def query_to_save(cls, address: QueryDict) -> str:
        """What a saved view keeps of an address: its choices, the order and the columns, but no words typed."""
        filters = cls.filterset_class.base_filters.items()
        names = [name for name, each in filters if not isinstance(each, django_filters.CharFilter)]
        kept = QueryDict(mutable=True)
        for name in (*names, "sort", "columns"):
            kept.setlist(name, address.getlist(name))
        return kept.urlencode()

    def saved_views(self) -> dict:
        """Those of the list, and where the list as it stands is saved as one; not of a list within a record."""
        match = self.request.resolver_match
        if match is None or self.kwargs:
            return {}
        rows = SavedView.objects.visible_to(self.request.user).filter(page=match.url_name)
        query = self.query_to_save(self.request.GET)
        save = f"{reverse('view-save', args=[match.url_name])}?{query}" if query else ""
        return {"saved_views": rows.select_related("user", "subdistrict", "community"), "save_view": save}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        every = self.get_table_class()(self.object_list, **self.get_table_kwargs() | {"exclude": ()})
        visible = {column.name for column in context["table"].columns}
        form = context["filter"].form
        asked = in_words(form)
        seen = [field.name for field in form.visible_fields()]
        first = [name for name in self.first_filters or seen if name in seen]
        return (
            context
            | self.saved_views()
            | {
                "title": self.title,
                "empty": self.empty,
                "columns": [
                    (name, every.columns[name].header, name in visible, name in (self.chosen or visible))
                    for name, _column in self.columns()
                ],
                "links": [
                    each for each in self.links if not each.permission or self.request.user.has_perm(each.permission)
                ],
                "asked": asked,
                "narrowed": bool(asked),
                "chips": chips(form, self.request.GET),
                "cleared": without(self.request.GET, *form.fields),
                "first_filters": [form[name] for name in first],
                "more_filters": [form[name] for name in seen if name not in first],
                "more_asked": any(self.request.GET.get(name) for name in seen if name not in first),
            }
        )

    def post(self, request, *args, **kwargs):
        """The list as a file. A POST, since it leaves an entry in the audit log."""
        make = FORMATS.get(request.POST.get("export", ""))
        if make is None:
            return HttpResponseBadRequest()
        filterset = self.get_filterset(self.get_filterset_class())
        filterset.is_valid()
        table = self.table_class(data=filterset.qs, **self.get_table_kwargs())
        RequestConfig(request, paginate=False).configure(table)
        titles, rows = table.as_rows()
        content = make(titles, rows)
        name = f"{self.title} {clock.today()}.{request.POST['export']}"
        details = {"what": "list", "asked": in_words(filterset.form), "lines": rows.count}
        return export(request, content, name, subject=str(self.title), **details)


class Chip(NamedTuple):
    """A filter in force, and the address without it."""

    label: str
    value: str
    without: str


def chips(form: forms.Form, address: QueryDict) -> list[Chip]:
    found = [(name, *words) for name, words in _asked(form).items() if name in address]
    return [Chip(label, value, without(address, name)) for name, label, value in found]


def without(address: QueryDict, *names: str) -> str:
    """The address without these; it begins with the first page again."""
    rest = address.copy()
    for name in (*names, "page"):
        rest.pop(name, None)
    return f"?{rest.urlencode()}"


def in_words(form: forms.Form) -> dict[str, str]:
    """What a form asks for, by label, in words for a reader."""
    return dict(_asked(form).values())


def _asked(form: forms.Form) -> dict[str, tuple[str, str]]:
    """The label and the value in words of each field that is asked for, by its name."""
    found = {}
    for name, value in getattr(form, "cleaned_data", {}).items():
        if value in (None, ""):
            continue
        if isinstance(value, str) and (choices := getattr(form.fields[name], "choices", None)):
            value = dict(choices).get(value, value)
        field = form.fields[name]
        words = getattr(field, "label_from_instance", str)(value)
        found[name] = str(field.label), shown.day(value) if hasattr(value, "isoformat") else words
    return found
