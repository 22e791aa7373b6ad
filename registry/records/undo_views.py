"""The button beside what was just saved."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import next_page
from registry.records import undo as service


@require_POST
def undo(request):
    """Take back what the token names. Open to everyone signed in: the service asks for the permission of each row."""
    try:
        subject = service.take_back(request.POST.get("token", ""), actor=request.user)
        messages.success(request, _("Undone: %(subject)s is as before.") % {"subject": subject})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(next_page(request))
