from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.plans import services as plans


class Command(BaseCommand):
    help = "Put approved adjustment plans into force whose day has come; to be run early each day."

    def handle(self, **options):
        done, refused = plans.apply_due(clock.today())
        for plan in done:
            self.stdout.write(_("%(plan)s is in force.") % {"plan": plan})
        for plan, refusal in refused:
            self.stderr.write(f"{plan}: {refusal}")
        if refused:
            raise CommandError(
                _("Some plans could not be put into force; correct what is listed above and run this again.")
            )
