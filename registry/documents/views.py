"""表格模板: files with placeholders, kept for an area, and filled for an area, a group or a person."""

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import clock, store
from jygroups.lib.forms import ReasonForm
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import download, get_visible
from registry.access.passwords.views import hand_out
from registry.documents import fields, queries, services
from registry.documents.forms import FillForm, TemplateForm
from registry.documents.tables import TemplateTable
from registry.models import DocumentTemplate, User
from registry.people.members.search_views import words_of
from registry.records import files
from registry.records.file_views import handed_out
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, FormPage, Link

VIEW, ADD, DELETE = (f"registry.{act}_documenttemplate" for act in ("view", "add", "delete"))
ROWS = DocumentTemplate.objects.select_related("subdistrict", "community")


class TemplateFilters(django_filters.FilterSet):
    title = django_filters.CharFilter(lookup_expr="icontains", label=gettext_lazy("name of the template"))

    class Meta:
        model = DocumentTemplate
        fields: list[str] = []


class Templates(ListPage):
    permission_required = VIEW
    model = DocumentTemplate
    table_class = TemplateTable
    filterset_class = TemplateFilters
    title = gettext_lazy("Document templates")
    empty = gettext_lazy(
        "No template yet. Hand in any docx or xlsx with placeholders for fields: it is filled for an area, a group or "
        "a person with one click."
    )
    links = (
        Link("document-fields", gettext_lazy("All fields"), is_main=False),
        Link("document-template-add", gettext_lazy("Hand in a template"), ADD),
    )

    def get_queryset(self):
        return super().get_queryset().select_related("subdistrict", "community")


class AddTemplate(FormPage):
    permission_required = ADD
    template_name = "registry/documents/template_add.html"
    form_class = TemplateForm
    title = gettext_lazy("Hand in a template")
    submit = gettext_lazy("Keep the template")
    sentence = gettext_lazy(
        "Write the names of fields into the file where their values belong. A row of a table with a field of the list "
        "is repeated for each office held today."
    )
    done = gettext_lazy("The template %(record)s is kept. Fill it in below.")
    parent = back = "document-templates"
    keeps_input = True

    def get_form_kwargs(self):
        return {"user": self.actor}

    def act(self, form):
        return services.add(form.instance, file=form.cleaned_data["file"], actor=self.actor)


class TemplatePage(DetailPage):
    permission_required = VIEW
    records = ROWS
    template_name = "registry/documents/template.html"
    name = "template"

    def get_context(self):
        known = fields.known()
        return {
            "fields": [known[name] for name in self.record.fields if name in known],
            "is_whole": fields.is_whole(self.record.fields),
            "form": FillForm(user=self.actor, template=self.record),
            "words": (words := words_of(self.request.GET)),
            "found": queries.found(self.actor, self.record, words),
            "may_remove": self.actor.has_perm(DELETE, self.record),
        }


@require_safe
@permission_required(VIEW, raise_exception=True)
def all_fields(request):
    """Every name that a placeholder may have, by its part."""
    parts: dict[str, list[fields.Field]] = {}
    for name, field in fields.known().items():
        parts.setdefault(name.partition(".")[0], []).append(field)
    return render(request, "registry/documents/fields.html", {"parts": parts, "names": fields.known()})


@require_safe
@permission_required(VIEW, raise_exception=True)
def choose(request, kind, key):
    """The templates that there are for an area, a group or a person, each with the button that fills it."""
    row = _place(request.user, f"{kind}:{key}")
    rows = {each: queries.target(request.user, each) for each in queries.single(row, request.user)}
    found = []
    for template in queries.usable(request.user, row):
        lacking = {each: services.lacking(template, target) for each, target in rows.items()}
        fit = [(queries.address(each), queries.in_words(each)) for each, missing in lacking.items() if not missing]
        is_whole = fields.is_whole(template.fields)
        found.append({"template": template, "fit": fit, "lacking": [*lacking.values()][0], "is_whole": is_whole})
    found.sort(key=lambda each: not each["fit"])
    context = {"row": row, "words": queries.in_words(row), "found": found}
    return render(request, "registry/documents/choose.html", context)


@require_POST
@permission_required(VIEW, raise_exception=True)
def fill(request, pk):
    """The filled file. With whole numbers it asks for the purpose and the password first."""
    template = get_visible(request, ROWS, pk=pk, lock=False)
    row = _place(request.user, request.POST.get("place", ""))
    if not queries.usable(request.user, row).filter(pk=pk).exists():
        raise Http404
    name = f"{template.title} {queries.in_words(row)} {clock.today()}.{template.ending}"
    try:
        services.check(template, queries.target(request.user, row))
        if not fields.is_whole(template.fields):
            return download(services.fill(template, row, actor=request.user), name)
        if not _may_reveal(request.user, row):
            raise PermissionDenied
        make = lambda purpose: services.fill(template, row, actor=request.user, purpose=purpose)  # noqa: E731
        return hand_out(request, name, make, back=template.get_absolute_url())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(template)


def _place(user: User, asked: str):
    """The row of an address; None for the whole city, which those see who see all. Raises Http404."""
    if asked == queries.CITY and user.reach().everywhere:
        return None
    if (row := queries.place(user, asked)) is None:
        raise Http404
    return row


def _may_reveal(user: User, row) -> bool:
    perm = "registry.reveal_member"
    return user.reach(perm).everywhere if row is None else user.has_perm(perm, row)


@require_POST
@permission_required(VIEW, raise_exception=True)
def blank(request, pk):
    """The file as it was handed in."""
    row = get_object_or_404(DocumentTemplate.objects.visible_to(request.user), pk=pk)
    return handed_out(row, store.get(row.digest))


class RemoveTemplate(ConfirmPage):
    permission_required = DELETE
    records = ROWS
    form_class = ReasonForm
    title = gettext_lazy("Delete the template %(record)s")
    here = gettext_lazy("Delete")
    submit = gettext_lazy("Delete")
    done = gettext_lazy("The template %(record)s is deleted.")
    parent = to = "document-templates"

    def consequences(self):
        return [_("Its file is deleted and cannot be brought back; what was filled in with it is not changed.")]

    def act(self, form):
        files.remove(self.record, actor=self.actor, reason=form.cleaned_data["reason"])
