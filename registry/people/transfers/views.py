"""Pages of transfers between subdistricts: the list, one transfer, sending, and the steps that end one."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, Value, When
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib.refusals import Refused
from jygroups.lib.shortcuts import get_permitted
from registry.models import TRANSFER_STEPS, Member, Transfer, TransferState
from registry.people.members.record_views import permitted_member, trail
from registry.people.transfers import services
from registry.people.transfers.forms import EndForm, SendForm, TransferFilters
from registry.people.transfers.tables import TransferTable
from registry.records.pages import ListPage, answer

RELATED = ("member", "kept_by__subdistrict", "committee__community__subdistrict", "group", "sent_by", "ended_by")
# The steps that end a transfer, by the end of their address.
STEPS = {
    "accept": TransferState.ACCEPTED,
    "decline": TransferState.DECLINED,
    "withdraw": TransferState.WITHDRAWN,
}


class Transfers(ListPage):
    model = Transfer
    permission_required = "registry.view_transfer"
    title = gettext_lazy("Transfers between subdistricts")
    empty = gettext_lazy("Nobody is being transferred. A transfer begins on the member's page.")
    table_class = TransferTable
    filterset_class = TransferFilters
    chosen = ("office_words", "to", "position", "first_day", "state")

    def get_queryset(self):
        waiting_first = Case(When(state=TransferState.SENT, then=Value(0)), default=Value(1))
        rows = super().get_queryset().select_related(*RELATED)
        return rows.defer("member__phone", "member__account").order_by(waiting_first, "-sent_at", "-pk")


@require_safe
@permission_required("registry.view_transfer", raise_exception=True)
def transfer(request, pk):
    """What the receiving side needs to know, and no more: it does not see the person before it has accepted."""
    row = get_object_or_404(Transfer.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    visible = Member.objects.visible_to(request.user)
    permissions = {name: TRANSFER_STEPS[step].permission for name, step in STEPS.items() if row.is_waiting}
    context = {
        "transfer": row,
        "steps": [name for name, permission in permissions.items() if request.user.has_perm(permission, row)],
        "sees_member": visible.filter(pk=row.member_id).exists(),
    }
    return render(request, "registry/transfers/transfer.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("registry.send_transfer", raise_exception=True)
@transaction.atomic
def send(request, pk):
    member = permitted_member(request, pk, services.SEND)
    form = SendForm(request.POST or None, user=request.user, member=member)
    if form.is_valid():
        try:
            row = services.send(
                member=member, actor=request.user, address=request.META["REMOTE_ADDR"], **form.cleaned_data
            )
        except ValidationError as error:
            form.tell(error)
        else:
            words = {"name": member.name, "area": row.committee.community.subdistrict}
            messages.success(request, _("The transfer of %(name)s is sent to %(area)s.") % words)
            return redirect(row)
    return answer(
        request,
        form,
        title=_("Transfer %(name)s to another subdistrict") % {"name": member.name},
        here=pgettext("to another subdistrict", "Transfer"),
        sentence=_(
            "Nothing changes before the other subdistrict has accepted. Then the present office ends, the new one "
            "begins on the next day, and the receiving community keeps the record."
        ),
        submit=pgettext("transfer", "Send"),
        trail=trail(member),
        back=member.get_absolute_url(),
    )


@require_http_methods(["GET", "POST"])
def end(request, pk, step):
    """Accept, decline or withdraw: a page that says what will happen, and one POST."""
    permission = TRANSFER_STEPS[STEPS[step]].permission
    if not request.user.has_perm(permission):
        raise PermissionDenied
    row = get_permitted(request, Transfer.objects.select_related(*RELATED), permission, lock=False, pk=pk)
    form = EndForm(request.POST if request.method == "POST" else None, step=step)
    if form.is_valid():
        reason, address = form.cleaned_data.get("reason", ""), request.META["REMOTE_ADDR"]
        try:
            services.end(STEPS[step], transfer=row, actor=request.user, comment=reason, address=address)
        except Refused as refusal:
            messages.error(request, str(refusal))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, DONE[step]() % {"name": row.member.name})
        return redirect(row)
    words = {"name": row.member.name, "body": row.body_words, "last": row.last_day, "first": row.first_day}
    return answer(
        request,
        form,
        title=TITLES[step]() % words,
        sentence=SENTENCES[step]() % words,
        submit=BUTTONS[step](),
        trail=[row],
        back=row.get_absolute_url(),
    )


TITLES = {
    "accept": lambda: _("Accept the transfer of %(name)s"),
    "decline": lambda: _("Decline the transfer of %(name)s"),
    "withdraw": lambda: _("Withdraw the transfer of %(name)s"),
}
SENTENCES = {
    "accept": lambda: _(
        "The present office ends on %(last)s, the new one at %(body)s begins on %(first)s. The receiving community "
        "keeps the record from now on. A month is paid by the side where the person is in office on the reference date."
    ),
    "decline": lambda: _("The giving side is shown your reason. Everything stays as it is."),
    "withdraw": lambda: _("The receiving side can no longer accept it. Everything stays as it is."),
}
BUTTONS = {
    "accept": lambda: pgettext("transfer", "Accept"),
    "decline": lambda: pgettext("transfer", "Decline"),
    "withdraw": lambda: _("Withdraw"),
}
DONE = {
    "accept": lambda: _("%(name)s is transferred."),
    "decline": lambda: _("The transfer of %(name)s is declined."),
    "withdraw": lambda: _("The transfer of %(name)s is withdrawn."),
}
