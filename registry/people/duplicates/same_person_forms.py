"""The question whether somebody new is somebody registered, in forms that put people on the register."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jygroups.lib import cells
from registry.models import DistinctPersons, Member, ResidentsCommittee, User
from registry.people.duplicates import likeness, services
from registry.people.duplicates.likeness import Known


@dataclass
class Question:
    """Whether somebody new, `new.of`, is the registered member; a tick answers that they are two persons."""

    new: Known
    member: Member
    reasons: list[str]
    may_correct: bool  # the number on the member's record
    may_decide: bool  # that they are two persons; who may not states it, and the pair stays undecided
    is_answered: bool = False

    @property
    def key(self) -> str:
        return f"{min(self.new.numbers)}-{self.member.pk}"


class AskSamePerson:
    """Of a form: asks about somebody new; who is the same person is not added, but corrected on the record."""

    questions: Sequence[Question] = ()

    def ask(self, new: Sequence[Known], user: User) -> None:
        """Ask who of the people the user sees the new may be, in a constant number of queries."""
        visible = Member.objects.visible_to(user)
        alike = likeness.like(list(new), visible) if new else []
        pairs = [pair for pair in alike if pair.may_be_one and pair.first.key]
        keys = {pair.first.key for pair in pairs}
        members = Member.objects.select_related("community").defer("phone", "account").in_bulk(keys)
        may_correct, may_decide = (
            set(Member.objects.visible_to(user, perm).filter(pk__in=keys).values_list("pk", flat=True))
            for perm in ("registry.change_member", services.DECIDE)
        )
        within = set(ResidentsCommittee.objects.visible_to(user, services.DECIDE).values_list("pk", flat=True))
        self.questions = [
            Question(
                new,
                members[key],
                [*map(str, pair.reasons)],
                may_correct=key in may_correct,
                may_decide=key in may_decide and {committee for (committee, _group), *_days in new.offices} <= within,
            )
            for pair in pairs
            for key, new in [(pair.first.key, pair.second)]
        ]
        ticked = self.data.getlist("apart") if self.data else ()  # type: ignore[attr-defined]
        for question in self.questions:
            question.is_answered = question.key in ticked

    def refuse_unanswered(self) -> None:
        if not all(question.is_answered for question in self.questions):
            self.add_error(None, _("Answer below whether it is the same person."))  # type: ignore[attr-defined]
        elif self.questions and not self.why:
            self.add_error(None, _("Give below the reason why they are two persons."))  # type: ignore[attr-defined]

    @property
    def is_left_undecided(self) -> bool:
        """Whether somebody else has to decide on the answers."""
        return not all(question.may_decide for question in self.questions)

    @property
    def why(self) -> str:
        """Why they are two persons."""
        return cells.unwrapped(self.data.get("why", ""))[:200]  # type: ignore[attr-defined]

    @property
    def decisions(self) -> list[DistinctPersons]:
        """The answers, to be saved after the new people; `second` is `new.of`."""
        return [
            DistinctPersons(first=each.member, second=each.new.of, reason=self.why, is_decided=each.may_decide)
            for each in self.questions
        ]
