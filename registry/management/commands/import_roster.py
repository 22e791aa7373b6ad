from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from xlsxwriter.exceptions import FileCreateError

from jygroups.lib import progress
from registry.imports import roster_files as rosters
from registry.imports.findings import write_report
from registry.management.reporting import add_mapping, print_findings, readable, table_of


class Command(BaseCommand):
    help = "Load a roster workbook or csv, whole or not at all."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        add_mapping(parser)
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")
        parser.add_argument("--report", type=Path, metavar="PATH", help="write an annotated copy of the file")

    def handle(self, file, mapping, dry_run, report, **options):
        table = table_of(file, shape=rosters.SHAPE, mapping=mapping)
        if report:
            self._report(table, [], report)  # before anything is loaded: a path that cannot be written ends it here
        with progress.on_terminal():
            loaded = rosters.load_roster(table, name=readable(file), dry_run=dry_run)
        if report:
            self._report(table, loaded.findings, report)
        print_findings(self, loaded)
        counts = {"new": loaded.new, "changed": loaded.changed, "unchanged": loaded.unchanged}
        if dry_run:
            self.stdout.write(
                _("Nothing saved (dry run): %(new)s new, %(changed)s changed, %(unchanged)s unchanged.") % counts
            )
        else:
            self.stdout.write(_("Loaded: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.") % counts)

    def _report(self, table, findings, path: Path) -> None:
        try:
            write_report(table, findings, path)
        except (OSError, FileCreateError) as error:
            raise CommandError(_("%(path)s cannot be written: %(error)s.") % {"path": path, "error": error}) from error
