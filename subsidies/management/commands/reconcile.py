from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from subsidies.bank import reconciliation
from subsidies.bank.reconciliation import Figures
from subsidies.management import arguments
from subsidies.models import Sheet


class Command(BaseCommand):
    help = "Print what was approved, handed to the bank, arrived, refused and given up of a month; 1 if a sum is off."

    def add_arguments(self, parser):
        arguments.add_month(parser)
        arguments.add_subdistrict(parser)

    def handle(self, month, subdistrict, **options):
        areas = arguments.subdistricts(subdistrict)
        sheets = Sheet.objects.of(month).filter(subdistrict__in=areas).select_related("subdistrict")
        rows = reconciliation.of(sheets.order_by("subdistrict__code"), verify=True)
        if not rows:
            raise CommandError(
                _("No sheet of %(month)s is approved: nothing was reconciled.") % {"month": month.in_words}
            )
        self.stdout.write("\t".join(["", *map(str, reconciliation.TITLES.values())]))
        for row in rows:
            self._write(str(row.sheet), row.figures)
        for source, figures in reconciliation.by_source(rows).items():
            self._write(source or _("no source of funds given"), figures)
        self._write(_("Total"), reconciliation.total(rows))
        for row in rows:
            for double in row.doubles:
                self.stderr.write(f"{row.sheet} · {double}", self.style.WARNING)
        if faults := [f"{row.sheet} · {fault}" for row in rows for fault in row.faults]:
            raise CommandError("\n".join([_("The sums do not foot:"), *faults]))

    def _write(self, title: str, figures: Figures) -> None:
        amounts = (getattr(figures, name) for name in reconciliation.TITLES)
        self.stdout.write("\t".join([title, *(f"{amount:.2f}" for amount in amounts)]))
