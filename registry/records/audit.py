"""Writing the audit log, and verifying that nothing of it was changed, deleted or added by other means."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from django.db import transaction
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from jygroups.lib import chain, client, clock
from jygroups.lib.digests import same
from jygroups.lib.shown import money
from registry.models import AuditEntry, Member, PostState, User
from registry.records import locks, seal_keys


def record(act: str, subject: str, *, user: User | None = None, **details) -> AuditEntry:
    """Add an entry, chained to the last one, with the address of client.address. Call it in the act's transaction."""
    return record_by("", act, subject, user=user, **details)


@transaction.atomic
def record_by(key: str, act: str, subject: str, *, user: User | None = None, **details) -> AuditEntry:
    """The same with a digest by this SEAL_KEY in place of the first one."""
    locks.hold(locks.AUDIT_CHAIN)
    last = AuditEntry.objects.order_by("-id").first()
    entry = AuditEntry(
        at=clock.now(),
        user=user,
        address=chain.address(client.address()),
        act=act,
        subject=subject[:200],
        details=details,
        previous=last.digest if last else "",
        scheme=chain.SCHEME,
    )
    entry.digest = seal_keys.digest(entry, key)
    entry.save(force_insert=True)
    return entry


def _first_digests(entry: AuditEntry) -> set[str]:
    """The digests that an entry of the first scheme may have: its time was covered in the zone it was given in."""
    found = set()
    for zone in (UTC, timezone.get_default_timezone()):
        values = [
            entry.at.astimezone(zone).isoformat(), entry.user_id, entry.address, entry.act, entry.subject,
            entry.details, entry.previous,
        ]  # fmt: skip
        text = json.dumps(values, sort_keys=True, ensure_ascii=False)
        found.add(hashlib.sha256(text.encode()).hexdigest())
    return found


@dataclass
class Verified:
    """What was found: the number of entries, the digest of each place asked for, and the faults in words."""

    count: int
    faults: list[str]
    newest: str = ""
    first: int = 0  # the entry from which on they were verified; 0: all


def verify(expected: dict[int, str] | None = None, first: int = 0) -> Verified:
    """Compute the chain again from the entry `first` on; four queries.

    `expected` has, by entry, the digests of heads issued earlier; entries before `first` are only compared with these.
    """
    result = Verified(0, [], first=first)
    missing = dict(expected or {})
    before = {number for number in missing if number < first}
    for number, stored in AuditEntry.objects.filter(pk__in=before).values_list("pk", "digest"):
        if not same(missing.pop(number), stored):
            words = {"number": number}
            result.faults.append(_("entry %(number)s is not the one of the head issued earlier") % words)
    for entry, faults in _verified(first):
        result.count += 1
        result.newest = entry.digest
        result.faults += [_("entry %(number)s: %(text)s") % {"number": entry.pk, "text": text} for text in faults]
        if (head := missing.pop(entry.pk, None)) and not same(head, entry.digest):
            words = {"number": entry.pk}
            result.faults.append(_("entry %(number)s is not the one of the head issued earlier") % words)
    result.faults += [
        _("entry %(number)s, of which a head was issued, is missing") % {"number": number} for number in missing
    ]
    return result


def _verified(first: int = 0) -> Iterator[tuple[AuditEntry, list[str]]]:
    """Each entry from `first` on in its order with its faults."""
    earlier = AuditEntry.objects.filter(pk__lt=first)
    previous = earlier.order_by("-id").values_list("digest", flat=True).first() or ""
    is_keyed, last = earlier.filter(scheme=chain.SCHEME).exists(), None
    for entry in AuditEntry.objects.filter(pk__gte=first).order_by("id").iterator(chunk_size=2_000):
        faults = []
        if not same(entry.previous, previous):
            faults.append(_("it does not follow the entry before it: one was deleted, added or changed"))
        if entry.scheme == chain.SCHEME:
            is_whole = bool(seal_keys.key_of(entry))
        else:  # of a later one the keyed digest before would be worth nothing
            is_whole = not is_keyed and entry.digest in _first_digests(entry)
        if not is_whole:
            faults.append(_("it is not as it was written"))
        is_keyed = is_keyed or entry.scheme == chain.SCHEME
        previous, last = entry.digest, entry
        yield entry, faults
    if last is not None and not is_keyed:
        yield last, [_("no entry has a keyed digest, so that anybody may have written them")]


def with_whom(entries: QuerySet[AuditEntry]) -> QuerySet:
    """The entries with `whom`, the present name of the person, where they name one."""
    key = Cast(KeyTextTransform("member", "details"), BigIntegerField())
    name = Member.objects.filter(pk=OuterRef("member_key")).values("name")[:1]
    return entries.alias(member_key=key).annotate(whom=Subquery(name))


