"""Bring the database and the files to the first of DATA_KEYS, INDEX_KEY and SEAL_KEY."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import keys
from jygroups.lib.encryption import Unreadable
from jygroups.lib.key_use import InUse
from jygroups.lib.refusals import Refused
from registry.records import key_rotation, known_keys


class Command(BaseCommand):
    help = (
        "Rotate keys: put a new one before the old ones in DATA_KEYS (id:key,…), INDEX_KEY or SEAL_KEY (key,…), then "
        "stop the site and its timers, call this, and start them; interrupted, it goes on where it was. DATA_KEYS: "
        "numbers and files, histories and closed lines too, are encrypted again. INDEX_KEY: lookup digests and names "
        "of files are computed again. SEAL_KEY: the new one seals from now on; what was sealed stays and is verified "
        "with the old one. A key that begins with sm4: is used with SM4-GCM, with sm3: by SM3."
    )

    def handle(self, **options):
        try:
            if not known_keys.due():
                for place in key_rotation.of_other_keys():
                    self.stdout.write(_("%(place)s: was encrypted with another key") % {"place": place})
            for name, count, again in key_rotation.rotate():
                words = {"name": name, "count": count, "again": again}
                self.stdout.write(_("%(name)s: %(again)s of %(count)s written again") % words)
        except InUse as error:
            raise CommandError(
                _("The site or one of its commands is running. Stop it and its timers, then call this again.")
            ) from error
        except (Unreadable, Refused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("All is under the first keys."), self.style.SUCCESS)
        for text in self._advice():
            self.stdout.write(text)

    def _advice(self):
        """What to do with the old keys."""
        if others := list(settings.DATA_KEYS)[1:]:
            text = _("Take %(others)s out of DATA_KEYS, and keep them with the backups made before today.")
            yield text % {"others": ", ".join(others)}
        if settings.OLD_INDEX_KEYS:
            text = _("Take %(others)s out of INDEX_KEY, and keep them with the backups made before today.")
            yield text % {"others": _named(settings.OLD_INDEX_KEYS)}
            if count := key_rotation.dependent_codes():
                yield _(
                    "Until then unused recovery codes (%(count)s) made with them work; afterwards their users need new "
                    "ones."
                ) % {"count": count}
        if settings.OLD_SEAL_KEYS:
            text = _("Leave %(others)s in SEAL_KEY after the first: what was sealed before is verified with them.")
            yield text % {"others": _named(settings.OLD_SEAL_KEYS)}


def _named(given: list[str]) -> str:
    return ", ".join(map(keys.fingerprint, given))
