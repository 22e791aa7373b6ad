"""Offices held on after their term, and the communities that await a re-election 〔三(二)(三)〕."""

from datetime import date, timedelta

from django.db.models import Case, Count, IntegerField, Q, Value, When

from registry.models import COMMITTEE_FIRST, Appointment, Election, Position, Term, User

# The order of positions.
RANK = Case(*(When(position=each, then=Value(each.rank)) for each in Position), output_field=IntegerField())
SOON = timedelta(days=90)  # how long before its end a term asks for the re-election


def by_community(user: User, day: date):
    """Offices held on the day, by community, group and name; without what is encrypted, which costs time to open."""
    rows = Appointment.objects.visible_to(user).in_office(day).select_related("member", "committee__community", "group")
    rows = rows.defer("member__id_number", "member__phone", "member__account")
    return rows.order_by("committee__community__code", COMMITTEE_FIRST, "member__pinyin", "pk")


def over(day: date) -> Q:
    """Of a term that has ended; an office that names no term is of the one it began in or before."""
    ended = Term.objects.filter(last_day__lt=day).order_by("-last_day").first()
    return Q(term__last_day__lt=day) | Q(term=None, first_day__lte=ended.last_day if ended else date.min)


def held_over(user: User, day: date):
    """Offices held on although their term is over 〔三(二)〕, by community, group and name."""
    return by_community(user, day).filter(over(day))


def communities_waiting(term: Term) -> set[int]:
    """The communities whose re-election into the term decides on all offices together.

    It is drafted, or most of their offices are still of the term before.
    """
    elections = dict(Election.objects.filter(term=term).values_list("community", "carried_out_at"))
    before = Q(first_day__lt=term.first_day) & (Q(last_day=None) | Q(last_day__gte=term.first_day))
    counts = Appointment.objects.order_by().values("committee__community").annotate(
        old=Count("pk", filter=before & ~Q(term=term)), new=Count("pk", filter=Q(first_day__gte=term.first_day))
    )  # fmt: skip
    mostly_old = {row["committee__community"] for row in counts if row["old"] >= row["new"]}
    return {pk for pk, at in elections.items() if at is None} | (mostly_old - elections.keys())
