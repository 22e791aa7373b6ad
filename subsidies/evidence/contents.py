"""What an audit pack holds of a closed sheet, as JSON data: numbers are masked, beside their keyed digests."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from jygroups.lib import chain
from jygroups.lib.id_numbers import masked
from jygroups.lib.yuan import plain
from registry.models import Act, AuditEntry, User
from registry.provisions import queries as provisions
from registry.records import seal_keys
from subsidies.explanations import decisions as explanations
from subsidies.models import (
    CLOSED_STATES,
    BankAnswer,
    Correction,
    Payment,
    PaymentItem,
    PayResult,
    Settlement,
    Sheet,
    SheetLine,
    Standard,
)
from subsidies.month import closing
from subsidies.standards.parameters import parameters

BATCH = 500


def person(user: User | None) -> dict[str, Any] | None:
    return {"id": user.pk, "username": user.username, "name": user.name} if user else None


def of_standard(standard: Standard) -> dict[str, Any]:
    """The Standard in words, with its clauses and its source."""
    return {
        "document": standard.document,
        "effective_month": standard.effective_month.isoformat(),
        "rates": [
            {"position": str(rate.get_position_display()), "yuan": plain(rate.amount), "clause": "三(三)"}
            for rate in standard.rates.all()
        ],
        "yearly_increment": {"yuan": plain(standard.yearly_increment), "clause": "三(三) 工作每满1年"},
        "parameters": [str(each) for each in parameters(standard)],
    }


def of_provisions(month: date) -> list[dict[str, Any]]:
    """The provisions in force in the month, each with its source."""
    return [
        {
            "key": key,
            "words": str(row.get_key_display()),
            "value": row.value,
            "largest": row.largest,
            "text": row.text,
            "clause": row.clause,
            "in_force_from": row.in_force_from.isoformat() if row.in_force_from else None,
        }
        for key, row in sorted(provisions.on(month).rows.items())
    ]


def of_sheet(sheet: Sheet, entries: Sequence[AuditEntry]) -> dict[str, Any]:
    """The sheet without its lines: totals, signers and times, events, confirmations and certificates."""
    covered = [entry for entry in entries if "closing" in entry.details]
    content = closing.content(sheet, [], closing.form_of(covered[0]) if covered else 1)
    return {
        "key": sheet.pk,
        "words": str(sheet),
        "state": sheet.state,
        "computed_at": chain.moment(sheet.computed_at),
        "closing": {k: v for k, v in content.items() if k not in ("lines", "standard")},
        "closing_digest": covered[0].details["closing"] if covered else None,
        "closed_before": not covered,  # before closings covered the content
        "signers": {
            name: person(getattr(sheet, f"{name}_by")) for name in ("submitted", "endorsed", "approved")
        },
        "events": [
            {
                "step": event.step, "from": event.from_state, "to": event.to_state, "by": person(event.by),
                "at": chain.moment(event.at), "comment": event.comment,
            }
            for event in sheet.events.select_related("by").order_by("id")
        ],
        "confirmations": [
            {
                "community": row.community.name, "code": row.community.code, "lines": row.lines,
                "net": plain(row.net), "digest": row.digest,
                "by": person(row.by), "at": chain.moment(row.at),
            }
            for row in sheet.confirmations.select_related("by", "community").order_by("id")
        ],
        "certificates": [
            {
                "at": chain.moment(row.at), "lines": row.lines, "gross": plain(row.gross), "method": row.method,
                "version": row.method_version, "lines_digest": row.lines_digest, "digest": row.digest,
            }
            for row in sheet.certificates.order_by("id")
        ],
    }  # fmt: skip


def of_lines(sheet: Sheet, key: str) -> Iterator[dict[str, Any]]:
    """Each line with its commitment, its explanation and the corrections it settles; four queries a batch.

    The key is that of the sheet's closing.
    """
    corrections = Prefetch("correction", Correction.objects.with_unarrived())
    settlements = Prefetch(
        "settlements", Settlement.objects.prefetch_related(corrections).order_by("correction__month", "pk")
    )
    rows = sheet.lines.prefetch_related("community", "group", settlements).order_by("ordinal")
    for line in rows.iterator(chunk_size=BATCH):
        line.sheet = sheet
        public = closing.public(line, key)
        explanation = _explanation(line)
        yield {
            "line": public,
            "commitment": chain.sha256(public),
            "community": line.community.name,
            "settlements": [
                {"month": row.correction.month.isoformat(), "amount": plain(row.amount), "reason": str(row.correction)}
                for row in line.settlements.all()
            ],
            "summary": explanation.summary,
            "explanation": [
                {
                    "title": str(step.title),
                    "clause": str(step.clause or ""),
                    "findings": [str(each) for each in step.findings],
                }
                for step in explanation.steps
            ],
        }


def _explanation(line: SheetLine) -> explanations.Explanation:
    hold = line.facts.get("hold")
    circumstances = explanations.Circumstances(
        holds=[explanations.OnHold(hold["reason"], date.fromisoformat(hold["from"]))] if hold else [],
        settlements=list(line.settlements.all()),
        gross=line.gross,
    )
    return explanations.explain(line.decision(), line.facts["bodies"], circumstances)


def of_payments(sheet: Sheet, key: str) -> dict[str, Any]:
    """The payments with their people, the bank's answers, and each step of the money; a constant number of queries."""
    items: Mapping[int, list[PaymentItem]] = defaultdict(list)
    for item in PaymentItem.objects.filter(payment__sheet=sheet).select_related("line").order_by("payment", "ordinal"):
        items[item.payment_id].append(item)
    rows = Payment.objects.filter(sheet=sheet).select_related("by", "withdrawal__by").order_by("ordinal")
    answers = BankAnswer.objects.filter(payment__sheet=sheet).defer("content").select_related("by", "payment")
    events = (
        PayResult.objects.filter(line__sheet=sheet).select_related("line", "by").order_by("line__ordinal", "ordinal")
    )
    return {
        "payments": [
            {
                "ordinal": row.ordinal,
                "lines": row.lines,
                "amount": plain(row.amount),
                "by": person(row.by),
                "at": chain.moment(row.at),
                "withdrawal": _withdrawal(row),
                "items": [
                    {
                        "line": item.line.ordinal, "name": item.name, "bank": item.bank, "amount": plain(item.amount),
                        "account": masked(item.account), "account_digest": closing.number_digest(item.account, key),
                        "id_number": masked(item.id_number), "digest": item.digest,
                    }
                    for item in items[row.pk]
                ],
            }
            for row in rows
        ],
        "answers": [
            {
                "name": row.name, "payment": row.payment.ordinal, "sha256": row.sha256, "by": person(row.by),
                "at": chain.moment(row.at), "taken_at": chain.moment(row.taken_at) if row.taken_at else None,
                "revoked_at": chain.moment(row.revoked_at) if row.revoked_at else None,
                "paid": row.paid, "refused": row.refused, "bounced": row.bounced, "in_transit": row.in_transit,
            }
            for row in answers.order_by("id")
        ],
        "events": [
            {
                "line": row.line.ordinal, "name": row.line.name, "ordinal": row.ordinal, "step": row.step,
                "from": row.source, "to": row.stage, "day": row.day.isoformat(), "at": chain.moment(row.at),
                "by": person(row.by), "reason": row.reason, "digest": row.digest,
            }
            for row in events
        ],
    }  # fmt: skip


