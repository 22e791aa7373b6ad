"""Pages of transfers between subdistricts: the list, one transfer, sending, and the steps that end one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jygroups.lib.refusals import Refused
from registry.models import Member, Transfer, TransferState
from registry.people.members.record_views import MemberPage
from registry.people.transfers import services
from registry.people.transfers.forms import EndForm, SendForm, TransferFilters
from registry.people.transfers.tables import TransferTable
from registry.records.list_pages import ListPage
from registry.records.pages import DetailPage, FormPage

RELATED = ("member", "kept_by__subdistrict", "committee__community__subdistrict", "group", "sent_by", "ended_by")
FULL = Transfer.objects.select_related(*RELATED)


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


class TransferPage(DetailPage):
    """What the receiving side needs to know, and no more: it does not see the person before it has accepted."""

    permission_required = "registry.view_transfer"
    records = FULL
    template_name = "registry/people/transfers/transfer.html"
    name = "transfer"

    def get_context(self):
        row, user = self.record, self.actor
        pages = (AcceptTransfer, DeclineTransfer, WithdrawTransfer) if row.is_waiting else ()
        return {
            "steps": [page.step for page in pages if user.has_perm(page.permission_required, row)],
            "sees_member": Member.objects.visible_to(user).filter(pk=row.member_id).exists(),
        }


class SendTransfer(MemberPage):
    permission_required = services.SEND
    form_class = SendForm
    title = gettext_lazy("Transfer %(name)s to another subdistrict")
    here = pgettext_lazy("to another subdistrict", "Transfer")
    sentence = gettext_lazy(
        "Nothing changes before the other subdistrict has accepted. Then the present office ends, the new one "
        "begins on the next day, and the record moves to the receiving community."
    )
    submit = pgettext_lazy("transfer", "Send")

    def get_form_kwargs(self):
        return {"user": self.actor, "member": self.record}

    def act(self, form):
        row = services.send(member=self.record, actor=self.actor, **form.cleaned_data)
        words = {"name": self.record.name, "area": row.committee.community.subdistrict}
        messages.success(self.request, _("The transfer of %(name)s is sent to %(area)s.") % words)
        return row


class EndTransfer(FormPage):
    """A page that shows the consequences, and one POST."""

    step: TransferState
    records = FULL
    locks = False
    form_class = EndForm

    def get_form_kwargs(self):
        return {"step": self.step}

    def words(self):
        row = self.record
        return {"name": row.member.name, "body": row.body_words, "last": row.last_day, "first": row.first_day}

    def trail(self):
        return [self.record]

    def act(self, form):
        reason = form.cleaned_data.get("reason", "")
        try:
            services.end(self.step, transfer=self.record, actor=self.actor, comment=reason)
        except ValidationError as error:  # of the registry as it has become; nothing on this page corrects it
            raise Refused(*error.messages) from error


class AcceptTransfer(EndTransfer):
    step = TransferState.ACCEPTED
    permission_required = services.ANSWER
    title = gettext_lazy("Accept the transfer of %(name)s")
    sentence = gettext_lazy(
        "The present office ends on %(last)s, the new one at %(body)s begins on %(first)s. The record moves to the "
        "receiving community. A month is paid by the side where the person is in office on the reference date."
    )
    submit = pgettext_lazy("transfer", "Accept")
    done = gettext_lazy("%(name)s is transferred.")


class DeclineTransfer(EndTransfer):
    step = TransferState.DECLINED
    permission_required = services.ANSWER
    title = gettext_lazy("Decline the transfer of %(name)s")
    sentence = gettext_lazy("The giving side is shown your reason. Everything stays as it is.")
    submit = pgettext_lazy("transfer", "Decline")
    done = gettext_lazy("The transfer of %(name)s is declined.")


class WithdrawTransfer(EndTransfer):
    step = TransferState.WITHDRAWN
    permission_required = services.SEND
    title = gettext_lazy("Withdraw the transfer of %(name)s")
    sentence = gettext_lazy("The receiving side can no longer accept it. Everything stays as it is.")
    submit = gettext_lazy("Withdraw")
    done = gettext_lazy("The transfer of %(name)s is withdrawn.")
