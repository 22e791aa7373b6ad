from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import progress
from jygroups.lib.refusals import Refused
from subsidies.management import arguments
from subsidies.month import sheets


class Command(BaseCommand):
    help = "Compute the month's sheets; drafts are computed again."

    def add_arguments(self, parser):
        arguments.add_month(parser)
        arguments.add_subdistrict(parser)

    def handle(self, month, subdistrict, **options):
        try:
            with progress.on_terminal():
                prepared = sheets.prepare(month, arguments.subdistricts(subdistrict))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        for sheet in prepared:
            if moved := sheets.moved_words(sheet):
                self.stderr.write(self.style.WARNING(moved))
            self.stdout.write(
                _("%(sheet)s: %(people)s people paid, %(net)s yuan.")
                % {"sheet": sheet, "people": sheet.people, "net": f"{sheet.net:,.2f}"}
            )
