from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.records import signing


class Command(BaseCommand):
    help = "Print the public keys by which heads and audit packs are verified, the present one first."

    def add_arguments(self, parser):
        parser.add_argument("--new", action="store_true", help="make a new key pair, which signs from now on")
        words = "not signed by the key before it, where that one cannot be decrypted any more"
        parser.add_argument("--without-endorsement", action="store_true", help=words)

    def handle(self, *, new, without_endorsement=False, **options):
        if without_endorsement and not new:
            raise CommandError(_("--without-endorsement goes with --new."), returncode=2)
        try:
            signing.make(is_endorsed=not without_endorsement) if new else signing.current()
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        for key in signing.all_keys():
            self.stdout.write(key.public_key)
