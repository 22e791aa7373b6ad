"""A sheet's way from draft to paid: one declared machine, each step one transaction with its event.

The database holds the same rules once more: the ways between states, three different people, and that nothing
approved changes (models/sheets.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from registry.access import roles
from registry.models import Community, User
from registry.records import locks
from subsidies.models import Confirmation, Sheet, SheetEvent, SheetLine, State, Step
from subsidies.month import checks, differences, seals
from subsidies.month.permissions import subdistricts
from subsidies.month.sheets import Refused


@dataclass(frozen=True)
class Transition:
    """One step of the machine: from which states to which, by whom, and what else must hold and be done."""

    sources: frozenset[State]
    target: State
    permission: str
    act: Callable[[Sheet, User], None]
    needs_comment: bool = False


class AlreadyDone(Refused):
    """Somebody was first; the message says who and when."""


def _submit(sheet: Sheet, actor: User) -> None:
    problems: list[object] = [*checks.blocking(sheet), *checks.unconfirmed(sheet)]
    if differences.of([sheet]):
        problems.append(_("The roster or the rules have changed since it was computed: compute it anew."))
    earlier = Sheet.objects.filter(subdistrict=sheet.subdistrict_id, month__lt=sheet.month)
    if before := earlier.exclude(state__in=[State.APPROVED, State.PAID]).order_by("month").first():
        problems.append(_("%(sheet)s comes first: it is not approved yet.") % {"sheet": before})
    if problems:
        raise Refused(" ".join(map(str, problems)))
    sheet.submitted_by = actor


def _endorse(sheet: Sheet, actor: User) -> None:
    if actor.pk == sheet.submitted_by_id:
        raise Refused(_("You submitted this sheet; somebody else has to endorse it."))
    sheet.endorsed_by = actor


def _approve(sheet: Sheet, actor: User) -> None:
    if actor.pk in (sheet.submitted_by_id, sheet.endorsed_by_id):
        raise Refused(_("You submitted or endorsed this sheet; somebody else has to approve it."))
    if problems := checks.unposted(sheet):
        raise Refused(" ".join(problems))
    lines = list(sheet.lines.select_related("community", "group").order_by("ordinal"))
    for line in lines:
        line.sheet = sheet
    if any(line.digest != seals.line_digest(line) for line in lines):
        raise Refused(_("A line is not as it was computed; return the sheet and compute it anew."))
    seals.seal(sheet, lines, actor)


def _return(sheet: Sheet, actor: User) -> None:
    sheet.submitted_by = sheet.endorsed_by = None


def _settle(sheet: Sheet, actor: User) -> None:
    if problems := checks.unsettled(sheet):
        raise Refused(" ".join(map(str, problems)))


TRANSITIONS = {
    Step.SUBMIT: Transition(frozenset({State.DRAFT}), State.SUBMITTED, "subsidies.submit_sheet", _submit),
    Step.ENDORSE: Transition(frozenset({State.SUBMITTED}), State.ENDORSED, "subsidies.endorse_sheet", _endorse),
    Step.APPROVE: Transition(frozenset({State.ENDORSED}), State.APPROVED, "subsidies.approve_sheet", _approve),
    Step.RETURN: Transition(
        frozenset({State.SUBMITTED, State.ENDORSED}), State.DRAFT, "subsidies.return_sheet", _return, needs_comment=True
    ),
    Step.SETTLE: Transition(frozenset({State.APPROVED}), State.PAID, "subsidies.settle_sheet", _settle),
}


@transaction.atomic
def take(step: Step, *, sheet: Sheet, actor: User, comment: str = "") -> Sheet:
    """Take the step, once. Raises AlreadyDone when somebody else just has, Refused with what to do otherwise."""
    transition = TRANSITIONS[step]
    locks.hold(locks.WRITERS)  # neither a roster nor another sheet changes under the checks
    locked = Sheet.objects.select_for_update(of=("self",)).select_related("subdistrict", "standard")
    sheet = locked.get(pk=sheet.pk)
    if sheet.subdistrict not in subdistricts(actor, transition.permission):
        raise Refused(_("Your post does not include this step for %(area)s.") % {"area": sheet.subdistrict})
    if sheet.state not in transition.sources:
        raise _late(step, sheet, transition)
    if transition.needs_comment and not comment.strip():
        raise Refused(_("Say why it is returned, and what is to be mended."))
    transition.act(sheet, actor)
    source, sheet.state = sheet.state, transition.target
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


def _late(step: Step, sheet: Sheet, transition: Transition) -> Refused:
    last = sheet.events.select_related("by").order_by("-id").first()
    words = {
        "sheet": sheet,
        "state": sheet.get_state_display(),
        "who": last.by if last and last.by else "–",
        "when": date_format(timezone.localtime(last.at), "Y-m-d H:i") if last else "–",
    }
    if sheet.state == transition.target:
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
    own = set(roles.communities(actor, "subsidies.confirm_lines").values_list("pk", flat=True))
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
