"""What can be amiss, and one thing amiss."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy


class Kind(Enum):
    """What can be amiss, the most urgent first.

    A word for it, what several of them are called together, what is to be done, and whether a rule is broken
    already rather than something coming or missing.
    """

    TERM_OVER = (
        "term-over",
        gettext_lazy("Term over"),
        ngettext_lazy("%(count)s office held on after its term", "%(count)s offices held on after their term", "count"),
        gettext_lazy("Settle it"),
        True,
    )
    EMPTY = (
        "empty",
        gettext_lazy("Nobody in office"),
        ngettext_lazy("%(count)s group with nobody in office", "%(count)s groups with nobody in office", "count"),
        gettext_lazy("Enter its people"),
        True,
    )
    TOO_FEW = (
        "too-few",
        gettext_lazy("Too few"),
        ngettext_lazy("%(count)s group with too few people", "%(count)s groups with too few people", "count"),
        gettext_lazy("Hold a by-election"),
        True,
    )
    NO_LEADER = (
        "no-leader",
        gettext_lazy("No leader"),
        ngettext_lazy("%(count)s group without a leader", "%(count)s groups without a leader", "count"),
        gettext_lazy("Enter the leader"),
        True,
    )
    TOO_MANY = (
        "too-many",
        gettext_lazy("Too many"),
        ngettext_lazy("%(count)s group with too many people", "%(count)s groups with too many people", "count"),
        gettext_lazy("Look at the roster"),
        True,
    )
    COMMITTEE = (
        "committee",
        gettext_lazy("Committee incomplete"),
        ngettext_lazy(
            "%(count)s incomplete residents' committee", "%(count)s incomplete residents' committees", "count"
        ),
        gettext_lazy("Hold a by-election"),
        True,
    )
    PLAN_LEFT_OVER = (
        "plan-left-over",
        gettext_lazy("Plan not in force"),
        ngettext_lazy(
            "%(count)s approved plan not put into force", "%(count)s approved plans not put into force", "count"
        ),
        gettext_lazy("Put it into force"),
        True,
    )
    NO_PLAN = (
        "no-plan",
        gettext_lazy("Changed without a plan"),
        ngettext_lazy(
            "%(count)s group changed without an approved plan",
            "%(count)s groups changed without an approved plan",
            "count",
        ),
        gettext_lazy("Look at the group"),
        True,
    )
    ELECTED = (
        "elected",
        gettext_lazy("Leader elected"),
        ngettext_lazy("%(count)s elected leader to be entered", "%(count)s elected leaders to be entered", "count"),
        gettext_lazy("Enter the change"),
        True,
    )
    REVIEW = (
        "review",
        gettext_lazy("No review"),
        ngettext_lazy(
            "%(count)s group without its half-year review", "%(count)s groups without their half-year review", "count"
        ),
        gettext_lazy("Keep its minutes"),
        True,
    )
    REPORT_NOT_TAKEN = (
        "report-not-taken",
        gettext_lazy("Report not taken up"),
        ngettext_lazy(
            "%(count)s group with reports nobody took up", "%(count)s groups with reports nobody took up", "count"
        ),
        gettext_lazy("Take it up"),
        True,
    )
    REPORT_LATE = (
        "report-late",
        gettext_lazy("Report past its deadline"),
        ngettext_lazy(
            "%(count)s group with reports past their deadline",
            "%(count)s groups with reports past their deadline",
            "count",
        ),
        gettext_lazy("Handle it"),
        True,
    )
    VISIT_BACK = (
        "visit-back",
        gettext_lazy("Dispute not visited back"),
        ngettext_lazy(
            "%(count)s group with disputes not visited back", "%(count)s groups with disputes not visited back", "count"
        ),
        gettext_lazy("Enter the visit back"),
        True,
    )
    TRAINING = (
        "training",
        gettext_lazy("Training behind"),
        ngettext_lazy(
            "%(count)s community trained less often than it should",
            "%(count)s communities trained less often than they should",
            "count",
        ),
        gettext_lazy("Hold a training"),
        True,
    )
    TRAINING_MISSED = (
        "training-missed",
        gettext_lazy("Trainings missed"),
        ngettext_lazy(
            "%(count)s community with people who missed all trainings",
            "%(count)s communities with people who missed all trainings",
            "count",
        ),
        gettext_lazy("See who"),
        False,
    )
    NOT_EVALUATED = (
        "not-evaluated",
        gettext_lazy("Not evaluated"),
        ngettext_lazy(
            "%(count)s community whose groups were not evaluated for a year",
            "%(count)s communities whose groups were not evaluated for a year",
            "count",
        ),
        gettext_lazy("Open a round"),
        False,
    )
    TERM_ENDING = (
        "term-ending",
        gettext_lazy("Term ending"),
        ngettext_lazy(
            "%(count)s community whose term ends soon", "%(count)s communities whose term ends soon", "count"
        ),
        gettext_lazy("Prepare the re-election"),
        False,
    )
    UNANSWERED = (
        "unanswered",
        gettext_lazy("Residents wait for an answer"),
        ngettext_lazy(
            "%(count)s group whose residents wait for an answer",
            "%(count)s groups whose residents wait for an answer",
            "count",
        ),
        gettext_lazy("Say what came of it"),
        True,
    )
    NOT_VISITED = (
        "not-visited",
        gettext_lazy("Not all visited"),
        ngettext_lazy(
            "%(count)s group that did not visit all its buildings",
            "%(count)s groups that did not visit all their buildings",
            "count",
        ),
        gettext_lazy("Look at the visiting list"),
        True,
    )
    TO_VISIT = (
        "to-visit",
        gettext_lazy("Still to visit"),
        ngettext_lazy(
            "%(count)s group with buildings still to visit", "%(count)s groups with buildings still to visit", "count"
        ),
        gettext_lazy("Look at the visiting list"),
        False,
    )
    NO_ACCOUNT = (
        "no-account",
        gettext_lazy("No account"),
        ngettext_lazy("%(count)s person without a bank account", "%(count)s people without a bank account", "count"),
        gettext_lazy("Enter the account"),
        False,
    )
    TASKS_OVERDUE = (
        "tasks-overdue",
        gettext_lazy("Tasks overdue"),
        ngettext_lazy("%(count)s group with overdue tasks", "%(count)s groups with overdue tasks", "count"),
        gettext_lazy("See the task"),
        False,
    )
    NOT_ELECTED = (
        "not-elected",
        gettext_lazy("Election not on record"),
        ngettext_lazy(
            "%(count)s leader without minutes of the election",
            "%(count)s leaders without minutes of the election",
            "count",
        ),
        gettext_lazy("Keep its minutes"),
        False,
    )
    NO_TERM = (
        "no-term",
        gettext_lazy("No term"),
        ngettext_lazy("%(count)s office of no term", "%(count)s offices of no term", "count"),
        gettext_lazy("Look at its first day"),
        False,
    )

    def __init__(self, key: str, word: Promise, several: Promise, act: Promise, is_breach: bool):
        self.key, self.word, self.several, self.act, self.is_breach = key, word, several, act, is_breach

    def together(self, count: int) -> str:
        """«5 offices held on after their term»."""
        return self.several % {"count": count}


@dataclass(frozen=True)
class Finding:
    """One thing amiss: where, what, the page on which it is mended, and the keys of its community and group."""

    kind: Kind
    place: str
    text: str  # goes on from the place: 第三居民小组 只有2人(应为3—5人)
    url: str
    community: int
    group: int | None = None

    @property
    def word(self) -> str:
        return str(self.kind.word)

    @property
    def sentence(self) -> str:
        return _("%(place)s %(text)s") % {"place": self.place, "text": self.text}
