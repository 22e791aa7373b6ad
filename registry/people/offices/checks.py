"""Duties and findings of offices: their terms, and the accounts of those who hold them 〔三(二)(三)〕."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry.models import Appointment, Position, Term, User
from registry.people.areas.figures import employed_on
from registry.people.offices.queries import SOON, by_community, communities_waiting, over
from registry.records.duties import OFFICES, MeasureContext, Measured, Period, duty
from registry.records.findings import Finding, Kind, check

TERM_OVER = Kind(
    "term-over",
    10,
    word=gettext_lazy("Term over"),
    several=ngettext_lazy(
        "%(count)s office held on after its term", "%(count)s offices held on after their term", "count"
    ),
    act=gettext_lazy("Settle it"),
    is_breach=True,
)
TERM_ENDING = Kind(
    "term-ending",
    170,
    word=gettext_lazy("Term ending"),
    several=ngettext_lazy(
        "%(count)s community whose term ends soon", "%(count)s communities whose term ends soon", "count"
    ),
    act=gettext_lazy("Prepare the re-election"),
)
NO_ACCOUNT = Kind(
    "no-account",
    210,
    word=gettext_lazy("No account"),
    several=ngettext_lazy(
        "%(count)s person without a bank account", "%(count)s people without a bank account", "count"
    ),
    act=gettext_lazy("Enter the account"),
)
NO_TERM = Kind(
    "no-term",
    240,
    word=gettext_lazy("No term"),
    several=ngettext_lazy("%(count)s office of no term", "%(count)s offices of no term", "count"),
    act=gettext_lazy("Look at its first day"),
)


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


@check(TERM_OVER, TERM_ENDING, NO_TERM, needs=["registry.view_appointment"])
def terms(user: User, day: date) -> Iterator[Finding]:
    is_over = over(day)
    yield from terms_over(user, day, is_over)
    yield from terms_ending(user, day)
    yield from without_term(user, day, is_over)


def terms_over(user: User, day: date, is_over: Q) -> Iterator[Finding]:
    """Offices held on after their term; one finding for a community whose re-election is yet to be carried out."""
    term = Term.objects.of(day)
    waiting = communities_waiting(term) if term else set()
    may_edit = user.has_perm("registry.change_appointment")
    offices = by_community(user, day).filter(is_over)
    counts = Counter(office.committee.community_id for office in offices)
    for office in offices:
        community = office.committee.community
        if term and community.pk in waiting:
            if count := counts.pop(community.pk, 0):
                text = _("the re-election is to be carried out: %(count)s offices past their term") % {"count": count}
                url = reverse("election", args=[term.pk, community.code])
                yield Finding(TERM_OVER, community.name, text, url, community.pk)
            continue
        text = _("%(name)s (%(position)s): the term is over, with neither re-election nor end registered")
        finding = _of_office(TERM_OVER, office, text)
        yield replace(finding, url=reverse("overdue")) if may_edit else finding


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
        yield Finding(TERM_ENDING, name, text % words, reverse("terms"), pk)


@check(NO_ACCOUNT, needs=["registry.view_employmentspell"])
def accounts(user: User, day: date) -> Iterator[Finding]:
    """People who would be paid and have no account: not employed, in an office for which the document has a rate."""
    rows = by_community(user, day).filter(member__account_index="").exclude(position=Position.DIRECTOR)
    found = set()
    for office in rows.exclude(member__in=employed_on(day)):
        if office.member_id not in found:
            found.add(office.member_id)
            finding = _of_office(NO_ACCOUNT, office, _("%(name)s (%(position)s) has no bank account"))
            yield replace(finding, url=office.member.get_absolute_url())


def without_term(user: User, day: date, is_over: Q) -> Iterator[Finding]:
    """Offices that belong to no term, and are not found as over already."""
    for office in by_community(user, day).filter(term=None).exclude(is_over):
        yield _of_office(NO_TERM, office, _("%(name)s (%(position)s) belongs to no term"))


@duty(
    "term",
    "三(二)",
    gettext_lazy("In term"),
    gettext_lazy("Offices are held within their term"),
    OFFICES,
    Period.ALWAYS,
    "terms",
    place=2,
)
def offices_within_their_term(context: MeasureContext) -> Iterator[Measured]:
    rows = Appointment.objects.in_office(context.day).filter(committee__in=context.committees).order_by()
    for community, group, due, past in rows.values_list("committee__community", "group").annotate(
        whole=Count("pk"), past=Count("pk", filter=over(context.day))
    ):
        yield Measured(community, group, due - past, due)
