from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import os_errors
from registry.records import heads


class Command(BaseCommand):
    help = "Compute the chain of the audit log again, and compare it with every head that was issued."

    def add_arguments(self, parser):
        words = "a head handed out earlier, which the present chain has to continue; repeatable"
        parser.add_argument("--head", action="append", default=[], type=Path, metavar="FILE", help=words)
        parser.add_argument("--public-key", default="", help="the key that has to have signed these heads")

    def handle(self, *, head, public_key, **options):
        documents, faults = [], []
        for path in head:
            try:
                document, fault = heads.read(path.read_bytes(), public_key)
            except OSError as error:
                raise CommandError(f"{path}: {os_errors.in_words(error)}", returncode=2) from error
            if document:
                documents.append(document)
            if fault:
                faults.append(f"{path.name}: {fault}")
        found = heads.verify(documents)
        for each in [*faults, *found.faults]:
            self.stderr.write(each, self.style.ERROR)
        if faults or found.faults:
            raise CommandError(
                _("The audit log is not whole: %(count)s findings.") % {"count": len(faults) + len(found.faults)}
            )
        words = {"count": found.count, "digest": found.newest[:12] or "–"}
        self.stdout.write(_("Whole: %(count)s entries of the audit log; the newest is %(digest)s.") % words)
        self.stdout.write(_("Entries after the head issued last: %(count)s.") % {"count": heads.count_after_last()})
        for document in documents:
            text = _("It continues the head of %(at)s, entry %(entry)s.")
            self.stdout.write(text % document)
