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
from registry.access.shortcuts import get_permitted
from registry.models import Activity, Attachment, MemberFile, StoredFile
from registry.people.members.record_views import answer, permitted_member, trail
from registry.records import files
from registry.records.file_forms import FileForm
from registry.work.meetings import views as meetings
from registry.work.reports import views as report_views


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


@require_safe
def attachment(request, pk):
    """A file of a group's work; who may not see what it belongs to is told that there is none."""
    row = get_object_or_404(Attachment.objects.visible_to(request.user), pk=pk)
    return handed_out(row, store.get(row.digest), inline=row.is_picture)


def handed_out(row: StoredFile, content: bytes, *, inline: bool = False) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(not inline, row.name),
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=row.content_type, headers=headers)


@require_http_methods(["GET", "POST"])
@permission_required("registry.delete_memberfile", raise_exception=True)
@transaction.atomic
def remove(request, pk):
    rows = MemberFile.objects.select_related("member__community")
    row = get_permitted(request, rows, "registry.delete_memberfile", pk=pk)
    member = row.member
    return removed(request, row, title=row.title, home=member, trail=trail(member))


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
    place = meetings.trail(record) if isinstance(record, Activity) else report_views.trail(record.group)
    return removed(request, row, title=row.name, home=record, trail=[*place, record])


def removed(request, row: StoredFile, *, title: str, home, trail: list):
    """Ask for the reason, take the file away, and go back to what it was kept with."""
    form = ReasonForm(request.POST or None)
    words = {"title": title, "record": home}
    if form.is_valid():
        files.remove(row, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The file %(title)s is taken away.") % words)
        return redirect(home)
    context = {
        "title": _("Take a file away"),
        "consequences": [
            _("The file %(title)s of %(record)s is deleted and cannot be brought back.") % words,
            _("That it was there, and your reason, stay in the history."),
        ],
        "submit": _("Take away"),
        "form": form,
        "trail": trail,
        "back": home.get_absolute_url(),
    }
    return render(request, "components/confirm.html", context, status=422 if form.errors else 200)
