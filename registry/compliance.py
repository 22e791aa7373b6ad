"""The rules of the document and of the law as checks: what is amiss in the registry on a day, and where to mend it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from registry import roles
from registry.figures import employed_on
from registry.models import (
    COMMITTEE_POSITIONS,
    Appointment,
    Election,
    Position,
    ResidentsCommittee,
    ResidentsGroup,
    Term,
    User,
    on_day,
)

SOON = timedelta(days=90)  # how long before its end a term asks for the re-election


class Size(NamedTuple):
    """How many people a body has, both inclusive, from a day on."""

    since: date
    smallest: int
    largest: int

    def holds(self, people: int) -> bool:
        return self.smallest <= people <= self.largest


# Newest first. A later document or law adds its line; what was right before it stays right.
GROUP_SIZES = [Size(date.min, 3, 5)]  # 〔三(二) 居民小组原则上为3—5人〕
COMMITTEE_SIZES = [Size(date.min, 5, 9)]  # director, deputies and members 〔居民委员会组织法 五至九人〕


def size_on(day: date, sizes: list[Size]) -> Size:
    return next(size for size in sizes if size.since <= day)


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
    TERM_ENDING = (
        "term-ending",
        gettext_lazy("Term ending"),
        ngettext_lazy(
            "%(count)s community whose term ends soon", "%(count)s communities whose term ends soon", "count"
        ),
        gettext_lazy("Prepare the re-election"),
        False,
    )
    NO_ACCOUNT = (
        "no-account",
        gettext_lazy("No account"),
        ngettext_lazy("%(count)s person without a bank account", "%(count)s people without a bank account", "count"),
        gettext_lazy("Enter the account"),
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


def findings(user: User, day: date) -> list[Finding]:
    """All that is amiss in what the user sees, the most urgent first, each kind by community."""
    found = [*_groups(user, day), *_committees(user, day)]
    if user.has_perm("registry.view_appointment"):
        is_over = over(day)
        found += [*_terms_over(user, day, is_over), *_terms_ending(user, day), *_without_term(user, day, is_over)]
    if user.has_perm("registry.view_employmentspell"):
        found += _accounts(user, day)
    order = list(Kind)
    found = sorted(found, key=lambda finding: order.index(finding.kind))
    return _led_to_by_elections(found, user)


def _led_to_by_elections(found: list[Finding], user: User) -> list[Finding]:
    """What a by-election mends leads there whoever may hold one; everybody else to the body."""
    lacking = [Kind.TOO_FEW, Kind.COMMITTEE]
    if not user.has_perm("registry.add_appointment"):
        return found
    codes = dict(roles.communities(user, "registry.add_appointment").values_list("pk", "code"))
    return [
        replace(each, url=_by_election(codes[each.community], each.group))
        if each.kind in lacking and each.community in codes
        else each
        for each in found
    ]


def _by_election(code: str, group: int | None) -> str:
    address = reverse("by-election", args=[code])
    return f"{address}?seat=group-{group}:{Position.GROUP_MEMBER}" if group else address


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


def _groups(user: User, day: date) -> Iterator[Finding]:
    """Groups of fewer or more people than the document has, and groups without a leader 〔三(二)〕."""
    size = size_on(day, GROUP_SIZES)
    rows = counted_groups(ResidentsGroup.objects.visible_to(user).standing_on(day), day)
    for group in rows.exclude(people__range=(size.smallest, size.largest), leaders__gt=0):
        community = group.committee.community
        for kind, text in _faults(group.people, group.leaders, size):
            place = f"{community.name}{group.name}"
            yield Finding(kind, place, text, group.get_absolute_url(), community.pk, group.pk)


def _faults(people: int, leaders: int, size: Size) -> Iterator[tuple[Kind, str]]:
    if people == 0:
        yield Kind.EMPTY, _("has nobody in office")
        return
    if people < size.smallest:
        yield (
            Kind.TOO_FEW,
            _("has only %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(people, size),
        )
    if people > size.largest:
        yield Kind.TOO_MANY, _("has %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(people, size)
    if not leaders:
        yield Kind.NO_LEADER, _("has no leader; its meeting elects one")


def _bounds(people: int, size: Size) -> dict:
    return {"count": people, "smallest": size.smallest, "largest": size.largest}


def _committees(user: User, day: date) -> Iterator[Finding]:
    """Committees of the wrong size, or without a director 〔一(二)〕. One with nobody is not entered yet."""
    size = size_on(day, COMMITTEE_SIZES)
    rows = counted_committees(ResidentsCommittee.objects.visible_to(user), day)
    for committee in rows.filter(people__gt=0):
        faults = []
        if not committee.directors:
            faults.append(_("has no director"))
        if not size.holds(committee.people):
            faults.append(
                _("has %(count)s in office (should be %(smallest)s–%(largest)s)") % _bounds(committee.people, size)
            )
        if faults:
            place, url = str(committee), reverse("committee", args=[committee.community.code])
            yield Finding(Kind.COMMITTEE, place, _(", ").join(faults), url, committee.community_id)


def _offices(user: User, day: date):
    """Offices held on the day, by community, group and name; without what is encrypted, which costs time to open."""
    rows = Appointment.objects.visible_to(user).in_office(day).select_related("member", "committee__community", "group")
    rows = rows.defer("member__id_number", "member__phone", "member__account")
    return rows.order_by("committee__community__code", "group__ordinal", "member__pinyin", "pk")


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


def _terms_over(user: User, day: date, over: Q) -> Iterator[Finding]:
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


def _terms_ending(user: User, day: date) -> Iterator[Finding]:
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


def _accounts(user: User, day: date) -> Iterator[Finding]:
    """People who would be paid and have no account: not employed, in an office for which the document has a rate."""
    rows = _offices(user, day).filter(member__account_index="").exclude(position=Position.DIRECTOR)
    told = set()
    for office in rows.exclude(member__in=employed_on(day)):
        if office.member_id not in told:
            told.add(office.member_id)
            finding = _of_office(Kind.NO_ACCOUNT, office, _("%(name)s (%(position)s) has no bank account"))
            yield replace(finding, url=office.member.get_absolute_url())


def _without_term(user: User, day: date, over: Q) -> Iterator[Finding]:
    """Offices that belong to no term, and are not told as over already."""
    for office in _offices(user, day).filter(term=None).exclude(over):
        yield _of_office(Kind.NO_TERM, office, _("%(name)s (%(position)s) belongs to no term"))
