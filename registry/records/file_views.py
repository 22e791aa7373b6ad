"""Files of the groups' work; and how any file is handed out and removed."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import store
from jygroups.lib.forms import ReasonForm
from registry.models import Attachment, StoredFile
from registry.records import files, kept_files
from registry.records.pages import answer


@require_safe
def attachment(request, pk):
    """A file of a group's work; 404 for a user who does not see what it belongs to."""
    row = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    return handed_out(row, store.get(row.digest), inline=row.is_picture)


@require_safe
def kept(request, key):
    """A file kept over a refusal, for the session that handed it in."""
    file = next((each for each in kept_files.of_session(request) if each.key == key), None)
    if file is None:
        raise Http404
    request.session.only_read = True
    return handed_out(file, store.get(file.digest), inline=file.is_picture)


def handed_out(row: StoredFile | kept_files.Kept, content: bytes, *, inline: bool = False) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(not inline, row.name),
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=row.content_type, headers=headers)


CHANGES = ("registry.change_activity", "registry.change_report", "registry.add_visit")  # what has attachments


@require_http_methods(["GET", "POST"])
@transaction.atomic
def remove_attachment(request, pk):
    """At any time, also of a report long settled: a photo may show what it must not."""
    if not any(request.user.has_perm(permission) for permission in CHANGES):
        raise PermissionDenied
    row = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    record = row.record
    if not request.user.has_perm(f"registry.change_{record._meta.model_name}", record):
        raise PermissionDenied
    trail = (record.group or record.committee).trail
    return removed(request, row, title=row.name, home=record, trail=[*trail, record])


def removed(request, row: StoredFile, *, title: str, home, trail: list):
    """Ask for the reason, delete the file, and go back to the record that it belonged to."""
    form = ReasonForm(request.POST or None)
    words = {"title": title, "record": home}
    if form.is_valid():
        files.remove(row, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The file %(title)s is deleted.") % words)
        return redirect(home)
    return answer(
        request,
        form,
        template="components/confirm.html",
        title=_("Delete a file"),
        consequences=[
            _("The file %(title)s of %(record)s is deleted and cannot be brought back.") % words,
            _("That it was there, and your reason, stay in the history."),
        ],
        submit=_("Delete"),
        trail=trail,
        back=home.get_absolute_url(),
    )
