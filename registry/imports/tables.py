"""The columns of the imports' list, and of an import's rows."""

import django_tables2
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from jygroups.lib import tables
from registry.imports.outcomes import Outcome
from registry.models import ImportState, RowKind

MEANINGS = {
    RowKind.WRONG: "wrong",
    RowKind.NEW: "done",
    RowKind.CHANGED: "you",
    RowKind.UNCHANGED: "others",
}


class _Badge(tables.Column):
    def render(self, record):
        return render_to_string("components/badge.html", {"meaning": self.meaning(record), "word": self.value(record)})


class StateColumn(_Badge):
    def meaning(self, record) -> str:
        return record.meaning

    def value(self, record) -> str:
        return record.get_state_display()


class KindColumn(_Badge):
    """What becomes of a row; of one that was written, and then taken back with its import, that."""

    def __init__(self, *, is_undone: bool, **kwargs):
        super().__init__(**kwargs)
        self.is_undone = is_undone

    def _is_undone(self, record) -> bool:
        return self.is_undone and record.kind in (RowKind.NEW, RowKind.CHANGED)

    def meaning(self, record) -> str:
        return "others" if self._is_undone(record) else MEANINGS[RowKind(record.kind)]

    def value(self, record) -> str:
        return str(ImportState.UNDONE.label if self._is_undone(record) else RowKind(record.kind).label)


class ImportTable(tables.Table):
    name = tables.Column(linkify=True, key=True)
    kind = tables.Column()
    state = StateColumn()
    new = tables.NumberColumn()
    changed = tables.NumberColumn()
    unchanged = tables.NumberColumn()
    wrong = tables.NumberColumn()
    uploaded_by = tables.Column(order_by="uploaded_by__name")
    created_at = tables.MomentColumn(verbose_name=_("given in"))
    confirmed_by = tables.Column(order_by="confirmed_by__name")
    loaded_at = tables.MomentColumn()


class CellColumn(django_tables2.Column):
    """A cell of the file, marked where something is wrong with it."""

    def __init__(self, title: str):
        super().__init__(verbose_name=title, empty_values=(), orderable=False, attrs=tables.SHORT, accessor="number")
        self.title = title

    def render(self, record):
        text = record.cells.get(self.title, "")
        if any(note.column == self.title and not note.is_warning for note in record.notes):
            return format_html('<span class="lacking">{} <span aria-hidden="true">▲</span></span>', text)
        return text


class RowsOfFile(django_tables2.data.TableQuerysetData):
    """An import's rows; only those of the page are opened."""

    def __getitem__(self, key):
        return [Outcome.from_text(row.content) for row in super().__getitem__(key)]


class RowTable(django_tables2.Table):
    """The cells that name each row of the file, and its effect or its errors."""

    number = tables.Column(verbose_name=_("row"), orderable=False)

    def __init__(self, rows, *, titles: list[str], state: str, **kwargs):
        kind = KindColumn(is_undone=state == ImportState.UNDONE, verbose_name=_("what becomes of it"), orderable=False)
        details = django_tables2.TemplateColumn(
            template_name="registry/imports/_import_details.html",
            verbose_name=_("problems and changes"),
            extra_context={"titles": titles, "is_loaded": state == ImportState.LOADED},
            orderable=False,
            attrs={"th": {"class": ""}, "td": {"class": "wraps"}},
        )
        super().__init__(
            RowsOfFile(rows),
            extra_columns=[("kind", kind), *((title, CellColumn(title)) for title in titles), ("details", details)],
            attrs={"class": "list list-top"},
            **kwargs,
        )
