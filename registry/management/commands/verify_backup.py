from django.utils.translation import gettext as _

from registry.management.backups import BackupCommand
from registry.records import backups


class Command(BackupCommand):
    help = "Read a backup to its end, with DATA_KEYS and without a database: whether it is whole."

    def act(self, path):
        return backups.verify(path)

    def handle(self, path, **options):
        self.report(path)
        self.stdout.write(_("Whole: every table and file agrees with the manifest."), self.style.SUCCESS)
