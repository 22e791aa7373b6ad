"""The document's rules as checks of the registry: what is amiss on a day, and where it is seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.models import Appointment, Position, ResidentsGroup, Term, User, on_day

SMALLEST, LARGEST = 3, 5  # people in a residents' group 〔三(二) 居民小组原则上为3—5人〕


@dataclass(frozen=True)
class Finding:
    """One thing amiss: a word for it, whom or what it concerns, what is to be done, and the page that shows it."""

    word: str
    place: str
    text: str
    url: str
    community: int


def findings(user: User, day: date) -> list[Finding]:
    """All that is amiss in what the user sees, the terms that are over first, then groups, by community."""
    return [*_terms_over(user, day), *_groups(user, day)]


def _terms_over(user: User, day: date) -> Iterator[Finding]:
    """Offices held on although their term is over 〔三(二) 每届任期5年〕."""
    ended = Term.objects.filter(last_day__lt=day).order_by("-last_day").first()
    if ended is None:
        return
    over = Q(term__last_day__lt=day) | Q(term=None, first_day__lte=ended.last_day)
    offices = Appointment.objects.visible_to(user).in_office(day).filter(over)
    for office in offices.select_related("member", "committee__community", "group").order_by(
        "committee__community__code", "group__ordinal", "member__pinyin"
    ):
        community = office.committee.community
        yield Finding(
            word=_("Term over"),
            place=f"{community.name}{office.group.name if office.group else ''}",
            text=_("%(name)s (%(position)s): the term is over; register the re-election or the last day in office.")
            % {"name": office.member.name, "position": office.get_position_display()},
            url=(office.group or community).get_absolute_url(),
            community=community.pk,
        )


def _groups(user: User, day: date) -> Iterator[Finding]:
    """Groups of fewer or more people than the document has, and groups without a leader 〔三(二)〕."""
    in_office = on_day(day, "appointments__")
    groups = (
        ResidentsGroup.objects.visible_to(user)
        .standing_on(day)
        .annotate(
            people=Count("appointments__member", filter=in_office, distinct=True),
            leaders=Count("appointments", filter=in_office & Q(appointments__position=Position.GROUP_LEADER)),
        )
        .exclude(people__range=(SMALLEST, LARGEST), leaders__gt=0)
    )
    for group in groups.select_related("committee__community"):
        for word, text in _faults(group.people, group.leaders):
            yield Finding(
                word=word,
                place=f"{group.committee.community.name}{group.name}",
                text=text,
                url=group.get_absolute_url(),
                community=group.committee.community_id,
            )


def _faults(people: int, leaders: int) -> Iterator[tuple[str, str]]:
    bounds = {"count": people, "smallest": SMALLEST, "largest": LARGEST}
    if people == 0:
        yield _("Nobody in office"), _("Nobody is registered in this group; load its roster.")
        return
    if people < SMALLEST:
        text = ngettext(
            "%(count)s person in office; there should be %(smallest)s to %(largest)s. Hold a by-election.",
            "%(count)s people in office; there should be %(smallest)s to %(largest)s. Hold a by-election.",
            people,
        )
        yield _("Too few"), text % bounds
    if people > LARGEST:
        text = _("%(count)s people in office; there should be %(smallest)s to %(largest)s.")
        yield _("Too many"), text % bounds
    if not leaders:
        yield _("No leader"), _("The group's meeting has yet to elect a leader.")
