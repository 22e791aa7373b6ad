"""Files that people hand in: taken in checked, cleaned and sealed; handed out; swept once nobody knows of them."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from django.apps import apps
from django.apps.registry import Apps
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import photos, store
from jygroups.lib.refusals import Refused
from jygroups.lib.uploads import LeftOut
from registry.models import Act, Attachment, Member, MemberFile, Record, StoredFile, User
from registry.records import audit, locks, versions

LARGEST = 10 * 1024 * 1024  # bytes
LONGEST_NAME = 100
LONGEST_SIDE = 2000  # pixels of a photo of the groups' work; papers keep theirs
# By the ending of the name: the content type, the first bytes, and what an Office archive must hold.
OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    "pdf": ("application/pdf", b"%PDF-", ""),
    "jpg": ("image/jpeg", b"\xff\xd8\xff", ""),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff", ""),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n", ""),
    "docx": (f"{OFFICE}.wordprocessingml.document", b"PK\x03\x04", "word/document.xml"),
    "xlsx": (f"{OFFICE}.spreadsheetml.sheet", b"PK\x03\x04", "xl/workbook.xml"),
}
ACCEPT = ",".join(f".{ending}" for ending in KINDS)


@dataclass(frozen=True)
class Taken:
    """A file that was checked: its content is of its type, and holds nothing else."""

    name: str
    content_type: str
    content: bytes


def take(upload, *, longest_side: int | None = None) -> Taken:
    """What was handed in, checked, and images without location and camera data. Raises Refused."""
    if isinstance(upload, LeftOut):
        raise Refused(_("This is too much at once; hand in fewer or smaller files."))
    if upload.size > LARGEST:
        raise Refused(_("A file may have 10 MB; make it smaller, such as by scanning in grey."))
    return taken(upload.name, upload.read(), longest_side=longest_side)


def taken(name: str, content: bytes, *, longest_side: int | None = None) -> Taken:
    """The same of what is not an upload. Raises Refused."""
    kind = content_type(name, content)
    if kind.startswith("image/"):
        try:
            content = photos.cleaned(content, longest=longest_side)
        except photos.Unreadable as error:
            raise Refused(_("The picture cannot be read; take or save it again.")) from error
    return Taken(safe_name(name), kind, content)


def content_type(name: str, content: bytes) -> str:
    """What the file is, by its ending and its content, which must agree. Raises Refused."""
    known = KINDS.get(PurePosixPath(name).suffix.lower().removeprefix("."))
    if known is None:
        raise Refused(_("Files may be pdf, jpg, png, docx or xlsx; save it as one of these."))
    kind, beginning, part = known
    if not content.startswith(beginning) or (part and part not in _parts(content)):
        raise Refused(_("The content is not what the name's ending says; save it again in that form."))
    return kind


def _parts(content: bytes) -> list[str]:
    """The names of what is in an archive; nothing of it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return []


def safe_name(name: str) -> str:
    """The last part of a file's name, without characters that steer a terminal or a page, and not too long."""
    name = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:\"|?*]", "", re.split(r"[/\\]", name)[-1])
    stem, dot, ending = name.strip(" .").rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"[:LONGEST_NAME]


def stored(taken: Taken, actor: User) -> dict:
    """Put the content into the store; the fields of the row that knows of it."""
    locks.hold(locks.FILES)
    return {
        "name": taken.name,
        "size": len(taken.content),
        "content_type": taken.content_type,
        "digest": store.put(taken.content),
        "added_by": actor,
    }


@transaction.atomic
def add(member: Member, *, title: str, kind: str, file: Taken, actor: User) -> MemberFile:
    """Keep a paper with the person's record."""
    row = MemberFile(member=member, title=title or file.name, kind=kind, **stored(file, actor))
    versions.save(row, actor=actor)
    return row


@transaction.atomic
def attach(record: Record, *, files: Iterable[Taken], actor: User) -> list[Attachment]:
    """Keep files and photos with a record of a group's work."""
    rows = [Attachment(**{str(record._meta.model_name): record}, **stored(file, actor)) for file in files]
    for row in rows:
        versions.save(row, actor=actor)
    return rows


@transaction.atomic
def open_file(row: MemberFile, *, actor: User) -> bytes:
    """The content of a person's paper, for one look that stands in the audit log."""
    subject = versions.named(row.member)
    audit.record(Act.FILE, subject, user=actor, member=row.member_id, file=row.pk, what=str(row.kind))
    return store.get(row.digest)


def _kinds() -> list[type[StoredFile]]:
    """The models whose rows know of a content in the store."""
    return [model for model in apps.get_models() if issubclass(model, StoredFile)]


def digests(models: Apps = apps) -> Iterator[str]:
    """What each content that a row knows of goes by, in order; `models` are those of the database's version."""
    kinds = [each._meta for each in _kinds() if each._meta.model_name in models.all_models[each._meta.app_label]]
    rows = [models.get_model(each.label)._default_manager.order_by() for each in kinds]
    first, *others = (each.values_list("digest", flat=True) for each in rows)
    return first.union(*others).order_by("digest").iterator()


def remove(row: StoredFile, *, actor: User, reason: str) -> None:
    """Delete the file with its content; the history shows that it existed, and the reason."""
    versions.remove(row, actor=actor, reason=reason)
    transaction.on_commit(lambda: _drop(row.digest))


def remove_all(rows: Sequence[StoredFile], *, actor: User | None, reason: str) -> None:
    """Delete many files of one kind with their content."""
    versions.delete(rows, actor=actor, reason=reason)
    for digest in {row.digest for row in rows}:
        transaction.on_commit(partial(_drop, digest))


@transaction.atomic
def _drop(digest: str) -> None:
    locks.hold(locks.FILES)
    if not any(model._default_manager.filter(digest=digest).exists() for model in _kinds()):
        store.drop(digest)


@transaction.atomic
def sweep(*, older_than: float = store.UNCLAIMED) -> int:
    """Take out of the store what no row knows of; how many files that were."""
    locks.hold(locks.FILES)
    return store.sweep(set(digests()), older_than=older_than)
