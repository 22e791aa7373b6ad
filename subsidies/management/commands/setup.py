from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import Community, ResidentsCommittee, ResidentsGroup, Subdistrict
from registry.people.areas import services as areas
from registry.provisions import services as provisions
from subsidies.bank import ready_templates
from subsidies.standards import services as standards


class Command(BaseCommand):
    help = "Bring the database up to date; add the real areas, groups, terms and the first Standard where missing."

    def handle(self, **options):
        call_command("migrate", verbosity=0, interactive=False)
        with transaction.atomic():
            areas.load_missing()
            provisions.load_missing()
            standards.load_missing()
            ready_templates.load_missing()
        self.stdout.write(
            _(
                "Ready: %(subdistricts)s subdistricts, %(communities)s communities, "
                "%(committees)s residents' committees, %(groups)s residents' groups."
            )
            % {
                "subdistricts": Subdistrict.objects.count(),
                "communities": Community.objects.count(),
                "committees": ResidentsCommittee.objects.count(),
                "groups": ResidentsGroup.objects.count(),
            }
        )
