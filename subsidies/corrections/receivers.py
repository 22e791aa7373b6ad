"""What money that is given up, or not given up any more, changes of the corrections that are still to be decided."""

from django.dispatch import receiver

from subsidies.corrections import proposals
from subsidies.models import SheetLine
from subsidies.month import arrivals


@receiver(arrivals.recorded)
def propose_again(sender, *, given_up, actor, **_signal) -> None:
    """Propose again for the people whose month stands at another amount now."""
    if given_up:
        rows = SheetLine.objects.filter(pk__in=given_up).select_related("member")
        proposals.propose(actor=actor, members={row.member.merged_into_id or row.member_id for row in rows})
