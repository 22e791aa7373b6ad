"""Give the role that the site connects as what it needs in PostgreSQL, and no more."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from jygroups.lib import grants


class Command(BaseCommand):
    help = (
        "Let a role of PostgreSQL work for the site: it reads and writes rows, but neither alters nor empties a table, "
        "and does not change what is only added to. Called by the owner of the database, once; each later migrate "
        "renews it."
    )

    def add_arguments(self, parser):
        parser.add_argument("role", help="an existing role, as which the site will connect")
        parser.add_argument(
            "--print", action="store_true", dest="is_printed", help="write the statements, execute none"
        )

    def handle(self, role, is_printed, **options):
        words = {"role": role}
        if connection.vendor != "postgresql":
            raise CommandError(_("SQLite has no roles: set DATABASE_URL to the PostgreSQL database, as its owner."))
        if MigrationRecorder.Migration._meta.db_table not in connection.introspection.table_names():
            raise CommandError(_("The database is empty: call setup or restore first, as its owner."))
        is_owner = grants.is_owner(role, connection)
        if is_owner is None:
            raise CommandError(
                _("There is no role %(role)s. Make it first: CREATE ROLE %(role)s LOGIN PASSWORD '…'") % words
            )
        if is_owner:
            raise CommandError(
                _("%(role)s owns the tables, is a member of their owner or a superuser; the site needs another role.")
                % words
            )
        if is_printed:
            self.stdout.write("BEGIN;")
            for statement in grants.statements(role, connection):
                self.stdout.write(f"{statement};")
            self.stdout.write("COMMIT;")
            return
        if not grants.is_owner(grants.current_role(connection), connection):
            raise CommandError(_("Call this as the owner of the tables, with the owner's DATABASE_URL."))
        grants.grant(role, connection)
        text = _("%(role)s reads and writes rows, and nothing else; let the site's DATABASE_URL name it.") % words
        self.stdout.write(text, self.style.SUCCESS)
