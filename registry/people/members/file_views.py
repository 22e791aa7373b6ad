"""Files of a person's record."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib.shortcuts import get_permitted
from registry.models import MemberFile
from registry.people.members.record_views import MemberPage, trail
from registry.records import files
from registry.records.file_forms import FileForm
from registry.records.file_views import handed_out, removed


class AddFile(MemberPage):
    permission_required = "registry.add_memberfile"
    form_class = FileForm
    title = gettext_lazy("Add a file for %(name)s")
    here = gettext_lazy("Add a file")
    submit = gettext_lazy("Add")

    def act(self, form):
        row = files.add(self.record, **form.cleaned_data, actor=self.actor)
        messages.success(self.request, _("The file %(title)s is stored with the record.") % {"title": row.title})


@require_POST
@permission_required("registry.view_memberfile", raise_exception=True)
def download(request, pk):
    """The file as it was handed in. A POST, since it leaves an entry in the audit log."""
    row = get_object_or_404(MemberFile.objects.visible_to(request.user).select_related("member"), pk=pk)
    return handed_out(row, files.open_file(row, actor=request.user))


@require_http_methods(["GET", "POST"])
@permission_required("registry.delete_memberfile", raise_exception=True)
@transaction.atomic
def remove(request, pk):
    rows = MemberFile.objects.select_related("member__community")
    row = get_permitted(request, rows, "registry.delete_memberfile", pk=pk)
    member = row.member
    return removed(request, row, title=row.title, home=member, trail=trail(member))
