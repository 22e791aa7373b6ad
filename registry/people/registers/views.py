"""名册查询: the lists of the registers. What is asked for stands in the address and can be sent on."""

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models import (
    COMMITTEE_FIRST,
    Appointment,
    Building,
    Community,
    Member,
    Position,
    ResidentsCommittee,
    ResidentsGroup,
)
from registry.people.areas import figures
from registry.people.bodies import vacancies
from registry.people.bodies.queries import counted_committees, counted_groups
from registry.people.offices.queries import RANK, SOON
from registry.people.registers import filters, tables
from registry.records.list_pages import ListPage


class Register(ListPage):
    """A list of the registers: for the users who work with them, not for a group's own people."""

    permission_required = "registry.view_community"
    chosen: tuple[str, ...]
    first_filters: tuple[str, ...] = ("q", "subdistrict", "community")

    @cached_property
    def today(self):
        return clock.today()

    def get_context_data(self, **kwargs):
        current = self.request.resolver_match.view_name if self.request.resolver_match else None
        tabs = [(reverse(name), page.title, name == current) for name, page in PAGES.items()]
        return super().get_context_data(**kwargs) | {"tabs": tabs}

    def editable_in(self, permission: str) -> dict:
        """For a table with acts: the communities in which the user may do them."""
        editable = Community.objects.visible_to(self.request.user, permission)
        return {"editable": frozenset(editable.values_list("pk", flat=True))}

    def in_office(self, **conditions):
        """The offices of today that the user sees, each with its person, by rank."""
        rows = Appointment.objects.visible_to(self.request.user).in_office(self.today).filter(**conditions)
        return rows.select_related("member").defer("member__phone", "member__account").order_by(RANK, "member__pinyin")


class Members(Register):
    model = Member
    title = _("Members")
    table_class = tables.MemberTable
    filterset_class = filters.MemberFilters
    chosen = ("sex", "age", "offices", "employed", "source", "account")
    first_filters = ("q", "subdistrict", "community", "position", "account", "office")

    def get_queryset(self):
        offices = self.in_office().select_related("committee__community", "group")
        employed = figures.employed_on(self.today).filter(member=OuterRef("pk"))
        return (
            super()
            .get_queryset()
            .filter(erased_at=None)
            .select_related("community")
            .annotate(employed=Exists(employed))
            .prefetch_related(Prefetch("appointments", offices, to_attr="offices"))
            .order_by("pinyin", "name", "pk")
        )


class Appointments(Register):
    model = Appointment
    title = _("Appointments")
    table_class = tables.AppointmentTable
    filterset_class = filters.AppointmentFilters
    chosen = ("position", "community", "group", "first_day", "last_day", "term", "employed")
    first_filters = ("q", "subdistrict", "community", "position", "term", "office")

    def get_queryset(self):
        employed = figures.employed_on(self.today).filter(member=OuterRef("member"))
        return in_order(super().get_queryset()).annotate(employed=Exists(employed))


def in_order(offices):
    """Offices with all that a list shows of them, by body and rank."""
    return (
        offices.select_related("member", "committee__community", "group", "term")
        .defer("member__phone")
        .annotate(rank=RANK)
        .order_by(
            "committee__community__code",
            COMMITTEE_FIRST,
            "rank",
            "member__pinyin",
            "first_day",
            "pk",
        )
    )


class Expiring(Register):
    """Offices whose term is over, ends within 90 days, or is not on record 〔三(二)〕."""

    model = Appointment
    title = _("Terms running out")
    empty = _("No term of office is over or ends within 90 days, and each is on record.")
    table_class = tables.ExpiringTable
    filterset_class = filters.ExpiringFilters
    chosen = ("position", "community", "group", "first_day", "ends", "state")
    first_filters = ("q", "subdistrict", "community", "position", "state")

    def get_queryset(self):
        ends = Q(term=None) | Q(term__last_day__lte=self.today + SOON)
        return in_order(super().get_queryset().in_office(self.today).filter(ends))

    def get_table_kwargs(self):
        return super().get_table_kwargs() | self.editable_in("registry.change_appointment")


def _sum(rows, path: str, total):
    """A total over the rows that belong to the outer row, 0 when there are none."""
    found = rows.filter(**{path: OuterRef("pk")}).order_by().values(path).annotate(total=total).values("total")
    return Subquery(found)


class Groups(Register):
    model = ResidentsGroup
    title = _("Residents' groups")
    table_class = tables.GroupTable
    filterset_class = filters.GroupFilters
    chosen = ("community", "leader", "people", "covered", "households", "residents", "lacks")
    first_filters = ("q", "subdistrict", "community", "size", "leader", "covers")

    def get_queryset(self):
        user = self.request.user
        buildings = Building.objects.visible_to(user)
        return (
            counted_groups(ResidentsGroup.objects.visible_to(user), self.today)
            .annotate(
                covered=Count("buildings", distinct=True),
                households=_sum(buildings, "group", Sum("households")),
                residents=_sum(buildings, "group", Sum("residents")),
            )
            .prefetch_related(
                Prefetch("appointments", self.in_office(position=Position.GROUP_LEADER), to_attr="in_office")
            )
        )

    def get_table_kwargs(self):
        return super().get_table_kwargs() | {"day": self.today}


class Committees(Register):
    model = ResidentsCommittee
    title = _("Residents' committees")
    table_class = tables.CommitteeTable
    filterset_class = filters.CommitteeFilters
    chosen = ("director", "deputy_director", "supervision_director", "people", "groups", "established_on", "lacks")
    first_filters = ("subdistrict", "community", "lack")

    def get_queryset(self):
        user = self.request.user
        groups = ResidentsGroup.objects.visible_to(user).standing_on(self.today)
        return (
            counted_committees(ResidentsCommittee.objects.visible_to(user), self.today)
            .annotate(group_count=_sum(groups, "committee", Count("pk")))
            .select_related("community__subdistrict")
            .prefetch_related(Prefetch("appointments", self.in_office(group=None), to_attr="in_office"))
            .order_by("community__code")
        )

    def get_table_kwargs(self):
        return super().get_table_kwargs() | {"day": self.today}


class Buildings(Register):
    model = Building
    title = _("Buildings")
    empty = _("No building is on record. Add them on the page of their community, or load a file of groups.")
    table_class = tables.BuildingTable
    filterset_class = filters.BuildingFilters
    chosen = ("community", "group", "kind", "households", "residents")
    first_filters = ("q", "subdistrict", "community", "covered", "kind")

    def get_queryset(self):
        return super().get_queryset().select_related("community", "group")

    def get_table_kwargs(self):
        return super().get_table_kwargs() | self.editable_in("registry.change_building")


class Vacancies(Register):
    title = _("Vacancies")
    empty = _("No body lacks anybody.")
    table_class = tables.VacancyTable
    filterset_class = filters.VacancyFilters
    chosen = ("community", "lack", "seats", "since")
    first_filters = ("subdistrict", "community", "lack")

    def get_filterset_kwargs(self, filterset_class):
        return {
            "data": self.request.GET,
            "request": self.request,
            "rows": vacancies.find(self.request.user, self.today),
        }

    def get_table_kwargs(self):
        return super().get_table_kwargs() | self.editable_in("registry.add_appointment")


PAGES: dict[str, type[Register]] = {
    "members": Members,
    "appointments": Appointments,
    "groups": Groups,
    "committees": Committees,
    "buildings": Buildings,
    "vacancies": Vacancies,
    "expiring": Expiring,
}
