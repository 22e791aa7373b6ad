"""What money that is given up or reinstated changes of the corrections that are still to be decided."""

from django.dispatch import receiver

from subsidies import arrivals
from subsidies.corrections import proposals
from subsidies.models import PayStep, SheetLine


@receiver(arrivals.recorded)
def propose_again(sender, *, step, lines, actor, **_signal) -> None:
    """Propose again for the people whose month stands at another amount now."""
    if step in (PayStep.GIVE_UP, PayStep.REINSTATE):
        rows = SheetLine.objects.filter(pk__in=lines).select_related("member")
        proposals.propose(actor=actor, members={row.member.merged_into_id or row.member_id for row in rows})
