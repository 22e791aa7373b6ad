"""The chain of the audit log: whether it is whole, the heads that were handed out, and the public keys."""

import time

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import download
from registry.models import AuditEntry, IssuedHead
from registry.records import heads, signing

PERMISSION = "registry.verify_audit"


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def chain(request):
    return _page(request)


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def verify(request):
    """Compute the newest part of the chain again, and compare it with the issued heads. Nothing is written."""
    began = time.monotonic()
    found = heads.verify(first=heads.first_of_recent())
    return _page(request, found=found, at=clock.now(), took=time.monotonic() - began)


@require_POST
@permission_required(PERMISSION, raise_exception=True)
def issue(request):
    """A head as of now. The page lists it, with the file to keep elsewhere."""
    try:
        heads.issue(request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("A head is issued: download it from the list and keep it outside this system."))
    return redirect("audit-chain")


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def head(request, pk):
    """The file of an issued head."""
    found = get_object_or_404(IssuedHead.objects.select_related("key"), pk=pk)
    return download(heads.as_file(found), heads.file_name(found))


def _page(request, **context):
    context |= {"heads": heads.newest(), "keys": signing.all_keys(), "entries": AuditEntry.objects.count()}
    return render(request, "registry/records/chain.html", context)