def _withdrawal(payment: Payment) -> dict[str, Any] | None:
    row = getattr(payment, "withdrawal", None)
    return {"reason": row.reason, "by": person(row.by), "at": chain.moment(row.at)} if row else None


def of_seals(sheet: Sheet) -> list[dict[str, str]]:
    """The seals of all closed sheets of the subdistrict, in their order; one query."""
    rows = Sheet.objects.filter(subdistrict=sheet.subdistrict_id, state__in=CLOSED_STATES)
    return [
        {"month": month.isoformat(), "seal": seal, "previous_seal": previous}
        for month, seal, previous in rows.order_by("month").values_list("month", "seal", "previous_seal")
    ]


def concerning(sheets: Sequence[Sheet]) -> QuerySet[AuditEntry]:
    """The entries of the audit log that concern the sheets: by their keys, or by their names in older entries."""
    keys = {sheet.pk for sheet in sheets}
    of_several = AuditEntry.objects.filter(details__has_key="sheets").values_list("pk", "details__sheets")
    about = Q(details__sheet__in=keys) | Q(pk__in=[pk for pk, named in of_several if keys & {*named}])
    for name in map(closing.subject, sheets):
        about |= Q(subject__startswith=name) | Q(details__batch__startswith=name)
    return AuditEntry.objects.filter(about)


def newest_entry(sheets: Sequence[Sheet]) -> int:
    """The newest entry of the audit log that concerns the sheets; 0 for none."""
    return concerning(sheets).order_by("id").values_list("pk", flat=True).last() or 0


def of_chain(sheets: Sequence[Sheet], last: int) -> Iterator[dict[str, Any]]:
    """The chain from the first entry that concerns the sheets up to the entry `last`.

    What concerns them is shown, and the heads and keys; of the others the commitments alone.
    """
    of_sheets = set(concerning(sheets).values_list("pk", flat=True))
    keys_and_heads = AuditEntry.objects.filter(act__in=[Act.HEAD, Act.SIGNING_KEY, Act.KEYS])
    shown = of_sheets | set(keys_and_heads.values_list("pk", flat=True))
    first = min(of_sheets, default=last)
    for entry in AuditEntry.objects.filter(pk__gte=first, pk__lte=last).order_by("id").iterator(chunk_size=2_000):
        row: dict[str, Any] = {"id": entry.pk, "previous": entry.previous, "digest": entry.digest, "commitment": None}
        if entry.scheme == chain.SCHEME:
            content = seal_keys.content(entry)
            salt = chain.salt(content, entry.previous, seal_keys.key_of(entry))
            row["commitment"] = chain.commitment(content, salt)
            if entry.pk in shown:
                row |= {"entry": content, "salt": salt}
        yield row
