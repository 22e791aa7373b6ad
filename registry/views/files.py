"""Files of a person's record, and of the groups' work."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib import store
from jygroups.lib.forms import ReasonForm
from registry import roles
from registry.forms.files import FileForm
from registry.models import Attachment, MemberFile, StoredFile
from registry.services import files
from registry.views.records import answer, kept, trail


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_memberfile", raise_exception=True)
@transaction.atomic
def add(request, pk):
    member = kept(request, pk, "registry.add_memberfile")
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
    return _handed_out(row, files.open_file(row, actor=request.user, address=request.META["REMOTE_ADDR"]))


@require_safe
def attachment(request, pk):
    """A file of a group's work; who may not see what it belongs to is told that there is none."""
    row = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    return _handed_out(row, store.get(row.digest), inline=row.is_picture)


def _handed_out(row: StoredFile, content: bytes, *, inline: bool = False) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(not inline, row.name),
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=row.content_type, headers=headers)


@require_http_methods(["GET", "POST"])
@permission_required("registry.delete_memberfile", raise_exception=True)
@transaction.atomic
def remove(request, pk):
    row = get_object_or_404(MemberFile.objects.visible_to(request.user).select_related("member__community"), pk=pk)
    member = row.member
    if member.community not in roles.communities(request.user, "registry.delete_memberfile"):
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        files.remove(row, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The file %(title)s is taken away.") % {"title": row.title})
        return redirect(member)
    words = {"title": row.title, "name": member.name}
    context = {
        "title": _("Take a file away"),
        "consequences": [
            _("The file %(title)s of %(name)s is deleted and cannot be brought back.") % words,
            _("That it was there, and your reason, stay in the history."),
        ],
        "submit": _("Take away"),
    }
    context |= {"form": form, "trail": trail(member), "back": member.get_absolute_url()}  # type: ignore[dict-item]
    return render(request, "components/confirm.html", context, status=422 if form.errors else 200)
