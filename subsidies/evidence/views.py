"""The audit pack of a closed sheet, as a file."""

import tempfile

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import FileResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from jygroups.lib.refusals import Refused
from jygroups.lib.shown import LANGUAGE
from subsidies.evidence import services
from subsidies.month import sheet_pages

PERMISSION = "subsidies.verify_seals"


@require_POST
@permission_required([PERMISSION, "registry.view_auditentry"], raise_exception=True)
def pack(request, month, code):
    """A POST, since it signs a head of the chain and leaves an entry in the audit log; from a temporary file.

    The pack holds entries of the audit log, so its reader must be one of the log too.
    """
    sheet = sheet_pages.find_permitted(request.user, month, code, PERMISSION)
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        services.write([sheet], target, actor=request.user)
    except Refused as refusal:
        for problem in refusal.problems:
            messages.error(request, str(problem))
        return redirect(sheet)
    target.seek(0)
    with override(LANGUAGE):
        name = _("Audit pack of %(sheet)s.zip") % {"sheet": sheet}
    return FileResponse(target, as_attachment=True, filename=name, content_type="application/zip")
