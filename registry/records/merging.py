"""What becomes of the rows that refer to a person whose record is merged into another: they move.

A relation whose rows do not simply move has a rule, declared with `on_merge`; records/checks.py reports a relation
without one that needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from simple_history.models import HistoricalChanges

from registry.models import Attendance, Member, PlanPerson, Record, ReportState, User
from registry.records import versions


@dataclass(frozen=True)
class Merge:
    """`other` goes into `survivor`."""

    survivor: Member
    other: Member
    actor: User
    reason: str

    def move(self, rows: models.QuerySet, name: str = "member") -> None:
        """Let the rows refer to the record that stays."""
        moved = list(rows)
        for row in moved:
            setattr(row, name, self.survivor)
        versions.update(moved, fields=[name], actor=self.actor, reason=self.reason)


Rule = Callable[[Merge, models.QuerySet], None]  # with the rows that refer to the record that goes
RULES: dict[str, Rule] = {}


def on_merge(*labels: str) -> Callable[[Rule], Rule]:
    """Declare what a merge does to the rows of these relations, such as registry.Visit.visitor."""

    def declare(rule: Rule) -> Rule:
        for label in labels:
            RULES[label] = rule
        return rule

    return declare


def relations() -> dict[str, models.Field]:
    """Every relation to a member by its label, without those of stored versions."""
    return {
        f"{each.related_model._meta.label}.{each.field.name}": each.field
        for each in Member._meta.get_fields(include_hidden=True)
        if isinstance(each, models.ForeignObjectRel) and not issubclass(each.related_model, HistoricalChanges)
    }


def needs_rule(field: models.Field) -> bool:
    """Whether the rows cannot be moved without one: they have no versions, or there is one of each member only."""
    return field.unique or not issubclass(field.model, Record)


def carry_out(merge: Merge) -> None:
    """Move all rows that refer to the record that goes, each relation by its rule."""
    for label, field in relations().items():
        rows = field.model._base_manager.filter(**{field.name: merge.other})
        if label in RULES:
            RULES[label](merge, rows)
        else:
            merge.move(rows, field.name)


@on_merge("registry.DistinctPersons.first", "registry.DistinctPersons.second")
def stays(merge: Merge, rows: models.QuerySet) -> None:
    """What was noted about the removed record, or decided under it, stays unchanged."""


@on_merge("registry.Appointment.member", "registry.EmploymentSpell.member")
def planned(merge: Merge, rows: models.QuerySet) -> None:
    """Offices and employment may overlap: duplicates.py joins and moves them as its plan shows."""


@on_merge("registry.User.member")
def sign_in(merge: Merge, rows: models.QuerySet) -> None:
    for user in rows:
        user.member = merge.survivor
        user._change_reason = merge.reason
        user.save()


@on_merge("registry.Attendance.member")
def attendances(merge: Merge, rows: models.QuerySet) -> None:
    """Where both records were invited, one line stays, and either of them came."""
    mine = {row.activity_id: row for row in Attendance.objects.filter(member=merge.survivor)}
    for row in rows:
        if kept := mine.get(row.activity_id):
            versions.remove(row, actor=merge.actor, reason=merge.reason)
            kept.came |= row.came
            versions.save(kept, actor=merge.actor, reason=merge.reason)
        else:
            merge.move([row])  # type: ignore[arg-type]


@on_merge("registry.Report.reporter")
def unsettled_reports(merge: Merge, rows: models.QuerySet) -> None:
    """Settled reports stay with the record they were made under."""
    merge.move(rows.exclude(state=ReportState.CONFIRMED), "reporter")


@on_merge("registry.Evaluation.member")
def evaluations(merge: Merge, rows: models.QuerySet) -> None:
    """Points of a round in which both were evaluated stay."""
    merge.move(rows.exclude(round__in=merge.survivor.evaluations.values("round")))


@on_merge("registry.PlanPerson.member")
def plans_under_way(merge: Merge, rows: models.QuerySet) -> None:
    merge.move(rows.exclude(plan__in=PlanPerson.objects.filter(member=merge.survivor).values("plan")))


@on_merge("registry.ElectionLine.member")
def elections_under_way(merge: Merge, rows: models.QuerySet) -> None:
    merge.move(rows.filter(election__carried_out_at=None))
