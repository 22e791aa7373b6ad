import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from jygroups.lib import os_errors
from jygroups.lib.refusals import Refused
from subsidies import proof
from subsidies.evidence import services
from subsidies.management import arguments
from subsidies.models import Sheet
from subsidies.proof import verify


class Command(BaseCommand):
    help = "Write the audit pack of a month's closed sheets: one signed zip with its own verifier, numbers masked."

    def add_arguments(self, parser):
        arguments.add_month(parser)
        parser.add_argument("path", type=Path, metavar="PATH", help="the zip to write; not one that is there already")
        arguments.add_subdistrict(parser)

    def handle(self, month, path, subdistrict, **options):
        areas = arguments.subdistricts(subdistrict)
        rows = Sheet.objects.of(month).filter(subdistrict__in=areas).select_related("subdistrict", "standard")
        sheets = list(rows.prefetch_related("standard__rates").order_by("subdistrict__code"))
        if not sheets:
            raise CommandError(_("There is no sheet of %(month)s.") % {"month": month.in_words})
        draft = path.with_name(f".{path.name}.part")
        try:
            if path.exists():
                raise CommandError(_("%(path)s is there already.") % {"path": path})
            with open(draft, "w+b", opener=lambda name, flags: os.open(name, flags, 0o600)) as target:
                digest = services.write(sheets, target)
            draft.rename(path)
        except OSError as error:
            raise CommandError(os_errors.not_written(path, error)) from error
        except Refused as error:
            raise CommandError("\n".join(map(str, error.problems))) from error
        finally:
            draft.unlink(missing_ok=True)
        self.stdout.write(f"{path} · SHA-256 {digest}")
        self.stdout.write(f"verify.py · SHA-256 {proof.digest_of(verify)}")
