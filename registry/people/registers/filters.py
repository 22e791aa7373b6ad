"""What the lists of the registers can be narrowed by. Every choice begins with what the user may see."""

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models import (
    Appointment,
    BuildingKind,
    Community,
    EndReason,
    Member,
    Position,
    ProvisionKey,
    Sex,
    Source,
    Term,
    on_day,
)
from registry.people.areas import figures
from registry.people.bodies.vacancies import Lack
from registry.people.offices.queries import SOON
from registry.provisions import queries as provisions
from registry.records.filters import AreaFilters, Choice, DayFilter, GroupChoice, Words

COMMITTEES_LACK = (Lack.DIRECTOR, Lack.DEPUTY_DIRECTOR, Lack.SUPERVISION_DIRECTOR, Lack.COMMITTEE_SIZE)
YES_NO = [("yes", _("yes")), ("no", _("no"))]


class OfficeState:
    NOW, PAST, COMING, ANY = "now", "past", "coming", "any"


class OfficeFilters(AreaFilters):
    """By office and by person. All that is asked of an office is asked of one and the same.

    Without a word about days it is those in office today.
    """

    q = Words()
    group = GroupChoice()
    position = Choice(label=_("Position"), choices=Position.choices)
    office = Choice(
        label=_("Office held"),
        empty_label=_("in office today"),
        choices=[
            (OfficeState.PAST, _("no longer")),
            (OfficeState.COMING, _("not yet")),
            (OfficeState.ANY, _("now or ever")),
        ],
    )
    account = Choice(label=_("Bank account"), choices=[("no", _("missing")), ("yes", _("on record"))])
    employed = Choice(label=_("Employment"), choices=[("yes", _("employed")), ("no", _("not employed"))])
    on = DayFilter(label=_("In office on"))
    sex = Choice(label=_("Sex"), choices=Sex.choices)
    age_from = django_filters.NumberFilter(label=_("Age from"), min_value=0, max_value=150)
    age_to = django_filters.NumberFilter(label=_("Age to"), min_value=0, max_value=150)
    source = Choice(label=_("Source"), choices=Source.choices)
    joined_from = DayFilter(label=_("Took office from"))
    joined_to = DayFilter(label=_("Took office until"))
    left_from = DayFilter(label=_("Left office from"))
    left_to = DayFilter(label=_("Left office until"))

    def body(self) -> Q:
        """Conditions on an appointment's body and position."""
        asked = self.asked
        return Q(**{name: asked[name] for name in ("group", "position") if name in asked})

    def days(self) -> Q:
        """Conditions on an appointment's days, empty when nothing is asked of them."""
        lookups = {
            "joined_from": "first_day__gte", "joined_to": "first_day__lte",
            "left_from": "last_day__gte", "left_to": "last_day__lte",
        }  # fmt: skip
        asked = self.asked
        conditions = Q(**{lookup: asked[name] for name, lookup in lookups.items() if name in asked})
        return conditions & on_day(asked["on"]) if "on" in asked else conditions

    def person(self, path: str = "") -> Q:
        """Conditions on the person; the path leads from a row to it."""
        asked, today = self.asked, clock.today()
        conditions = Q()
        for name in ("sex", "source"):
            if name in asked:
                conditions &= Q(**{f"{path}{name}": asked[name]})
        if "age_from" in asked:
            conditions &= Q(**{f"{path}birth_date__lte": clock.years_before(today, int(asked["age_from"]))})
        if "age_to" in asked:
            conditions &= Q(**{f"{path}birth_date__gt": clock.years_before(today, int(asked["age_to"]) + 1)})
        if "account" in asked:
            without = Q(**{f"{path}account_index": ""})
            conditions &= without if asked["account"] == "no" else ~without
        if "employed" in asked:
            employed = Q(**{f"{path}pk__in": figures.employed_on(asked.get("on", today))})
            conditions &= employed if asked["employed"] == "yes" else ~employed
        return conditions


class MemberFilters(OfficeFilters):
    """People, by the offices they hold or held; without any office also by the community of the record."""

    def filter_queryset(self, queryset):
        asked, today, days = self.asked, clock.today(), self.days()
        area = self.in_area("committee__community")
        offices = Appointment.objects.visible_to(self.request.user).filter(area, self.body())
        now = offices.in_office(today).values("member")
        state = asked.get("office", OfficeState.NOW)
        if days:
            queryset = queryset.filter(pk__in=offices.filter(days).values("member"))
        elif state == OfficeState.NOW:
            queryset = queryset.filter(pk__in=now)
        elif state in (OfficeState.PAST, OfficeState.COMING):
            then = Q(last_day__lt=today) if state == OfficeState.PAST else Q(first_day__gt=today)
            queryset = queryset.filter(pk__in=offices.filter(then).values("member")).exclude(pk__in=now)
        elif self.body():
            queryset = queryset.filter(pk__in=offices.values("member"))
        elif area:
            queryset = queryset.filter(self.in_area("community") | Q(pk__in=offices.values("member")))
        queryset = queryset.filter(self.person())
        return queryset.search(asked["q"]) if "q" in asked else queryset


