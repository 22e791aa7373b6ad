import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import os_errors
from jygroups.lib.refusals import Refused
from subsidies.exports import services as exports
from subsidies.management import arguments
from subsidies.models import BankTemplate


class Command(BaseCommand):
    help = "Write a month to a csv or a summary, or to a workbook, bank file or public notice for each subdistrict."

    def add_arguments(self, parser):
        arguments.add_month(parser)
        arguments.add_subdistrict(parser)
        parser.add_argument("--format", required=True, choices=exports.Format.values, dest="form")
        parser.add_argument(
            "--output",
            required=True,
            type=Path,
            metavar="PATH",
            help="the file; for a file of each subdistrict, the folder they go to",
        )
        parser.add_argument("--template", metavar="NAME", help="of a bank file; without it the first there is")

    def handle(self, month, subdistrict, form, output, template, **options):
        subdistricts = arguments.subdistricts(subdistrict)
        found = {sheet.subdistrict_id: sheet for sheet in exports.of_month(month)}
        sheets = [found[area.pk] for area in subdistricts if area.pk in found]
        missing = ", ".join(area.name for area in subdistricts if area.pk not in found)
        if not sheets:
            message = _("There is no sheet of %(month)s for %(areas)s. Run «prepare_month %(month)s» first.")
            raise CommandError(message % {"month": month, "areas": missing})
        if missing:
            message = _("warning: no sheet of %(month)s for %(areas)s; not in what is written.")
            self.stderr.write(self.style.WARNING(message % {"month": month, "areas": missing}))
        chosen = exports.Options(template=self._template(template), again=True)
        try:
            # A file that cannot be written is not exported; a written file is logged before it gets its name, so that
            # a process killed in between leaves no file without a log entry.
            with _placed() as write, transaction.atomic():
                written = list(self._write(write, sheets, form, output, chosen, folder=not subdistrict))
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            path = error.filename if isinstance(error, IsADirectoryError) else output  # not the name of a draft
            raise CommandError(os_errors.not_written(path, error)) from error
        for path, export in written:
            self.stdout.write(_("%(path)s: %(lines)s lines.") % {"path": path, "lines": export.lines})
            if export.warning:
                words = {"path": path, "finding": export.warning}
                self.stderr.write(self.style.WARNING(_("warning: %(path)s: %(finding)s") % words))

    def _template(self, name):
        if not name:
            return None
        if template := BankTemplate.objects.filter(name=name).first():
            return template
        names = ", ".join(BankTemplate.objects.values_list("name", flat=True)) or "–"
        message = _("There is no bank template %(name)s; there are: %(names)s.")
        raise CommandError(message % {"name": name, "names": names}, returncode=2)

    def _write(self, write, sheets, form, output, options, *, folder):
        if exports.holds_several(form):
            export = exports.export(sheets, form, options=options)
            write(output, export.content)
            yield output, export
            return
        if folder:
            output.mkdir(parents=True, exist_ok=True)
        for sheet in sheets:
            export = exports.export([sheet], form, options=options)
            path = output / export.name if folder else output
            write(path, export.content)
            yield path, export


@contextmanager
def _placed() -> Iterator[Callable[[Path, bytes], None]]:
    """A function that writes temporary files; all get their names at the end unless anything failed. Raises OSError."""
    parts: dict[Path, str] = {}

    def write(path: Path, content: bytes) -> None:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        handle, parts[path] = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    try:
        yield write
        for path, part in parts.items():
            os.replace(part, path)
    finally:
        for part in parts.values():
            Path(part).unlink(missing_ok=True)
