from django.core.management.base import BaseCommand, CommandError

from jygroups.lib.refusals import Refused
from registry.records import heads


class Command(BaseCommand):
    help = (
        "Sign the head of the audit chain and the newest seals, and hand them out: to a folder, by mail, to a webhook. "
        "Run it each day."
    )

    def add_arguments(self, parser):
        parser.add_argument("--folder", default="", help="instead of HEADS_FOLDER")

    def handle(self, *, folder, **options):
        try:
            head = heads.issue()
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        failed = heads.hand_out(head, folder)
        self.stdout.write(f"{heads.file_name(head)} {head.document['digest']}")
        if failed:
            raise CommandError("\n".join(failed))
