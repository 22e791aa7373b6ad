"""Files of a person's record: taken in checked and sealed, handed out with an entry in the log."""

import io
import re
import zipfile
from pathlib import PurePosixPath

from django.db import transaction
from django.utils.translation import gettext as _

from registry.models import Act, FileContent, Member, MemberFile, User
from registry.services import audit, versions

LARGEST = 10 * 1024 * 1024  # bytes
LONGEST_NAME = 100
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


class Refused(Exception):
    """The file cannot be taken in; the message says why and what to do."""


def content_type(name: str, content: bytes) -> str:
    """What the file is, by its ending and its content, which must agree. Raises Refused."""
    known = KINDS.get(PurePosixPath(name).suffix.lower().removeprefix("."))
    if known is None:
        raise Refused(_("Files may be pdf, jpg, png, docx or xlsx; save it as one of these."))
    if len(content) > LARGEST:
        raise Refused(_("A file may have 10 MB; make it smaller, such as by scanning in grey."))
    kind, beginning, part = known
    if not content.startswith(beginning) or (part and part not in _parts(content)):
        raise Refused(_("The content is not what the name's ending says; save it anew in that form."))
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


@transaction.atomic
def add(member: Member, *, title: str, kind: str, name: str, content: bytes, actor: User) -> MemberFile:
    """Keep a file with the person's record. Raises Refused."""
    row = MemberFile(
        member=member,
        title=title,
        kind=kind,
        name=safe_name(name),
        size=len(content),
        content_type=content_type(name, content),
        added_by=actor,
    )
    versions.save(row, actor=actor)
    FileContent.objects.create(file=row, data=content)
    return row


@transaction.atomic
def open_file(row: MemberFile, *, actor: User, address: str | None) -> bytes:
    """The content, for one look that stands in the audit log."""
    details = {"member": row.member_id, "file": row.pk, "title": row.title}
    audit.record(Act.FILE, row.member.name, user=actor, address=address, **details)
    return FileContent.objects.get(file=row).data  # type: ignore[return-value]


def remove(row: MemberFile, *, actor: User, reason: str) -> None:
    """Take the file away, content and all; that it was there, and why it went, stays in the history."""
    versions.remove(row, actor=actor, reason=reason)
