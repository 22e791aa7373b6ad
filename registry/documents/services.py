"""Templates of documents: taken in with the fields they name, and filled."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from jygroups.lib import placeholders, shown, store
from jygroups.lib.refusals import Refused
from jygroups.lib.spreadsheets import page_marks
from registry.documents import fields, queries
from registry.documents.fields import Target
from registry.models import Act, DocumentTemplate, User
from registry.records import audit, files, versions

MOST_ROWS = 5_000
MOST_NAMED = 10  # unknown names in a refusal
CAUSES = {
    "active": gettext_lazy(
        "The file runs or loads something when it is opened (a macro, a control, an embedded or a linked file). Take "
        "that out, and hand it in again."
    ),
    "shape": gettext_lazy(
        "The workbook has a text box or a drawn shape, which would be lost. Write its text into a cell, or use a docx."
    ),
    "block": gettext_lazy(
        "A record of the list takes several rows (its fields stand on two rows, or cells are merged over several). Put "
        "all its fields into one row."
    ),
    "moves": gettext_lazy(
        "The sheet has something that cannot move down with the rows of the list: a chart, a picture below, a table, a "
        "named range, an array formula, a reference to whole rows or a page break. Take it out, or put the list on "
        "another sheet."
    ),
    "formula": gettext_lazy("A placeholder stands in a formula or a comment; write it into a cell of its own."),
    "list": gettext_lazy(
        "A field of the list stands outside a table, or in a row that holds a further table; put it into a row of a "
        "table."
    ),
    "large": gettext_lazy("The filled file would be too large; fill it for a smaller area."),
    "unreadable": gettext_lazy("The file cannot be read; open it in the office program and save it again."),
}


def names_in(file: files.Taken) -> list[str]:
    """The fields that a file names, all of them known. Raises Refused, which lists all that are not."""
    ending = file.name.rpartition(".")[2].lower()
    if ending not in ("docx", "xlsx"):
        raise Refused(_("A template is a docx or an xlsx file."))
    try:
        found = placeholders.names(file.content, ending, fields.listed())
    except placeholders.Unusable as error:
        raise Refused(str(CAUSES[str(error)])) from error
    if not found:
        raise Refused(
            _("The file has no placeholder. Write the name of a field into it, such as %(example)s.")
            % {"example": "{{居民小组.名称}}"}
        )
    unknown = [name for name in found if name not in fields.known()]
    if unknown:
        words = ngettext("There is no field %(names)s.", "There are no fields %(names)s.", len(unknown)) % {
            "names": _(", ").join(f"{{{{{name}}}}}{_like(name)}" for name in unknown[:MOST_NAMED])
        }
        raise Refused(_("%(problem)s The page lists all fields.") % {"problem": words})
    return found


def _like(name: str) -> str:
    near = _(" or ").join(f"{{{{{each}}}}}" for each in fields.nearest(name))
    return _(" (perhaps %(name)s)") % {"name": near} if near else ""


@transaction.atomic
def add(row: DocumentTemplate, *, file: files.Taken, actor: User) -> DocumentTemplate:
    """Keep a template with its file. Raises Refused."""
    row.fields = names_in(file)
    for name, value in files.stored(file, actor).items():
        setattr(row, name, value)
    versions.save(row, actor=actor)
    return row


def lacking(template: DocumentTemplate, target: Target) -> list[str]:
    """What the template asks for and the target is not or has not: places and a person by their part, each once."""
    found = [fields.known().get(name) for name in template.fields]
    missing = [each for each in found if each and each.of and getattr(target, each.of) is None]
    with override(shown.LANGUAGE):
        return list(
            dict.fromkeys(each.name if each.of == "office" and target.member else str(each.part) for each in missing)
        )


def check(template: DocumentTemplate, target: Target) -> None:
    """Raises Refused where the template cannot be filled for the target."""
    if missing := lacking(template, target):
        raise Refused(
            _("The template asks for: %(names)s. Choose another place or a person.") % {"names": _(", ").join(missing)}
        )
    if _has_list(template) and len(target.offices) > MOST_ROWS:
        raise Refused(_("The list would have more than %(count)s rows; choose a smaller area.") % {"count": MOST_ROWS})


@transaction.atomic
def fill(template: DocumentTemplate, row, *, actor: User, purpose: str = "") -> bytes:
    """The file with the values of the place or person (none: the city); it stands in the audit log. Raises Refused."""
    target = queries.target(actor, row)
    check(template, target)
    with override(shown.LANGUAGE):
        values, rows = _values(template, target)
    details = {"what": "document", "lines": len(rows) or 1, "name": queries.in_words(row)}
    if purpose:
        details["purpose"] = purpose
    audit.record(Act.EXPORT, template.title, user=actor, **details)
    try:
        content = store.get(template.digest)
        listed, mark = fields.listed(), page_marks.text()
        return placeholders.fill(content, template.ending, values, rows, listed, mark=mark)
    except placeholders.Unusable as error:
        raise Refused(str(CAUSES[str(error)])) from error


def _has_list(template: DocumentTemplate) -> bool:
    return any(name.startswith(fields.listed()) for name in template.fields)


def _values(template: DocumentTemplate, target: Target) -> tuple[dict, list[dict]]:
    """By name; and for each office of the list, in order."""
    values: dict[str, fields.Value] = {}
    rows: dict[int, dict[str, fields.Value]] = {}
    if _has_list(template):
        rows = {office.pk: {} for office in target.offices}
    for name in template.fields:
        if (field := fields.known().get(name)) is None:
            continue
        found = field.values(target)
        if field.is_listed:
            for number, (pk, value) in enumerate(found.items(), 1):
                rows[pk][name] = number if field is fields.ORDINAL else value
        else:
            values[name] = found.get(0, "")
    return values, [*rows.values()]
