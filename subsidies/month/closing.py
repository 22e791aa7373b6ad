"""The closing of a sheet in the audit log, and what of the sheet an outsider can verify without a key.

A line's commitment is a digest of its public form, in which whole numbers are masked, together with its keyed digest,
which nobody can guess. The closing's digest covers these, the rules, the totals and the signatures. It stands in the
audit entry of the closing, whose chain is signed: a line that is changed later fits neither. From form 2 on it covers
the approval flow up to the approval too: the steps and confirmations, with their users and times.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from jygroups.lib import chain
from jygroups.lib.digests import keyed, same
from jygroups.lib.id_numbers import masked
from jygroups.lib.yuan import plain
from registry.models import Act, AuditEntry, User
from registry.records import audit, seal_keys
from subsidies import engine
from subsidies.models import CLOSED_STATES, Sheet, SheetEvent, SheetLine, Step

FORM = 2  # of new closings; that of an entry without one is 1
AT_ONCE = timedelta(minutes=2)  # at most, from the signature of an approval to its event
AMOUNTS = ("rate", "increment", "gross", "adjustment", "net")
# The parts of the rules that existed when the first sheet was sealed.
FIRST_RULES = {
    "effective_month", "document", "rates", "yearly_increment", "reference_day", "service_basis",
    "counts_employed_service", "service_counted_from", "max_years",
}  # fmt: skip


def rules_content(rules: engine.Standard) -> dict[str, object]:
    """The rules as seals and closings cover them: a parameter that is newer than the first seal only where it is set.

    So a seal or a closing made before the parameter existed stays valid.
    """
    defaults = {each.name: each.default for each in fields(rules)}
    return {name: value for name, value in asdict(rules).items() if name in FIRST_RULES or value != defaults[name]}


def rules_data(rules: engine.Standard) -> dict[str, Any]:
    """The rules' content as JSON data, as the second method and an audit pack read them."""
    return json.loads(json.dumps(rules_content(rules), default=str))


def number_digest(number: str, key: str = "") -> str:
    """By which one number is known again from month to month, without the number, while SEAL_KEY is the same."""
    return keyed(["number", number], key) if number else ""


def public(line: SheetLine, key: str = "") -> dict[str, Any]:
    """The line as it is shown to auditors: the whole content, with numbers masked and as keyed digests.

    Of a closed one `key` is that of the closing, see `key_of`.
    """
    amounts = {name: getattr(line, name) for name in AMOUNTS}
    return {
        "ordinal": line.ordinal,
        "member": line.member_id,
        "name": line.name,
        **{name: masked(getattr(line, name)) for name in ("id_number", "account")},
        **{f"{name}_digest": number_digest(getattr(line, name), key) for name in ("id_number", "account")},
        "bank": line.bank,
        "month": line.month.isoformat(),
        "community": line.community.code,
        "group": line.group.ordinal if line.group else None,
        "position": line.position,
        "outcome": line.outcome,
        "deemed_start": line.deemed_start.isoformat() if line.deemed_start else None,
        "full_years": line.full_years,
        **{name: plain(value) for name, value in amounts.items()},
        "facts": line.facts,
        "digest": line.digest,
    }


def form_of(entry: AuditEntry) -> int:
    """What the entry's closing covers."""
    return entry.details.get("closing_form", 1)


def content(sheet: Sheet, commitments: Sequence[tuple[int, str]], form: int) -> dict[str, Any]:
    """What a closing's digest covers; `commitments` are the lines' ordinals and commitments in their order.

    Two queries, none for form 1.
    """
    return {
        "subdistrict": sheet.subdistrict.code,
        "month": sheet.month.isoformat(),
        "standard": rules_data(sheet.standard.rules()),
        "lines": [list(each) for each in commitments],
        "people": sheet.people,
        **{name: plain(getattr(sheet, name)) for name in ("gross", "adjustment", "net")},
        "signed": [sheet.submitted_by_id, sheet.endorsed_by_id, sheet.approved_by_id],
        "approved_at": chain.moment(sheet.approved_at) if sheet.approved_at else None,
        "seal": sheet.seal,
        "previous_seal": sheet.previous_seal,
        **(_flow(sheet) if form > 1 else {}),
    }


