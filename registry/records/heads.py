"""The head of the audit chain, signed and handed out each day: who keeps one can prove later that nothing was changed.

Where it goes is set: HEADS_FOLDER, HEADS_MAIL, HEADS_WEBHOOK.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from jygroups.lib import chain, clock, os_errors
from jygroups.lib.shown import LANGUAGE
from registry.models import Act, AuditEntry, IssuedHead, SigningKey, User
from registry.records import audit, locks, signing

FORM = "jygroups-head-1"
WEBHOOK_SECONDS = 20
RECENT = 50_000  # entries that a page verifies

# What other packages add to a head, such as the newest seals: each returns JSON data by name.
PARTS: list[Callable[[], dict[str, Any]]] = []
# How they verify what heads hold of them: each yields the differences from the database, in words.
CHECKS: list[Callable[[Sequence[dict[str, Any]]], Iterable[str]]] = []


@transaction.atomic
def issue(actor: User | None = None) -> IssuedHead:
    """Sign the newest entry of the chain, and log it."""
    locks.hold(locks.AUDIT_CHAIN)
    key = signing.current()
    newest = AuditEntry.objects.latest("id")
    document = {
        "form": FORM,
        "at": chain.moment(clock.now()),
        "city": settings.CITY_NAME,
        "entry": newest.pk,
        "entries": AuditEntry.objects.count(),
        "digest": newest.digest,
        **{name: value for part in PARTS for name, value in part().items()},
    }
    head = IssuedHead.objects.create(
        at=clock.now(),
        entry=newest,
        document=document,
        signature=signing.sign(chain.canonical(document), key),
        key=key,
    )
    audit.record(Act.HEAD, newest.digest[:16], user=actor, entry=newest.pk, digest=newest.digest)
    return head


def first_after(entry: int) -> IssuedHead | None:
    """The first head that covers the entry, if one was issued."""
    return IssuedHead.objects.filter(entry__gte=entry).select_related("key").order_by("entry_id", "id").first()


def readable(data: Any) -> bytes:
    """JSON data as a file that people can read too."""
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def as_file(head: IssuedHead) -> bytes:
    """The head as it is handed out."""
    return readable({"document": head.document, "signature": head.signature, "public_key": head.key.public_key})


def file_name(head: IssuedHead) -> str:
    """In Chinese, with the moment in UTC."""
    with override(LANGUAGE):
        return _("Head of the audit chain %(moment)s.json") % {"moment": f"{head.at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"}


def hand_out(head: IssuedHead, folder: str = "") -> list[str]:
    """Hand the head out to each place that is set, or to the folder. Returns what failed, in words."""
    content, failed = as_file(head), []
    if folder := folder or settings.HEADS_FOLDER:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            with (Path(folder) / file_name(head)).open("xb") as file:
                file.write(content)
        except OSError as error:
            failed.append(_("folder %(place)s: %(error)s") % {"place": folder, "error": os_errors.in_words(error)})
    if settings.HEADS_MAIL:
        subject = _("Head of the audit chain, %(city)s, entry %(entry)s") % head.document
        mail = EmailMessage(subject, content.decode(), to=settings.HEADS_MAIL)
        mail.attach(file_name(head), content, "application/json")
        try:
            mail.send()
        except OSError as error:
            failed.append(_("mail to %(place)s: %(error)s") % {"place": ", ".join(settings.HEADS_MAIL), "error": error})
    if settings.HEADS_WEBHOOK:
        failed += _posted(content)
    return failed


def _posted(content: bytes) -> list[str]:
    import requests  # only the daily command needs it

    address = settings.HEADS_WEBHOOK
    words = {"place": address}
    if not address.startswith("https://"):
        return [_("webhook %(place)s: it has to begin with https://") % words]
    try:  # redirected, it would arrive elsewhere or without the head
        answer = requests.post(
            address,
            content,
            headers={"Content-Type": "application/json"},
            timeout=WEBHOOK_SECONDS,
            allow_redirects=False,
        )
        error = "" if 200 <= answer.status_code < 300 else f"{answer.status_code} {answer.reason}"
    except requests.RequestException as fault:
        error = str(fault)
    return [_("webhook %(place)s: %(error)s") % (words | {"error": error})] if error else []


def read(content: bytes, public_key: str = "") -> tuple[dict[str, Any], str]:
    """The document of a head that was handed out, and what is wrong with it in words.

    Without a public key it has to be signed by one of the keys stored here.
    """
    try:
        data = json.loads(content)
        document, signature, signer = data["document"], data["signature"], data["public_key"]
        _entry, _digest = int(document["entry"]), str(document["digest"])
        if document["form"] != FORM:
            raise ValueError(document["form"])
    except (ValueError, KeyError, TypeError):
        return {}, _("this is no head of an audit chain")
    known = {public_key} if public_key else set(SigningKey.objects.values_list("public_key", flat=True))
    if signer not in known:
        return document, _("it is signed with an unknown key, %(key)s") % {"key": signer}
    if not signing.is_signed(chain.canonical(document), signature, signer):
        return document, _("its signature does not fit: it was changed")
    return document, ""


def verify(others: list[dict[str, Any]] | None = None, *, first: int = 0) -> audit.Verified:
    """Verify the chain against every head that was issued, and against these documents of heads too.

    The entries before `first` are only compared with the heads that were issued of them.
    """
    faults, expected, documents = [], {}, list(others or ())
    for head in IssuedHead.objects.select_related("key").order_by("id"):
        expected[int(head.document["entry"])] = str(head.document["digest"])
        documents.append(head.document)
        if not signing.is_signed(chain.canonical(head.document), head.signature, head.key.public_key):
            faults.append(_("the head of %(at)s is not as it was signed") % {"at": head.document.get("at", "")})
    for document in others or ():
        entry, digest = int(document["entry"]), str(document["digest"])
        if expected.get(entry, digest) != digest:
            faults.append(_("the stored head of entry %(entry)s is another one") % {"entry": entry})
        expected[entry] = digest
    result = audit.verify(expected, first)
    result.faults += [*faults, *(text for check in CHECKS for text in check(documents))]
    return result


def first_of_recent() -> int:
    """The entry from which a page verifies the chain, so that it is shown within seconds; 0 for the whole chain."""
    edge = AuditEntry.objects.order_by("-id").values_list("pk", flat=True)[RECENT : RECENT + 1]
    return next(iter(edge), 0)


def newest(count: int = 30) -> list[IssuedHead]:
    """The heads issued last."""
    return list(IssuedHead.objects.select_related("key").order_by("-id")[:count])


def count_after_last() -> int:
    """The number of entries after the one of the head issued last: no head proves them yet."""
    last = IssuedHead.objects.order_by("-entry_id").values_list("entry_id", flat=True).first() or 0
    return AuditEntry.objects.filter(pk__gt=last).count()