class AppointmentFilters(OfficeFilters):
    """Offices, one by one."""

    term = django_filters.ModelChoiceFilter(
        label=_("Term"), queryset=Term.objects.all(), empty_label=_("all"), null_label=_("none")
    )
    end_reason = Choice(label=_("Reason for leaving"), choices=EndReason.choices)
    area_path = "committee__community"

    def narrowed(self, queryset):
        asked, today, days = self.asked, clock.today(), self.days()
        queryset = queryset.filter(self.body(), self.person("member__"), _named(self, "member__in"))
        if "term" in asked:
            queryset = queryset.filter(term=None if asked["term"] == "null" else asked["term"])
        if "end_reason" in asked:
            queryset = queryset.filter(end_reason=asked["end_reason"])
        if days:
            return queryset.filter(days)
        return {
            OfficeState.NOW: queryset.in_office(today),
            OfficeState.PAST: queryset.filter(last_day__lt=today),
            OfficeState.COMING: queryset.filter(first_day__gt=today),
            OfficeState.ANY: queryset,
        }[asked.get("office", OfficeState.ANY if "end_reason" in asked else OfficeState.NOW)]


def _named(filters: AreaFilters, path: str) -> Q:
    """The condition that a person has the words in the name, pinyin or initials."""
    words = filters.asked.get("q")
    return Q(**{path: Member.objects.search(words)}) if words else Q()


class ExpiringFilters(AreaFilters):
    """Offices whose term is over, will be soon, or is not on record."""

    q = Words()
    group = GroupChoice()
    position = Choice(label=_("Position"), choices=Position.choices)
    state = Choice(
        label=_("Term"),
        choices=[
            ("over", _("over")),
            ("soon", _("ends within %(days)s days") % {"days": SOON.days}),
            ("none", _("none")),
        ],
    )
    area_path = "committee__community"

    def narrowed(self, queryset):
        asked, today = self.asked, clock.today()
        conditions = Q(**{name: asked[name] for name in ("group", "position") if name in asked})
        if state := asked.get("state"):
            conditions &= {
                "over": Q(term__last_day__lt=today),
                "soon": Q(term__last_day__range=(today, today + SOON)),
                "none": Q(term=None),
            }[state]
        return queryset.filter(conditions, _named(self, "member__in"))


class GroupFilters(AreaFilters):
    """Groups by what they lack."""

    q = django_filters.CharFilter(label=_("Name of the group"))
    size = Choice(
        label=_("Size"),
        choices=[("small", _("too small")), ("right", _("as it should be")), ("large", _("too large"))],
    )
    leader = Choice(label=_("Group leader"), choices=[("no", _("none")), ("yes", _("in office"))])
    covers = Choice(label=_("Buildings"), choices=[("no", _("none")), ("yes", _("some"))])
    standing = Choice(label=_("State"), empty_label=_("standing"), choices=[("no", _("dissolved")), ("any", _("all"))])
    area_path = "committee__community"

    def narrowed(self, queryset):
        asked, today = self.asked, clock.today()
        size = provisions.on(today).size(ProvisionKey.GROUP_SIZE)
        if "standing" not in asked:
            queryset = queryset.standing_on(today)
        elif asked["standing"] == "no":
            queryset = queryset.filter(dissolved_on__lte=today)
        sizes = {
            "small": Q(people__lt=size.smallest),
            "right": Q(people__range=(size.smallest, size.largest)),
            "large": Q(people__gt=size.largest),
        }
        queryset = queryset.filter(sizes.get(asked.get("size", ""), Q()))
        for name, field in (("leader", "leaders"), ("covers", "covered")):
            if name in asked:
                queryset = queryset.filter(**{f"{field}__gt": 0} if asked[name] == "yes" else {field: 0})
        return queryset.filter(name__icontains=asked["q"]) if "q" in asked else queryset


class CommitteeFilters(AreaFilters):
    """Committees by what they lack."""

    lack = Choice(
        label=_("Lacking"),
        choices=[(lack, lack.label) for lack in COMMITTEES_LACK],
    )
    area_path = "community"

    def narrowed(self, queryset):
        smallest = provisions.on(clock.today()).size(ProvisionKey.COMMITTEE_SIZE).smallest
        return queryset.filter(
            {
                None: Q(),
                Lack.DIRECTOR: Q(directors=0),
                Lack.DEPUTY_DIRECTOR: Q(deputies=0),
                Lack.SUPERVISION_DIRECTOR: Q(supervisors=0),
                Lack.COMMITTEE_SIZE: Q(people__lt=smallest),
            }[self.asked.get("lack")]
        )


class BuildingFilters(AreaFilters):
    """Buildings by who covers them."""

    q = django_filters.CharFilter(label=_("Name of the building"))
    covered = Choice(label=_("Covered"), choices=YES_NO)
    group = GroupChoice()
    kind = Choice(label=_("Kind"), choices=BuildingKind.choices)
    area_path = "community"

    def narrowed(self, queryset):
        asked = self.asked
        queryset = queryset.filter(**{name: asked[name] for name in ("group", "kind") if name in asked})
        if "covered" in asked:
            queryset = queryset.filter(group__isnull=asked["covered"] == "no")
        return queryset.filter(name__icontains=asked["q"]) if "q" in asked else queryset


class VacancyFilters(AreaFilters):
    """What bodies lack; the rows are computed, so they are sifted one by one."""

    lack = Choice(label=_("Lacking"), choices=Lack.choices)

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, queryset=Community.objects.none(), **kwargs)
        self.rows = rows

    @property
    def qs(self):
        self.errors  # noqa: B018 - cleans the form
        asked = self.asked
        return [
            each
            for each in self.rows
            if asked.get("lack") in (None, each.lack)
            and asked.get("community") in (None, each.community)
            and asked.get("subdistrict") in (None, each.community.subdistrict)
        ]
