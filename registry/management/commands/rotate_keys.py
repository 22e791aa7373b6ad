"""Encrypt everything again with the first of DATA_KEYS."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.encryption import Unreadable
from registry.records import known_keys


class Command(BaseCommand):
    help = (
        "Encrypt all numbers and files, histories and closed lines too, again with the first of DATA_KEYS. Put the new "
        "key before the old ones, restart the site, then call this; interrupted, it goes on where it was. Seals stay "
        "valid. A key that begins with sm4: is used with SM4-GCM."
    )

    def handle(self, **options):
        if found := known_keys.problems():
            raise CommandError("\n".join(found))
        try:
            for name, count, again in known_keys.rotate():
                words = {"name": name, "count": count, "again": again}
                self.stdout.write(_("%(name)s: %(again)s of %(count)s encrypted again") % words)
        except Unreadable as error:
            raise CommandError(str(error)) from error
        first, *others = settings.DATA_KEYS
        words = {"first": first, "others": ", ".join(others)}
        if others:
            text = _(
                "All is encrypted with %(first)s. Take %(others)s out of DATA_KEYS, and keep them with the "
                "backups made before today."
            )
        else:
            text = _("All is encrypted with %(first)s.")
        self.stdout.write(text % words, self.style.SUCCESS)
