"""How many people groups and committees have 〔一(二), 三(二)〕."""

from datetime import date

from django.db.models import Count, Q

from registry.models import COMMITTEE_POSITIONS, Position, on_day


def counted_groups(rows, day: date):
    """Groups, each with how many people and leaders it has on the day."""
    in_office = on_day(day, "appointments__")
    return rows.select_related("committee__community").annotate(
        people=Count("appointments__member", filter=in_office, distinct=True),
        leaders=Count(
            "appointments", filter=in_office & Q(appointments__position=Position.GROUP_LEADER), distinct=True
        ),
    )


def counted_committees(rows, day: date):
    """Committees, each with how many people, directors, deputies and supervisory directors it has on the day."""
    in_office = on_day(day, "appointments__")

    def count(*positions: Position) -> Count:
        return Count("appointments__member", filter=in_office & Q(appointments__position__in=positions), distinct=True)

    return rows.select_related("community").annotate(
        people=count(*COMMITTEE_POSITIONS),
        directors=count(Position.DIRECTOR),
        deputies=count(Position.DEPUTY_DIRECTOR),
        supervisors=count(Position.SUPERVISION_DIRECTOR),
    )
