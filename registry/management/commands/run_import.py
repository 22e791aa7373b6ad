from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from registry.imports import services as imports
from registry.models import ImportRun


class Command(BaseCommand):
    help = "Work on an import that was given in by page; the site starts this for large files by itself."

    def add_arguments(self, parser):
        parser.add_argument("key", type=int)

    def handle(self, key, **options):
        run = ImportRun.objects.filter(pk=key).first()
        if run is None or not run.is_at_work:
            raise CommandError(_("There is no work to do on import %(key)s.") % {"key": key})
        imports.carry_out(run)