LABELS = {
    "asked": gettext_lazy("rows asked for"),
    "before": gettext_lazy("former key"),
    "basis": gettext_lazy("basis"),
    "batch": gettext_lazy("batch"),
    "certificate": gettext_lazy("certificate of the second method"),
    "changed": gettext_lazy("changed"),
    "closing": gettext_lazy("digest of the closing"),
    "community": gettext_lazy("community"),
    "employment": gettext_lazy("employment"),
    "faults": gettext_lazy("findings"),
    "field": gettext_lazy("field"),
    "files": gettext_lazy("files"),
    "first_day": gettext_lazy("first day"),
    "format": gettext_lazy("format"),
    "go": gettext_lazy("leaving office"),
    "joined": gettext_lazy("offices joined"),
    "last_day": gettext_lazy("last day"),
    "left_out": gettext_lazy("further ones since the last entry"),
    "lines": gettext_lazy("lines"),
    "made": gettext_lazy("made at"),
    "name": gettext_lazy("name"),
    "net": gettext_lazy("yuan"),
    "new": gettext_lazy("new"),
    "offices": gettext_lazy("offices moved"),
    "period": gettext_lazy("kept for"),
    "proposed_by": gettext_lazy("proposed by"),
    "asked_by": gettext_lazy("asked for by"),
    "clause": pgettext_lazy("provision", "source"),
    "versions": gettext_lazy("versions"),
    "others": gettext_lazy("others who could have done it"),
    "purpose": gettext_lazy("purpose"),
    "reason": gettext_lazy("reason"),
    "removed": gettext_lazy("deleted"),
    "restored": gettext_lazy("given back their values of before"),
    "rows": gettext_lazy("rows"),
    "seal": gettext_lazy("seal"),
    "sha256": gettext_lazy("SHA-256 of the file"),
    "state": gettext_lazy("state"),
    "stay": gettext_lazy("staying in office"),
    "title": gettext_lazy("title"),
    "to": gettext_lazy("successor"),
    "unchanged": gettext_lazy("unchanged"),
    "what": gettext_lazy("kind"),
}
KINDS = {
    "another account": gettext_lazy("by another account at the identity provider than the bound one"),
    "app changed": gettext_lazy("app on another phone"),
    "audit pack": gettext_lazy("audit pack"),
    "bank": gettext_lazy("bank file"),
    "bank answer": gettext_lazy("bank's answer"),
    "accepted": pgettext_lazy("transfer", "accepted"),
    "agreed to": gettext_lazy("agreed to by a second person"),
    "csv": gettext_lazy("csv of the month"),
    "document": gettext_lazy("document from a template"),
    "bank_account": gettext_lazy("bank account"),
    "bound": gettext_lazy("bound to the user"),
    "declined": pgettext_lazy("transfer", "declined"),
    "ended": gettext_lazy("ended"),
    "first": gettext_lazy("first password"),
    "given": gettext_lazy("given"),
    "agreed to on the server": gettext_lazy("put into effect by a command on the server"),
    "given on the server": gettext_lazy("given by a command on the server"),
    "handed on": gettext_lazy("handed on"),
    "id_number": gettext_lazy("ID number"),
    "identity provider": gettext_lazy("at the identity provider"),
    "import": gettext_lazy("import"),
    "in_effect": PostState.IN_EFFECT.label,
    "waiting": PostState.WAITING.label,
    "import report": gettext_lazy("import with findings"),
    "list": gettext_lazy("list"),
    "notice": gettext_lazy("public notice"),
    "personal copy": gettext_lazy("copy of personal data"),
    "privacy report": gettext_lazy("report on personal data"),
    "identity": gettext_lazy("identity document"),
    "bank_card": gettext_lazy("bank card"),
    "employment": gettext_lazy("evidence of employment"),
    "election": gettext_lazy("election record"),
    "proposed": pgettext_lazy("erasure", "proposed"),
    "erased": gettext_lazy("erased"),
    "one-time": gettext_lazy("one-time password"),
    "own": gettext_lazy("own password"),
    "no password": gettext_lazy("no password here"),
    "password and code": gettext_lazy("password and code at once"),
    "passkey added": gettext_lazy("passkey added"),
    "passkey removed": gettext_lazy("passkey removed"),
    "payment": gettext_lazy("payment"),
    "released": gettext_lazy("released"),
    "removed": gettext_lazy("removed"),
    "removal asked for": gettext_lazy("removal asked for"),
    "removal ended": gettext_lazy("removal ended, as it was used"),
    "removal refused": gettext_lazy("removal refused"),
    "removal withdrawn": gettext_lazy("request for removal withdrawn"),
    "removed on the server": gettext_lazy("removed by a command on the server"),
    "refused": pgettext_lazy("post", "refused"),
    "roster": gettext_lazy("roster"),
    "recovery code used": gettext_lazy("recovery code used"),
    "recovery codes renewed": gettext_lazy("recovery codes renewed"),
    "rows without problems": gettext_lazy("rows without problems"),
    "set up": gettext_lazy("set up"),
    "sign-in code": gettext_lazy("sign-in QR code"),
    "sent": pgettext_lazy("transfer", "sent"),
    "summary": gettext_lazy("summary of the city"),
    "unlocked": gettext_lazy("unlocked"),
    "withdrawn": gettext_lazy("withdrawn"),
    "without endorsement": gettext_lazy("without endorsement by the key before"),
    "wrong code": gettext_lazy("wrong code"),
    "xlsx": gettext_lazy("Excel workbook"),
}
KEYS = {
    "closing_form",
    "digest",
    "entry",
    "erasure",
    "file",
    "member",
    "other",
    "payments",
    "results",
    "sheet",
    "sheets",
    "survivor",
}  # of rows, for the machine alone
LONGEST = 40  # of a value shown whole; a digest is known by its beginning


def in_words(details: dict) -> str:
    """An entry's details on one line: «lines 371 · yuan 152100»; of a list how many it holds."""
    shown = {name: value for name, value in details.items() if value and name not in KEYS}
    return " · ".join(f"{LABELS.get(name, name)} {_value(name, value)}" for name, value in shown.items())


def _value(name: str, value) -> str:
    if isinstance(value, list | dict):
        return str(len(value))
    if name == "net":
        return money(Decimal(value))
    if isinstance(value, int):
        return f"{value:,}"
    text = str(KINDS.get(value, value))
    return text if len(text) <= LONGEST else f"{text[:12]}…"
