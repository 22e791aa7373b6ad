"""How values look on a page; built into every template."""

from datetime import date

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from jygroups import navigation
from jygroups.lib import id_numbers, shown
from jygroups.lib.encryption import Unverified
from jygroups.lib.months import Month
from registry.records import undo

register = template.Library()


register.filter(shown.amount)
register.filter(shown.money)
register.filter(shown.signed)
register.filter(shown.day)
register.filter(shown.moment)
register.filter(shown.highlight)
register.simple_tag(shown.badge)


@register.filter
def month(value: Month | date) -> str:
    """2024年5月, or as the language has it."""
    return (value if isinstance(value, Month) else Month.of(value)).in_words


@register.simple_tag(takes_context=True)
def has_perm(context, perm: str, record) -> bool:
    """Whether the reader has the permission for the record: {% has_perm "registry.add_visit" group as may_add %}."""
    return context["user"].has_perm(perm, record)


@register.simple_block_tag(takes_context=True)
def trail(context, content: str, *places) -> str:
    """The way to a page, whose own name is the content: {% trail "months" sheet %}Export{% endtrail %}.

    A place is the name of a page of the menu, shown to those to whom it is open, or a record.
    """
    found = []
    for place in places:
        if not place or (hasattr(place, "pk") and not place.pk):
            continue  # a page about a new record
        if not isinstance(place, str):
            found.append((place.get_absolute_url(), place))
        elif (entry := navigation.entry(place)).open_to(context["user"]):
            found.append((reverse(place), entry.label_for(context["user"])))
    return render_to_string("components/trail.html", {"places": found, "here": content})


@register.simple_block_tag
def note(content: str, meaning: str, role: str = "") -> str:
    """A remark that stands out: {% note "wrong" %}…{% endnote %}, by how it concerns the reader (badge.html)."""
    words = {"meaning": meaning, "sign": shown.SIGNS[meaning], "role": role, "content": content}
    return render_to_string("components/note.html", words)


@register.simple_block_tag
def panel(content: str, title: str = "", classes: str = "") -> str:
    """A part of the page under its heading: {% panel _("Files") %}…{% endpanel %}."""
    return render_to_string("components/panel.html", {"title": title, "classes": classes, "content": content})


@register.simple_block_tag
def table(content: str, *titles: str, figures="", classes="", label="", size="", key=True) -> str:
    """A table whose rows the page writes: {% table _("Name") _("Size") "" figures="2" %}<tr>…</tr>{% endtable %}.

    The first column names the row unless `key` is false, an empty title is that of the acts, `figures` are the columns
    of figures, from 1; `size` is "long" (scroller-long) for one whose header stays in sight.
    """
    numbers = [int(number) for number in figures.split()]
    columns = [
        (title, " ".join(filter(None, ["key" if key and number == 1 else "", "num" if number in numbers else ""])))
        for number, title in enumerate(titles, 1)
    ]
    body, total, foot = content.partition("<tfoot>")
    words = {"columns": columns, "classes": classes, "label": label, "size": size}
    words |= {"body": mark_safe(body), "foot": mark_safe(total + foot)}  # noqa: S308  # parts of what a template wrote
    return render_to_string("components/written_table.html", words)


@register.simple_tag(takes_context=True)
def rows(context, table, empty: str = "") -> str:
    """A declared table of the page, or a sentence where it has no rows: {% rows files _("No file yet.") %}."""
    if not len(table.rows) and empty:
        return render_to_string("components/empty.html", {"sentence": empty})
    table.orderable, table.request = False, context["request"]
    return table.as_html(table.request)


@register.simple_tag(takes_context=True)
def list_url(context, name: str, *asked: str) -> str:
    """The address of a list that asks for all this; empty for who may not open it."""
    if "registry.view_community" not in context["perms"]:
        return ""
    query = "&".join(filter(None, asked))
    return f"{reverse(name)}?{query}" if query else reverse(name)


@register.filter
def masked(number: str) -> str:
    """6202**********1234."""
    return id_numbers.masked(number)


@register.filter
def ends(number: str) -> str:
    """6228…1234: the same where room is short."""
    is_whole = len(number) > 8 and not isinstance(number, Unverified)
    return f"{number[:4]}…{number[-4:]}" if is_whole else masked(number)


@register.filter
def control(field: BoundField):
    """The form field's widget, dressed for the page."""
    match field.field.widget:
        case RadioSelect() | CheckboxSelectMultiple():
            return field.as_widget()
        case CheckboxInput():
            classes = "form-check-input"
        case Select():
            classes = "form-select"
        case _:
            classes = "form-control"
    return field.as_widget(attrs={"class": f"{classes} is-invalid" if field.errors else classes})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def undo_token(message) -> str:
    """What a message's button for taking the change back has to send; empty where it offers none."""
    tags = message.extra_tags or ""
    return tags.removeprefix(undo.MARK) if tags.startswith(undo.MARK) else ""
