"""Backups: all tables and stored files as of one moment in an encrypted file, read back whole into an empty database.

A file is a row of parts, each a line of JSON with its size, and its content: «begin», for each table «table» and
«rows», «file» for each stored file, and «end» with the manifest, which everything before it has to agree with. Rows and
files hold ciphertexts as they are stored; no key is among them, and the first line names those that are needed.
"""

import json
import os
import tomllib
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django.utils.translation import gettext as _

from jygroups.lib import chain, clock, constraints, frames, key_use, keys, store
from jygroups.lib.encryption import Unreadable
from jygroups.lib.frames import Unusable
from jygroups.lib.portable import PortableTable, Tally, digested
from jygroups.lib.refusals import Refused
from registry.models import Act, AuditEntry, KnownKey
from registry.records import audit, files, known_keys, locks

# What a migrated database holds by itself.
OF_MIGRATIONS = {"auth_permission", "django_content_type", "django_migrations", KnownKey._meta.db_table}


def _tables(apps=apps) -> dict[str, Any]:
    """The models by table; `apps` are those as of the database's migrations."""
    models = [*apps.get_models(include_auto_created=True), MigrationRecorder.Migration]
    return {model._meta.db_table: model for model in models if model._meta.managed and not model._meta.proxy}


# Writing --------------------------------------------------------------------------------------------------


def write(path: Path) -> dict[str, Any]:
    """Write a backup, read it again, and log it; its manifest.

    Raises Refused, WrongKeys, Unusable, OSError: then nothing is left.
    The database is read as of one moment. What a row of that moment knows of is not deleted from the store meanwhile.
    """
    key_use.begin()
    known = set(MigrationLoader(connection).disk_migrations)
    if known - set(MigrationRecorder(connection).applied_migrations()):  # there may be others, now replaced by these
        raise Refused(_("The database is not that of this version of the program; run «manage.py setup» first."))
    if path.exists() or path.is_symlink():
        raise Refused(_("%(path)s is there already.") % {"path": path})
    number, name = mkstemp(".part", f".{path.name}.", path.parent)  # a new file, of its owner alone
    draft = Path(name)
    try:
        with open(number, "wb") as target:
            with store.nothing_deleted(), locks.snapshot():
                manifest, sha256 = _written(target, known)
            target.flush()
            os.fsync(target.fileno())
        if verify(draft) != manifest:
            raise Unusable(_("The backup cannot be read back as it was written."))
        with transaction.atomic():
            audit.record(Act.BACKUP, path.name, sha256=sha256, faults=len(manifest["faults"]), **counts(manifest))
            draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    with suppress(OSError):  # not every file system can
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    return manifest | {"sha256": sha256}


def _written(target: BinaryIO, migrations: set[tuple[str, str]], apps=apps) -> tuple[dict[str, Any], str]:
    """The manifest, and the SHA-256 of the file."""
    about, tally, models = _about(), Tally(), _tables(apps)
    unknown = sorted(set(connection.introspection.table_names()) - set(models))
    faults = [_("table %(table)s: unknown to the program, and not in the backup") % {"table": name} for name in unknown]
    writer = frames.Writer(target, about)

    def put(part: str, content: bytes = b"", **says) -> None:
        writer.write(chain.canonical({"part": part, "size": len(content), **says}) + b"\n" + content)

    put("begin", chain.canonical(sorted(migrations)))
    numbers: dict[str, int] = {}
    for name, model in sorted(models.items()):
        table = PortableTable(model)
        tally.table(name)
        put("table", table=name, columns=table.columns)
        for block in table.blocks():
            tally.rows(name, block)
            put("rows", zlib.compress(block, 1), table=name)
        if number := table.last_number():
            numbers[name] = number
    for digest in files.digests(apps):
        try:
            stored = store.get_stored(digest)
        except store.Missing:
            faults.append(_("stored file %(digest)s: missing") % {"digest": digest})
        except Unreadable as error:
            faults.append(_("stored file %(digest)s: %(error)s") % {"digest": digest, "error": error})
        else:
            put("file", stored, file=digest, sha256=tally.file(digest, stored))
    head = AuditEntry.objects.order_by("-id").values("pk", "digest").first()
    manifest = {**tally.totals(), "numbers": numbers, "faults": faults, "audit": head, "about": about}
    put("end", chain.canonical(manifest))
    return manifest, writer.close()


def _about() -> dict[str, Any]:
    """The first line of a backup: where and when it was made, and the fingerprints of the keys that it needs."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    at = timezone.localtime(clock.now()).isoformat(timespec="seconds")
    needed = {row.label: row.fingerprint for row in known_keys.needed()}
    return {"city": settings.CITY_NAME, "at": at, "version": version, "keys": needed}


# Reading --------------------------------------------------------------------------------------------------


def verify(path: Path) -> dict[str, Any]:
    """Read a backup to its end, without a database; its manifest. Raises Unusable, OSError."""
    with path.open("rb") as source:
        for about, content in _parts(frames.Reader(source)):
            if about["part"] == "end":
                return json.loads(content)
    raise AssertionError  # _parts ends with the manifest


def _parts(reader: frames.Reader) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Each part with what it says and its content, rows unpacked; at last the manifest. Raises Unusable."""
    tally, part = Tally(), ""
    while part != "end":
        about = json.loads(reader.line())
        part = about["part"]
        reader.place = _place(about)
        content, agrees = reader.read(about["size"]), True
        if part == "table":
            tally.table(about["table"])
        elif part == "rows":
            content = zlib.decompress(content)
            tally.rows(about["table"], content)
        elif part == "file":
            agrees = tally.file(about["file"], content) == about["sha256"]
        elif part == "end":
            agrees = reader.is_at_end and tally.totals().items() <= json.loads(content).items()
        if not agrees:
            raise Unusable(_("The backup disagrees with its manifest: %(place)s.") % {"place": reader.place})
        yield about, content


