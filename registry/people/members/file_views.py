"""Files of a person's record."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib.shortcuts import get_permitted
from registry.models import MemberFile
from registry.people.members.record_views import answer, permitted_member, trail
from registry.records import files
from registry.records.file_forms import FileForm
from registry.records.file_views import handed_out, removed


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_memberfile", raise_exception=True)
@transaction.atomic
def add(request, pk):
    member = permitted_member(request, pk, "registry.add_memberfile")
    form = FileForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        row = files.add(member, **form.cleaned_data, actor=request.user)
        messages.success(request, _("The file %(title)s is kept with the record.") % {"title": row.title})
        return redirect(member)
    title = _("Add a file for %(name)s") % {"name": member.name}
    context = {"title": title, "here": _("Add a file"), "submit": _("Add"), "back": member.get_absolute_url()}
    return answer(request, form, trail=trail(member), **context)


@require_POST
@permission_required("registry.view_memberfile", raise_exception=True)
def download(request, pk):
    """The file as it was handed in. A POST, since it leaves an entry in the audit log."""
    row = get_object_or_404(MemberFile.objects.visible_to(request.user).select_related("member"), pk=pk)
    return handed_out(row, files.open_file(row, actor=request.user, address=request.META["REMOTE_ADDR"]))


@require_http_methods(["GET", "POST"])
@permission_required("registry.delete_memberfile", raise_exception=True)
@transaction.atomic
def remove(request, pk):
    rows = MemberFile.objects.select_related("member__community")
    row = get_permitted(request, rows, "registry.delete_memberfile", pk=pk)
    member = row.member
    return removed(request, row, title=row.title, home=member, trail=trail(member))
