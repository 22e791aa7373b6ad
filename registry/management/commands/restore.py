from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils.translation import gettext as _

from jygroups.lib import key_use
from registry.management.backups import BackupCommand
from registry.records import backups, known_keys


class Command(BackupCommand):
    help = (
        "Read a backup into an empty database, of either kind, and into the store of files, whole or not at all. Then "
        "verify seals and audit log. It needs the keys that the backup was made with."
    )

    def act(self, path):
        return backups.restore(path)

    def handle(self, path, **options):
        self.report(path)
        self.stdout.write(_("Restored: every table and file agrees with the backup."), self.style.SUCCESS)
        if connection.vendor == "postgresql":
            self.stdout.write(_("Before the site starts on it, call «manage.py grant_application ROLE» as now."))
        failed = []
        with key_use.unchecked():  # of a backup made before a rotation of keys, too
            for name in ("verify_seals", "verify_audit"):
                try:
                    call_command(name, stdout=self.stdout, stderr=self.stderr)
                except CommandError as error:
                    failed.append(str(error))
        for text in known_keys.due_in_words():
            self.stdout.write(text)
        if failed:
            raise CommandError("\n".join(failed))