def _flow(sheet: Sheet) -> dict[str, Any]:
    """The confirmations, and the steps before the approval; who is a user's key, and an area its code."""
    confirmations = sheet.confirmations.select_related("community").order_by("id")
    steps = takewhile(lambda event: event.step != Step.APPROVE, sheet.events.order_by("id"))
    return {
        "confirmations": [
            [row.community.code, row.lines, plain(row.net), row.digest, row.by_id, chain.moment(row.at)]
            for row in confirmations
        ],
        "steps": [
            [row.step, row.from_state, row.to_state, row.by_id, chain.moment(row.at), row.comment] for row in steps
        ],
    }


def digest(sheet: Sheet, lines: Iterable[SheetLine], form: int = FORM, key: str = "") -> str:
    """The digest of the closing, of lines in their order with their communities and groups; two queries."""
    return chain.sha256(content(sheet, [(line.ordinal, chain.sha256(public(line, key))) for line in lines], form))


def key_of(found: Sequence[AuditEntry]) -> str:
    """The SEAL_KEY with which a sheet with these closings was closed; empty for the first one."""
    return next((key for entry in found if (key := seal_keys.key_of(entry))), "")


def subject(sheet: Sheet) -> str:
    """The sheet's name in the audit log, in the language of the installation, not the user's."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(sheet)


def record(sheet: Sheet, lines: Sequence[SheetLine], actor: User) -> None:
    """Put the closing of the sealed sheet into the audit log."""
    audit.record(
        Act.CLOSE,
        subject(sheet),
        user=actor,
        sheet=sheet.pk,
        lines=len(lines),
        net=plain(sheet.net),
        seal=sheet.seal,
        closing=digest(sheet, lines),
        closing_form=FORM,
        certificate=sheet.certificates.order_by("id").values_list("digest", flat=True).last() or "",
    )


def entries(*sheets: Sheet) -> dict[int, list[AuditEntry]]:
    """The closings in the audit log by sheet, of all sheets or of these; one query."""
    rows = AuditEntry.objects.filter(act=Act.CLOSE).order_by("id")
    if sheets:
        rows = rows.filter(details__sheet__in=[sheet.pk for sheet in sheets])
    found: dict[int, list[AuditEntry]] = {}
    for row in rows:
        found.setdefault(row.details.get("sheet", 0), []).append(row)
    return found


def faults(sheet: Sheet, lines: Sequence[SheetLine], found: Sequence[AuditEntry]) -> list[str]:
    """In words, where the sheet, its event, its certificates and the audit log differ on its closing; four queries."""
    events = list(sheet.events.filter(step=Step.APPROVE).values_list("by", "at"))
    certificates = {"", *sheet.certificates.values_list("digest", flat=True)}
    words = []
    if [by for by, _at in events] != [sheet.approved_by_id]:
        words.append(_("its approval is not the one event of the approval flow that says so"))
    elif not sheet.approved_at or not timedelta(0) <= events[0][1] - sheet.approved_at <= AT_ONCE:
        words.append(_("its approval has another time in the approval flow"))
    if len(found) != 1:
        words.append(_("the audit log has %(count)s entries of its closing") % {"count": len(found)})
    for entry in found:
        details = entry.details
        if not same(str(details.get("seal", "")), sheet.seal) or entry.user_id != sheet.approved_by_id:
            words.append(_("the audit log has another seal or another approver"))
        elif "closing" in details and not same(str(details["closing"]), _digest_of(entry, sheet, lines)):
            words.append(_("it is not as the audit log says that it was closed"))
        if str(details.get("certificate", "")) not in certificates:
            words.append(_("the certificate of the second method with which it was closed is missing"))
    return words


def _digest_of(entry: AuditEntry, sheet: Sheet, lines: Iterable[SheetLine]) -> str:
    return digest(sheet, lines, form_of(entry), seal_keys.key_of(entry))


def without_sheet(closings: Mapping[int, Sequence[AuditEntry]]) -> list[AuditEntry]:
    """The closings whose sheet does not exist any more; one query."""
    present = set(Sheet.objects.filter(pk__in=closings).values_list("pk", flat=True))
    return [entry for key, found in closings.items() if key not in present for entry in found]


def reopened(closings: Mapping[int, Sequence[AuditEntry]]) -> list[Sheet]:
    """The sheets that were closed by the audit log or by an event, and are not; one query."""
    approved = SheetEvent.objects.filter(step=Step.APPROVE).values("sheet")
    rows = Sheet.objects.exclude(state__in=CLOSED_STATES).select_related("subdistrict")
    return [*rows.filter(pk__in=closings), *rows.filter(pk__in=approved).exclude(pk__in=closings)]
