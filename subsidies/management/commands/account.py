from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import id_numbers
from jygroups.lib.months import Month
from subsidies.corrections import ledger, ledger_words
from subsidies.management import arguments


class Command(BaseCommand):
    help = "Print a person's ledger by month: due, to pay, in transit, arrived, refused, given up, repaid, balance."

    def add_arguments(self, parser):
        parser.add_argument("id_number")
        parser.add_argument("--year", type=arguments.year, help="only this one; else all")

    def handle(self, id_number, year, **options):
        member = arguments.member(id_number)
        book = ledger.of(member)
        entries, found = book.of_year(year), book.account(year)
        if not entries and not found.carried:
            words = {"name": member.name, "year": year}
            text = (
                _("Nothing is recorded for %(name)s in %(year)s.") if year else _("Nothing is recorded for %(name)s.")
            )
            raise CommandError(text % words)
        self.stdout.write(f"{member.name} {id_numbers.masked(member.id_number)}")
        titles = [
            _("month"),
            _("due"),
            *map(str, ledger.TITLES.values()),
            _("repaid"),
            _("by today's register"),
            _("balance"),
        ]
        self.stdout.write("\t".join(titles))
        if book.before(year):
            self.stdout.write(_row(_("Carried over"), ledger.Sums(), ledger.NOTHING, found.carried))
        for entry in entries:
            self.stdout.write(_row(str(Month.of(entry.month)), entry.sums, entry.should_be, entry.balance))
        self.stdout.write(_row(_("Total"), found.sums, found.should_be, found.balance))
        if legend := ledger_words.legend(entries):
            self.stderr.write(legend)
        if not book.foots:
            raise CommandError(_("The ledger does not foot."))


def _row(title: str, sums: ledger.Sums, *more) -> str:
    amounts = (sums.due, *(getattr(sums, name) for name in ledger.STAGES), sums.repaid, *more)
    return "\t".join([title, *(f"{amount:.2f}" for amount in amounts)])
