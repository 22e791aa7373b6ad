"""The approval flow of a sheet: each step with its user and time, what is missing, and who acts next."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Community, Post, User
from registry.models.roles import CITY_ROLES, roles_with
from subsidies.models import STEPS, Confirmation, Deadlines, Sheet, SheetEvent, State, Step
from subsidies.models.steps import NEXT
from subsidies.month import checks, notice_states

STEP_LABELS: dict[Step, str | Promise] = {
    Step.PREPARE: gettext_lazy("Computed"),
    Step.CONFIRM: gettext_lazy("Communities confirm"),
    Step.SUBMIT: gettext_lazy("Clerk submits"),
    Step.ENDORSE: gettext_lazy("Subdistrict endorses"),
    Step.APPROVE: gettext_lazy("Finance approves"),
    Step.SETTLE: gettext_lazy("Paid"),
}
NAMES_LISTED = 4  # communities named one by one; of more, the first and how many
ORDER = list(STEP_LABELS)
DONE, NOW, AHEAD = "done", "now", "ahead"


@dataclass(frozen=True)
class FlowStep:
    step: Step
    label: str | Promise
    mark: str  # DONE, NOW or AHEAD
    count: str = ""  # 15/17
    by: str = ""
    at: datetime | None = None
    due: date | None = None  # until when, of a step that is not taken yet
    late: int = 0  # days past that


@dataclass
class ApprovalFlow:
    """The approval flow of one sheet."""

    sheet: Sheet
    events: list[SheetEvent] = field(default_factory=list)  # in their order
    confirmations: dict[int, Confirmation | None] = field(default_factory=dict)  # by community; of a draft
    communities: dict[int, Community] = field(default_factory=dict)  # those with lines, by key
    unposted: list[str] = field(default_factory=list)  # communities whose public notice has to end before approval
    holders: list[str] = field(default_factory=list)  # users who may take the next step
    deadlines: Deadlines = field(default_factory=Deadlines)
    reopened: int = 0  # visible people for whom the settled month is open again
    today: date = field(default_factory=lambda: clock.today())

    @property
    def missing(self) -> list[str]:
        """The communities that have not confirmed, or whose confirmation has lapsed."""
        if not self.sheet.is_draft:
            return []
        return [self.communities[key].name for key, found in self.confirmations.items() if found is None]

    @property
    def awaited(self) -> Step | None:
        """The step that comes next; None when all is paid."""
        if self.missing:
            return Step.CONFIRM
        if self.reopened:
            return Step.SETTLE
        return NEXT.get(State(self.sheet.state))

    def due(self, step: Step) -> date | None:
        """The last day for the step; None for a reopened month, which was settled before, in time or late."""
        if self.reopened:
            return None
        return self.deadlines.on(step, Month.of(self.sheet.month))

    @property
    def late(self) -> int:
        """By how many days the next step is late."""
        due = self.due(self.awaited) if self.awaited else None
        return max(0, (self.today - due).days) if due else 0

    @property
    def waits_for(self) -> str:
        """What the sheet waits for, in words; empty when all is paid."""
        match self.awaited:
            case None:
                return ""
            case Step.CONFIRM:
                return _("confirmation by %(names)s") % {"names": few(self.missing)}
            case Step.APPROVE if self.unposted:
                return _("the end of the public notice: %(names)s") % {"names": few(self.unposted)}
            case step:
                words = {
                    Step.SUBMIT: _("submission by the clerk"),
                    Step.ENDORSE: _("endorsement by the subdistrict"),
                    Step.APPROVE: _("approval by finance"),
                    Step.SETTLE: _("payment by the bank"),
                }[step]
                names = {"step": words, "names": _(", ").join(self.holders)}
                return _("%(step)s (%(names)s)") % names if self.holders else words

    @property
    def returned(self) -> SheetEvent | None:
        """The return of a draft, with its user, time and comment, until it is submitted again."""
        moves = [event for event in self.events if event.step in (Step.SUBMIT, Step.RETURN)]
        return moves[-1] if self.sheet.is_draft and moves and moves[-1].step == Step.RETURN else None

    @property
    def steps(self) -> list[FlowStep]:
        return list(self._steps())

    def _steps(self) -> Iterator[FlowStep]:
        place = ORDER.index(self.awaited) if self.awaited else len(ORDER)
        newest = self._newest()
        for at, (step, label) in enumerate(STEP_LABELS.items()):
            mark = DONE if at < place else NOW if at == place else AHEAD
            event = newest.get(step) if mark == DONE else None
            count = f"{self.confirmed}/{len(self.confirmations)}" if step == Step.CONFIRM and self.communities else ""
            if mark == NOW and self.reopened:
                yield FlowStep(step, label, mark, by=reopened_words(self.reopened))
            elif mark != DONE:
                yield FlowStep(step, label, mark, count, due=self.due(step), late=self.late if mark == NOW else 0)
            elif event is None or step == Step.CONFIRM:
                yield FlowStep(step, label, mark, count, at=event.at if event else None)
            else:
                yield FlowStep(step, label, mark, by=str(event.by or _("the system")), at=event.at)

    @property
    def confirmed(self) -> int:
        """How many communities have a valid confirmation."""
        return sum(found is not None for found in self.confirmations.values())

    def _newest(self) -> dict[str, SheetEvent]:
        """The newest event of each step; for steps after the confirmations, since the last return."""
        newest: dict[str, SheetEvent] = {}
        for event in self.events:
            if event.step == Step.RETURN:
                newest = {step: newest[step] for step in (Step.PREPARE, Step.CONFIRM) if step in newest}
            if event.step != Step.PREPARE or not event.comment:  # one community's lines are not the sheet
                newest[event.step] = event
        return newest


def of(sheets: Iterable[Sheet]) -> dict[int, ApprovalFlow]:
    """The approval flow of each sheet, by its key; a constant number of queries."""
    sheets = list(sheets)
    deadlines = Deadlines.objects.of(Month.of(sheet.month) for sheet in sheets)
    found = {sheet.pk: ApprovalFlow(sheet, deadlines=deadlines[Month.of(sheet.month)]) for sheet in sheets}
    for event in SheetEvent.objects.filter(sheet__in=found).select_related("by").order_by("id"):
        found[event.sheet_id].events.append(event)
    confirmations = checks.confirmations(flow.sheet for flow in found.values())
    keys = {key for of_sheet in confirmations.values() for key in of_sheet}
    communities = Community.objects.in_bulk(keys)
    holders = _holders(found.values())
    unposted = notice_states.unposted(sheet for sheet in sheets if sheet.state == State.ENDORSED)
    for key, flow in found.items():
        flow.confirmations = confirmations[key]
        flow.communities = {pk: communities[pk] for pk in flow.confirmations}
        flow.holders = holders[key]
        flow.unposted = unposted.get(key, [])
    return found


def _holders(flows: Iterable[ApprovalFlow]) -> dict[int, list[str]]:
    """By sheet, the users who may take the step after the communities have confirmed."""
    by_place: dict[tuple[str, int | None], list[User]] = defaultdict(list)
    roles = {step: roles_with(STEPS[step].permission) for step in NEXT.values()}
    rows = Post.objects.held_on(clock.today()).filter(role__in=set().union(*roles.values()))
    for post in rows.filter(user__is_active=True).select_related("user").order_by("pk"):
        by_place[post.role, post.subdistrict_id].append(post.user)
    found = {}
    for flow in flows:
        step = NEXT.get(State(flow.sheet.state), Step.SETTLE)
        users = [
            user
            for role in (roles[step] if step != Step.SETTLE else [])  # that one waits for the bank
            for user in by_place[role, None if role in CITY_ROLES else flow.sheet.subdistrict_id]
        ]
        signed = STEPS[step].excluded(flow.sheet, STEPS)
        found[flow.sheet.pk] = [str(user) for user in dict.fromkeys(users) if user.pk not in signed]
    return found


class Rights:
    """What one user may do with sheets; the permissions are read once for any number of sheets."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.reach = {step: user.reach(rule.permission) for step, rule in STEPS.items()}
        # The communities to compute and to confirm for.
        self.computes, self.confirms = (
            user.community_keys(permission)
            for permission in ("subsidies.prepare_lines", STEPS[Step.CONFIRM].permission)
        )

    def may(self, step: Step, sheet: Sheet) -> bool:
        """Whether the user may take the step from the sheet's state, including the separation of duties."""
        rule = STEPS[step]
        return (
            self.reach[step].covers(sheet.subdistrict_id)
            and State(sheet.state) in rule.sources
            and self.user.pk not in rule.excluded(sheet, STEPS)
        )

    def to_confirm(self, flow: ApprovalFlow) -> list[int]:
        """The communities on the draft that have not confirmed and for which the user may confirm."""
        if not flow.sheet.is_draft:
            return []
        return [key for key, found in flow.confirmations.items() if found is None and key in self.confirms]


def reopened_words(people: int) -> str:
    """In words, for how many people a settled month is open again."""
    return ngettext("open again for %(count)s person", "open again for %(count)s people", people) % {"count": people}


def few(names: list[str]) -> str:
    """The names; of many, the first and the total number."""
    if len(names) <= NAMES_LISTED:
        return _(", ").join(names)
    return _("%(names)s and others, %(count)s communities") % {
        "names": _(", ").join(names[:NAMES_LISTED]),
        "count": len(names),
    }
