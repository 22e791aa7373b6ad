"""Offices and their terms, and the accounts of those who hold them 〔三(二)(三)〕."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from registry.compliance.kinds import Finding, Kind
from registry.models import COMMITTEE_FIRST, Appointment, Election, Position, Term, User
from registry.people.areas.figures import employed_on

SOON = timedelta(days=90)  # how long before its end a term asks for the re-election


def _offices(user: User, day: date):
    """Offices held on the day, by community, group and name; without what is encrypted, which costs time to open."""
    rows = Appointment.objects.visible_to(user).in_office(day).select_related("member", "committee__community", "group")
    rows = rows.defer("member__id_number", "member__phone", "member__account")
    return rows.order_by("committee__community__code", COMMITTEE_FIRST, "member__pinyin", "pk")


def _of_office(kind: Kind, office: Appointment, text: str) -> Finding:
    community = office.committee.community
    return Finding(
        kind,
        place=f"{community.name}{office.group.name if office.group else ''}",
        text=text % {"name": office.member.name, "position": office.get_position_display()},
        url=office.group.get_absolute_url() if office.group else reverse("committee", args=[community.code]),
        community=community.pk,
        group=office.group_id,
    )


def over(day: date) -> Q:
    """Of a term that has ended; an office that names no term is of the one it began in or before."""
    ended = Term.objects.filter(last_day__lt=day).order_by("-last_day").first()
    return Q(term__last_day__lt=day) | Q(term=None, first_day__lte=ended.last_day if ended else date.min)


def held_over(user: User, day: date):
    """Offices held on although their term is over 〔三(二) 每届任期5年〕, by community, group and name."""
    return _offices(user, day).filter(over(day))


def terms_over(user: User, day: date, over: Q) -> Iterator[Finding]:
    """The same as findings; where a community's re-election is yet to be carried out, one for all its offices."""
    term = Term.objects.of(day)
    waiting = communities_waiting(term) if term else set()
    keeps = user.has_perm("registry.change_appointment")
    offices = _offices(user, day).filter(over)
    counts = Counter(office.committee.community_id for office in offices)
    for office in offices:
        community = office.committee.community
        if term and community.pk in waiting:
            if count := counts.pop(community.pk, 0):
                text = _("the re-election is to be carried out: %(count)s offices past their term") % {"count": count}
                url = reverse("election", args=[term.pk, community.code])
                yield Finding(Kind.TERM_OVER, community.name, text, url, community.pk)
            continue
        text = _("%(name)s (%(position)s): the term is over, with neither re-election nor end registered")
        finding = _of_office(Kind.TERM_OVER, office, text)
        yield replace(finding, url=reverse("overdue")) if keeps else finding


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


def terms_ending(user: User, day: date) -> Iterator[Finding]:
    """Communities whose offices, as far as no end of theirs is known, run to a term's end within 90 days."""
    ends = F("term__last_day")
    rows = (
        Appointment.objects.visible_to(user)
        .in_office(day)
        .filter(Q(last_day=None) | Q(last_day__gt=ends), term__last_day__range=(day, day + SOON))
        .order_by("committee__community__code", ends)
        .values_list("committee__community", "committee__community__name", ends)
        .annotate(people=Count("member", distinct=True))
    )
    for pk, name, last_day, people in rows:
        text = _("term ends on %(day)s, in %(days)s days; %(people)s people in office")
        words = {"day": last_day, "days": (last_day - day).days, "people": people}
        yield Finding(Kind.TERM_ENDING, name, text % words, reverse("terms"), pk)


def accounts(user: User, day: date) -> Iterator[Finding]:
    """People who would be paid and have no account: not employed, in an office for which the document has a rate."""
    rows = _offices(user, day).filter(member__account_index="").exclude(position=Position.DIRECTOR)
    told = set()
    for office in rows.exclude(member__in=employed_on(day)):
        if office.member_id not in told:
            told.add(office.member_id)
            finding = _of_office(Kind.NO_ACCOUNT, office, _("%(name)s (%(position)s) has no bank account"))
            yield replace(finding, url=office.member.get_absolute_url())


def without_term(user: User, day: date, over: Q) -> Iterator[Finding]:
    """Offices that belong to no term, and are not told as over already."""
    for office in _offices(user, day).filter(term=None).exclude(over):
        yield _of_office(Kind.NO_TERM, office, _("%(name)s (%(position)s) belongs to no term"))
