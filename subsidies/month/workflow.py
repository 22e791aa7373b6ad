"""The approval flow of a sheet from draft to paid: each step of models/steps.py is one transaction with its event.

The database enforces the same rules: transitions between states, three different people, and no change of approved
sheets (models/sheets.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from registry.models import Appointment, Community, User
from registry.records import locks
from registry.records.workflow import Workflow
from subsidies.models import STEPS, Confirmation, Sheet, SheetEvent, State, Step
from subsidies.month import certificates, checks, differences, freshness, seals


class SheetWorkflow(Workflow[Sheet]):
    """Each step leaves an event of the sheet instead of a version."""

    def save(self, step, record, actor, comment):
        record.save()

    def last(self, record):
        last = record.events.select_related("by").order_by("-id").first()
        return (last.by, last.at) if last else None

    def record(self, step, record, source, *, actor, comment="", at=None):
        at = at or clock.now()
        SheetEvent.objects.create(
            sheet=record,
            step=step,
            from_state=source,
            to_state=record.state,
            by=actor,
            at=at,
            comment=comment.strip()[:500],
        )
        super().record(step, record, source, actor=actor, comment=comment, at=at)


SHEETS = SheetWorkflow(Sheet, STEPS, related=("subdistrict", "standard"))


@SHEETS.effect(Step.SUBMIT)
def _submit(sheet: Sheet, actor: User) -> None:
    problems: list[object] = [*checks.blocking(sheet), *checks.unconfirmed(sheet)]
    if differences.of([sheet]):
        problems.append(_("The roster or the rules have changed since it was computed: recalculate it."))
    earlier = Sheet.objects.filter(subdistrict=sheet.subdistrict_id, month__lt=sheet.month)
    last = earlier.order_by("-month").first()
    if before := earlier.exclude(state__in=[State.APPROVED, State.PAID]).order_by("month").first():
        problems.append(_("%(sheet)s comes first: it is not approved yet.") % {"sheet": before})
    elif last and (missing := Month.of(last.month).next) < Month.of(sheet.month):
        text = _("%(area)s has no sheet of %(month)s: compute it first, and have it approved.")
        problems.append(text % {"area": sheet.subdistrict, "month": missing.in_words})
    if problems:
        raise Refused(" ".join(map(str, problems)))
    certificates.certify(sheet)


@SHEETS.effect(Step.ENDORSE)
def _endorse(sheet: Sheet, actor: User) -> None:
    certificates.refuse_altered(sheet, certificates.lines_of(sheet))


@SHEETS.effect(Step.APPROVE)
def _approve(sheet: Sheet, actor: User) -> None:
    if problems := [*checks.unposted(sheet), *checks.unaccepted(sheet)]:
        raise Refused(" ".join(problems))
    lines = certificates.lines_of(sheet)
    certificates.refuse_altered(sheet, lines)
    if certificates.of(sheet, lines) is None:  # submitted before there were certificates
        certificates.certify(sheet)
    seals.seal(sheet, lines, actor)


@SHEETS.effect(Step.RETURN)
def _return(sheet: Sheet, actor: User) -> None:
    sheet.submitted_by = sheet.endorsed_by = None


@SHEETS.effect(Step.SETTLE)
def _settle(sheet: Sheet, actor: User) -> None:
    checks.verify(sheet)
    if problems := checks.unsettled(sheet):
        raise Refused(" ".join(map(str, problems)))


def take(step: Step, *, sheet: Sheet, actor: User, comment: str = "", seen: int | None = None) -> Sheet:
    """Take the step once. `seen` is the version of the sheet that the user saw, None for the present one.

    Raises Overtaken when another user was first, Refused with what to do otherwise.
    """
    return SHEETS.take(step, sheet, actor=actor, comment=comment, seen=seen)


def confirm(*, sheet: Sheet, community: Community, actor: User, seen: str = "") -> Confirmation:
    """The community stands behind its lines of the draft as they are now. Once more changes nothing.

    `seen` is the digest of the lines that the user saw, empty for the present ones. Raises Refused, Overtaken.
    """
    return confirm_all(sheet=sheet, communities=[community], actor=actor, seen={community.pk: seen})[0]


def line_digests(sheet: Sheet, communities: Iterable[Community]) -> dict[int, str]:
    """By community the digest of its lines as they stand; another one where any line is another."""
    found: dict[int, list[str]] = defaultdict(list)
    lines = sheet.lines.filter(community__in=communities).order_by("ordinal")
    for community, digest in lines.values_list("community", "digest"):
        found[community].append(digest)
    return {community: seals.lines_digest(digests) for community, digests in found.items()}


@transaction.atomic
def confirm_all(
    *, sheet: Sheet, communities: Iterable[Community], actor: User, seen: Mapping[int, str] | None = None
) -> list[Confirmation]:
    """Confirm for several communities, all or none; `seen` has the digests by the community's key."""
    locks.hold(locks.WRITERS)
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict", "standard").get(pk=sheet.pk)
    own = set(Community.objects.visible_to(actor, "subsidies.confirm_lines").values_list("pk", flat=True))
    communities = list(communities)
    changed: set[int] | None = None
    doubtful = checks.in_doubt(sheet)
    confirmations = []
    for community in communities:
        if community.pk not in own:
            raise Refused(_("Your post does not include confirming for %(area)s.") % {"area": community})
        if community.subdistrict_id != sheet.subdistrict_id:
            raise Refused(_("%(area)s has no lines on this sheet.") % {"area": community})
        if sheet.state != State.DRAFT:
            raise Refused(_("%(sheet)s is %(state)s: its lines are confirmed.") % {
                "sheet": sheet, "state": sheet.get_state_display(),
            })  # fmt: skip
        if changed is None:
            # Only people of whom something was recorded since are decided again; submitting decides everybody's month.
            people = _people_of(sheet, communities) & freshness.candidates([sheet])
            found = differences.of([sheet], people) if people else []
            changed = set().union(*(each.communities for each in found))
        if community.pk in changed:
            raise Refused(_("The roster has changed since these lines were computed: recalculate them, then confirm."))
        if lines := checks.lines_in_doubt(sheet, community, doubtful):
            message = _("Decide first whether they are registered twice: %(names)s.")
            raise Refused(message % {"names": _(", ").join(line.name for line in lines)})
        confirmations.append(_confirm(sheet, community, actor, (seen or {}).get(community.pk)))
    return confirmations


def _people_of(sheet: Sheet, communities: Iterable[Community]) -> set[int]:
    """The people whose lines belong or may belong to the communities: all who ever held an office there."""
    lines = sheet.lines.filter(community__in=communities)
    offices = Appointment.objects.filter(committee__community__in=communities)
    return {*lines.values_list("member", flat=True), *offices.values_list("member", flat=True)}


def _confirm(sheet: Sheet, community: Community, actor: User, seen: str | None) -> Confirmation:
    lines = sheet.lines.filter(community=community).order_by("ordinal").values_list("digest", "net")
    digest = seals.lines_digest(digest for digest, _net in lines)
    if seen and seen != digest:
        text = _("The lines of %(area)s have changed since you looked; check them again.")
        raise Overtaken(text % {"area": community})
    last = sheet.confirmations.filter(community=community).order_by("-id").first()
    if last and last.digest == digest:
        return last
    confirmation = Confirmation.objects.create(
        sheet=sheet,
        community=community,
        digest=digest,
        lines=len(lines),
        net=sum((net for _digest, net in lines), sheet.net * 0),
        by=actor,
        at=clock.now(),
    )
    SHEETS.record(Step.CONFIRM, sheet, sheet.state, actor=actor, comment=community.name)
    return confirmation
