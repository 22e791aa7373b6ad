from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import os_errors, progress
from registry.imports import roster_files as rosters
from registry.imports.findings import report as report_of
from registry.imports.roster import RosterResource
from registry.management.passwords import add_password
from registry.management.reporting import add_mapping, print_findings, print_mapping, readable, table_of


class Command(BaseCommand):
    help = "Load a roster workbook or csv, whole or not at all."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        add_mapping(parser)
        add_password(parser)
        parser.add_argument("--dry-run", action="store_true", help="check the file and write nothing")
        parser.add_argument("--report", type=Path, metavar="PATH", help="write an annotated copy of the file")

    def handle(self, file, mapping, password_file, dry_run, report, **options):
        table = table_of(file, shape=rosters.SHAPE, mapping=mapping, password_file=password_file)
        if report:
            self._report(table, [], report)  # before anything is loaded: a path that cannot be written ends it here
        with progress.on_terminal():
            loaded = rosters.load_roster(table, name=readable(file), dry_run=dry_run)
        if report:
            self._report(table, loaded.findings, report)
        print_mapping(self, table, RosterResource.ASKED)
        print_findings(self, loaded)
        if loaded.questions:
            text = _("Perhaps registered already: %(count)s; decided in the browser, among the possible duplicates.")
            self.stdout.write(text % {"count": len(loaded.questions)})
        counts = {"new": loaded.new, "changed": loaded.changed, "unchanged": loaded.unchanged}
        if dry_run:
            self.stdout.write(
                _("Nothing saved (dry run): %(new)s new, %(changed)s changed, %(unchanged)s unchanged.") % counts
            )
        else:
            self.stdout.write(_("Loaded: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.") % counts)

    def _report(self, table, findings, path: Path) -> None:
        try:
            path.write_bytes(report_of(table, findings))
        except OSError as error:
            raise CommandError(os_errors.not_written(path, error)) from error