def _place(about: dict[str, Any]) -> str:
    if "table" in about:
        return _("table %(table)s") % about
    return _("stored file %(file)s") % about if "file" in about else _("the manifest")


def counts(manifest: dict[str, Any]) -> dict[str, Any]:
    rows = sum(table["rows"] for table in manifest["tables"].values())
    return {"rows": rows, "files": manifest["files"]["count"]}


# Restoring ------------------------------------------------------------------------------------------------


def restore(path: Path) -> dict[str, Any]:
    """Read a backup into an empty database and into the store, compare both with it, and log it; its manifest.

    The database is brought to the migrations of the backup, then filled in one transaction, then brought up to date.
    Raises Refused, Unusable, Unreadable, OSError and DatabaseError: then the database is as empty as before, except
    where only bringing it up to date failed: then it is as of the backup, and «setup» goes on.
    """
    with path.open("rb") as source, key_use.unchecked():
        reader = frames.Reader(source)
        _refuse_other_keys(reader.about["keys"])
        parts = _parts(reader)
        migrations = {(app, name) for app, name in json.loads(next(parts)[1])}
        _refuse_filled()
        of_backup, is_current = _migrated(migrations)
        with transaction.atomic():
            manifest = _filled(parts, of_backup)
            if is_logged := _columns(of_backup) == _columns():
                _log(path, manifest)
    if not is_current:
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except Exception as error:
            text = _(
                "Restored as of the backup, but not brought up to date: %(error)s. Do not restore it again; remove the "
                "cause, then call «manage.py setup», «verify_seals» and «verify_audit»."
            )
            raise Refused(text % {"error": error}) from error
    if not is_logged:
        _log(path, manifest)
    known_keys.record_first()  # those that are new since
    return manifest


def _columns(apps=apps) -> set[str]:
    """Those of the audit log, which has entries from now on where they are today's."""
    return {field.column for field in apps.get_model("registry", "AuditEntry")._meta.local_concrete_fields}


def _log(path: Path, manifest: dict[str, Any]) -> None:
    about = manifest["about"]
    given = {keys.fingerprint(key): key for key in (settings.SEAL_KEY, *settings.OLD_SEAL_KEYS)}
    in_use = given.get(
        about["keys"].get(KnownKey.Kind.SEAL), ""
    )  # as of the backup: the first one may be rotated to or not
    audit.record_by(in_use, Act.RESTORE, path.name, made=about["at"], **counts(manifest))


def _refuse_other_keys(needed: dict[str, str]) -> None:
    problems = []
    for name, fingerprint in needed.items():
        kind, _space, key_id = name.partition(" ")
        given = known_keys.given_fingerprints(kind, key_id)
        if fingerprint not in given:
            text = _(
                "The backup needs the key %(name)s with the fingerprint %(fingerprint)s; the one given has %(found)s. "
                "Take it from the copy kept apart from the backups."
            )
            found = ", ".join(given) or "–"
            problems.append(
                text
                % {"name": name if kind == known_keys.Kind.DATA else kind, "fingerprint": fingerprint, "found": found}
            )
    if problems:
        raise Refused(*problems)


def _refuse_filled() -> None:
    present = set(connection.introspection.table_names())
    for name, model in _tables().items():
        if name in present - OF_MIGRATIONS and not PortableTable(model).is_empty():
            text = _(
                "The database is not empty: there are rows in %(table)s. Give a new database with DATABASE_URL, or for "
                "a trial a DATA_DIR with nothing but keys.env, without calling «setup»."
            )
            raise Refused(text % {"table": name})


def _migrated(migrations: set[tuple[str, str]]) -> tuple[Any, bool]:
    """Bring the empty database to these migrations; the models as of them, and whether these are today's."""
    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations)
    if unknown := migrations - known:
        words = {"names": ", ".join(f"{app} {name}" for app, name in sorted(unknown))}
        text = _("The backup was made by a newer version of the program, with the migrations %(names)s; install that.")
        raise Refused(text % words)
    if migrations == known:
        call_command("migrate", verbosity=0, interactive=False)
        return apps, True
    newest = [
        key for key in migrations if not any(child.key in migrations for child in loader.graph.node_map[key].children)
    ]
    for app, name in newest:
        call_command("migrate", app, name, verbosity=0, interactive=False)
    return loader.project_state(newest).apps, False


def _filled(parts: Iterator[tuple[dict[str, Any], bytes]], of_backup) -> dict[str, Any]:
    """Fill the empty database and the store; the manifest, which they are compared with."""
    models, tables = _tables(of_backup), {}
    constraints.remove_triggers(apps=of_backup)
    for model in models.values():
        PortableTable(model).clear()
    for about, content in parts:
        if about["part"] == "table":
            tables[about["table"]] = PortableTable(models[about["table"]], about["columns"])
        elif about["part"] == "rows":
            tables[about["table"]].insert(content)
        elif about["part"] == "file":
            store.put_stored(about["file"], content)
            store.get_stored(about["file"])
    manifest = json.loads(content)
    connection.check_constraints()
    constraints.install_triggers(apps=of_backup)
    for name, number in manifest["numbers"].items():
        tables[name].set_last_number(number)
    found = {name: digested(table.blocks()) for name, table in tables.items()}
    if differing := sorted(name for name in found if found[name] != manifest["tables"][name]):
        raise Unusable(_("These tables differ from the backup: %(tables)s.") % {"tables": ", ".join(differing)})
    return manifest
