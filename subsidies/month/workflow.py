"""A sheet's way from draft to paid: each step of models/steps.py one transaction with its event.

The database holds the same rules once more: the ways between states, three different people, and that nothing
approved changes (models/sheets.py).
"""

from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import Community, User
from registry.records import locks
from subsidies.models import STEPS, Confirmation, Sheet, SheetEvent, SheetLine, State, Step
from subsidies.models.steps import SheetStep
from subsidies.month import checks, differences, seals


class AlreadyDone(Refused):
    """Somebody was first; the message says who and when."""


def _submit(sheet: Sheet, actor: User) -> None:
    problems: list[object] = [*checks.blocking(sheet), *checks.unconfirmed(sheet)]
    if differences.of([sheet]):
        problems.append(_("The roster or the rules have changed since it was computed: recalculate it."))
    earlier = Sheet.objects.filter(subdistrict=sheet.subdistrict_id, month__lt=sheet.month)
    if before := earlier.exclude(state__in=[State.APPROVED, State.PAID]).order_by("month").first():
        problems.append(_("%(sheet)s comes first: it is not approved yet.") % {"sheet": before})
    if problems:
        raise Refused(" ".join(map(str, problems)))


def _approve(sheet: Sheet, actor: User) -> None:
    if problems := checks.unposted(sheet):
        raise Refused(" ".join(problems))
    lines = list(sheet.lines.select_related("community", "group").order_by("ordinal"))
    for line in lines:
        line.sheet = sheet
    if any(line.digest != seals.line_digest(line) for line in lines):
        raise Refused(_("A line is not as it was computed; return the sheet and recalculate it."))
    seals.seal(sheet, lines, actor)


def _return(sheet: Sheet, actor: User) -> None:
    sheet.submitted_by = sheet.endorsed_by = None


def _settle(sheet: Sheet, actor: User) -> None:
    if problems := checks.unsettled(sheet):
        raise Refused(" ".join(map(str, problems)))


# What else a step needs and does, beside what models/steps.py says.
ACTS: dict[Step, Callable[[Sheet, User], None]] = {
    Step.SUBMIT: _submit, Step.APPROVE: _approve, Step.RETURN: _return, Step.SETTLE: _settle,
}  # fmt: skip


@transaction.atomic
def take(step: Step, *, sheet: Sheet, actor: User, comment: str = "") -> Sheet:
    """Take the step, once. Raises AlreadyDone when somebody else just has, Refused with what to do otherwise."""
    rule = STEPS[step]
    locks.hold(locks.WRITERS)  # neither a roster nor another sheet changes under the checks
    locked = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict", "standard")
    sheet = locked.get(pk=sheet.pk)
    if not actor.has_perm(rule.permission, sheet):
        raise Refused(_("Your post does not include this step for %(area)s.") % {"area": sheet.subdistrict})
    if sheet.state not in rule.sources:
        raise _late(sheet, rule)
    if actor.pk in rule.signed_before(sheet):
        raise Refused(_("You have signed this sheet already; this step is somebody else's."))
    if rule.needs_comment and not comment.strip():
        raise Refused(_("Say why it is returned, and what is to be corrected."))
    if act := ACTS.get(step):
        act(sheet, actor)
    if rule.signature:
        setattr(sheet, rule.signature, actor)
    source, sheet.state = sheet.state, rule.target
    sheet.save()
    record(step, sheet, source, actor=actor, comment=comment)
    return sheet


def record(step: Step, sheet: Sheet, source: str, *, actor: User | None, comment: str = "") -> None:
    """The event of a step just taken."""
    SheetEvent.objects.create(
        sheet=sheet,
        step=step,
        from_state=source,
        to_state=sheet.state,
        by=actor,
        at=timezone.now(),
        comment=comment.strip()[:500],
    )


def _late(sheet: Sheet, rule: SheetStep) -> Refused:
    last = sheet.events.select_related("by").order_by("-id").first()
    words = {
        "sheet": sheet,
        "state": sheet.get_state_display(),
        "who": last.by if last and last.by else _("the system"),
        "when": date_format(timezone.localtime(last.at), "Y-m-d H:i") if last else "–",
    }
    if sheet.state == rule.target:
        return AlreadyDone(_("%(sheet)s is %(state)s already: %(who)s was first, at %(when)s.") % words)
    return Refused(_("%(sheet)s is %(state)s (%(who)s, %(when)s); this step is not open to it.") % words)


def confirm(*, sheet: Sheet, community: Community, actor: User) -> Confirmation:
    """The community stands behind its lines of the draft as they are now. Once more changes nothing. Raises Refused."""
    return confirm_all(sheet=sheet, communities=[community], actor=actor)[0]


@transaction.atomic
def confirm_all(*, sheet: Sheet, communities: Iterable[Community], actor: User) -> list[Confirmation]:
    """The same for several communities, for all of them or none."""
    locks.hold(locks.WRITERS)
    sheet = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict", "standard").get(pk=sheet.pk)
    own = set(Community.objects.visible_to(actor, "subsidies.confirm_lines").values_list("pk", flat=True))
    changed: set[int] | None = None
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
            changed = set().union(*(each.communities for each in differences.of([sheet])))
        if community.pk in changed:
            raise Refused(_("The roster has changed since these lines were computed: recalculate them, then confirm."))
        confirmations.append(_confirm(sheet, community, actor))
    return confirmations


def _confirm(sheet: Sheet, community: Community, actor: User) -> Confirmation:
    lines = SheetLine.objects.filter(sheet=sheet, community=community).order_by("ordinal").defer("facts")
    digest = seals.lines_digest(line.digest for line in lines)
    last = sheet.confirmations.filter(community=community).order_by("-id").first()
    if last and last.digest == digest:
        return last
    confirmation = Confirmation.objects.create(
        sheet=sheet,
        community=community,
        digest=digest,
        lines=len(lines),
        net=sum((line.net for line in lines), sheet.net * 0),
        by=actor,
        at=timezone.now(),
    )
    record(Step.CONFIRM, sheet, sheet.state, actor=actor, comment=community.name)
    return confirmation
