from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from registry.management.backups import BackupCommand
from registry.records import backups


class Command(BackupCommand):
    help = (
        "Write the database and the stored files as of one moment into one encrypted file, and read it again. The keys "
        "are not in it: keep them apart. While it runs, people may work on."
    )
    path_words = "the file to write; not one that is there already"

    def act(self, path):
        return backups.write(path)

    def handle(self, path, **options):
        manifest = self.report(path)
        self.stdout.write(f"{path} · SHA-256 {manifest['sha256']}")
        if count := len(manifest["faults"]):
            text = _("The backup is written, without %(count)s tables or files that could not be read.")
            raise CommandError(text % {"count": count})
