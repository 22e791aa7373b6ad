from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from subsidies.models import CLOSED_STATES, Sheet
from subsidies.month import seals


class Command(BaseCommand):
    help = "Decide every closed sheet again from its frozen facts, and check its seal and its chain."

    def handle(self, **options):
        broken = list(seals.verify())
        for each in broken:
            self.stderr.write(str(each), self.style.ERROR)
        if broken:
            raise CommandError(_("Not whole: %(count)s findings.") % {"count": len(broken)})
        closed = Sheet.objects.filter(state__in=CLOSED_STATES).count()
        self.stdout.write(_("Whole: %(count)s closed sheets.") % {"count": closed})
