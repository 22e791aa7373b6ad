from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.notifications import deliveries, digests, services


class Command(BaseCommand):
    help = (
        "Note what is overdue, and send by mail and to chat robots what is due: at once, again after a failure, and "
        "each morning the digests. Run it each minute; two runs at once send nothing twice."
    )

    def handle(self, **options):
        for note in services.DUE:
            note(clock.today())
        digests.queue(clock.now())
        counts = deliveries.send_due()
        deliveries.clear(clock.now())
        if counts:
            self.stdout.write(_("Sent: %(sent)s, to be repeated: %(waiting)s, given up: %(failed)s.") % {
                "sent": counts["sent"], "waiting": counts["waiting"], "failed": counts["failed"],
            })  # fmt: skip
