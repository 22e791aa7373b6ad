from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from registry.records import files


class Command(BaseCommand):
    help = "Take out of the store of files what no record knows of any more and is older than a day; safe to repeat."

    def handle(self, **options):
        self.stdout.write(_("Files deleted: %(count)s.") % {"count": files.sweep()})
