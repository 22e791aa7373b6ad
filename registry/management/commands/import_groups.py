from pathlib import Path

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from jygroups.lib import progress
from registry.imports import groups as group_files
from registry.management.passwords import add_password
from registry.management.reporting import add_mapping, print_findings, print_mapping, readable, table_of


class Command(BaseCommand):
    help = "Load the residents' groups and the buildings they cover, whole or not at all."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        add_mapping(parser)
        add_password(parser)

    def handle(self, file, mapping, password_file, **options):
        table = table_of(file, shape=group_files.SHAPE, mapping=mapping, password_file=password_file)
        with progress.on_terminal():
            loaded = group_files.load_groups(table, name=readable(file))
        print_mapping(self, table)
        print_findings(self, loaded)
        self.stdout.write(
            _("Loaded: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.")
            % {"new": loaded.new, "changed": loaded.changed, "unchanged": loaded.unchanged}
        )
