"""What the commands of backups share."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from jygroups.lib import os_errors, progress
from jygroups.lib.encryption import Unreadable
from jygroups.lib.frames import Unusable
from jygroups.lib.refusals import Refused
from registry.records import backups


class BackupCommand(BaseCommand, ABC):
    """A command with the PATH of a backup. `report` calls `act`, and prints and returns the manifest that it gives."""

    path_words = "the backup"

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, metavar="PATH", help=self.path_words)

    @abstractmethod
    def act(self, path: Path) -> dict[str, Any]:
        """Do what the command is for, and return the manifest of the backup."""

    def report(self, path: Path) -> dict[str, Any]:
        try:
            with progress.on_terminal():
                manifest = self.act(path)
        except FileNotFoundError as error:
            raise CommandError(f"{error.filename}: {os_errors.in_words(error)}", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{path}: {os_errors.in_words(error)}") from error
        except (Refused, Unusable, Unreadable, DatabaseError) as error:
            raise CommandError("\n".join(map(str, getattr(error, "problems", [error])))) from error
        files, head = manifest["files"], manifest["audit"] or {"pk": 0, "digest": "–"}
        self.stdout.write(_("Backup of %(city)s of %(at)s, version %(version)s") % manifest["about"])
        words = {
            **{name: f"{count:,}" for name, count in backups.counts(manifest).items()},
            "tables": len(manifest["tables"]),
            "megabytes": f"{files['bytes'] / 1e6:,.1f}",
            "entry": f"{head['pk']:,}",
            "digest": head["digest"][:12],
        }
        text = _("%(rows)s rows of %(tables)s tables, %(files)s files of %(megabytes)s MB")
        self.stdout.write(text % words)
        self.stdout.write(_("newest entry of the audit log: %(entry)s, %(digest)s") % words)
        needed = ", ".join(f"{name} {fingerprint}" for name, fingerprint in manifest["about"]["keys"].items())
        self.stdout.write(_("keys by their fingerprints: %(keys)s") % {"keys": needed})
        for fault in manifest["faults"]:
            self.stderr.write(fault, self.style.ERROR)
        return manifest
