"""The columns of the registers' lists."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import clock, shown, tables
from registry.models import BuildingKind, Member, ProvisionKey
from registry.people.bodies.vacancies import Lack, of_committee, of_group
from registry.provisions import queries as provisions


def link(url: str, text) -> str:
    return format_html('<a href="{}">{}</a>', url, text)


def _wrong(words: Iterable[str]):
    """Badges of the findings; nothing where there are none."""
    return format_html_join(" ", "{}", ((shown.badge("wrong", word),) for word in words)) or "–"


def committee_url(community) -> str:
    return reverse("committee", args=[community.code])


class CommunityColumn(tables.Column):
    """A community, by the path from the row to it; sorted as the statistics code has them."""

    def __init__(self, path: str = "community", **kwargs):
        kwargs.setdefault("verbose_name", gettext_lazy("Community"))
        super().__init__(accessor=path, order_by=f"{path}__code", **kwargs)

    def render(self, value):
        return link(value.get_absolute_url(), value.name)

    def value(self, value):
        return value.name


class GroupColumn(tables.Column):
    def __init__(self, **kwargs):
        kwargs.setdefault("verbose_name", gettext_lazy("Residents' group"))
        super().__init__(accessor="group", order_by=("group__committee__community__code", "group__ordinal"), **kwargs)

    def render(self, value):
        return link(value.get_absolute_url(), value.name)

    def value(self, value):
        return value.name


class PersonColumn(tables.Column):
    """A member's name, leading to the member's page; sorted by pinyin."""

    def __init__(self, path: str = "", **kwargs):
        order = [f"{path}__{name}" if path else name for name in ("pinyin", "name")]
        super().__init__(
            accessor=path or "name", order_by=order, key=True, verbose_name=gettext_lazy("Name"), empty_values=(),
            **kwargs,
        )  # fmt: skip
        self.path = path

    def _member(self, record):
        return getattr(record, self.path) if self.path else record

    def render(self, record):
        member = self._member(record)
        return link(member.get_absolute_url(), member.name)

    def value(self, record):
        return self._member(record).name


class AccountColumn(tables.MaskedColumn):
    """An account, masked; a missing one is marked."""

    def __init__(self, **kwargs):
        super().__init__(empty_values=(None,), **kwargs)

    def render(self, value):
        if value:
            return super().render(value)
        return format_html('<span class="lacking">{} <span aria-hidden="true">▲</span></span>', _("missing"))

    def value(self, value):
        return super().render(value) if value else _("missing")


class EmployedColumn(tables.Column):
    def __init__(self, **kwargs):
        super().__init__(verbose_name=gettext_lazy("Employment"), empty_values=(), **kwargs)

    def render(self, value):
        return _("employed") if value else _("not employed")


class OfficesColumn(tables.Column):
    """The offices that a person holds today."""

    def __init__(self, **kwargs):
        kwargs = {"verbose_name": gettext_lazy("Offices today"), "empty_values": (None, []), **kwargs}
        super().__init__(orderable=False, short=False, **kwargs)

    def render(self, value):
        return _(", ").join(office.in_words for office in value)


class ActColumn(tables.Column):
    """The acts on the row, for a user who may edit it; no part of an export.

    On a phone they are the buttons of a card, unless the column has a title of its own.
    """

    def __init__(self, **kwargs):
        if "verbose_name" not in kwargs:
            kwargs.setdefault("attrs", {"td": {"class": "card-acts"}})
        kwargs = {"accessor": "pk", "verbose_name": gettext_lazy("Acts"), **kwargs}
        super().__init__(orderable=False, empty_values=(), exclude_from_export=True, **kwargs)


class EditableTable(tables.Table):
    """A list with acts, for the communities (keys) in which the user may edit the rows."""

    def __init__(self, *args, editable: frozenset[int] = frozenset(), **kwargs):
        super().__init__(*args, **kwargs)
        self.editable = editable


class MemberTable(tables.Table):
    name = PersonColumn()
    id_number = tables.MaskedColumn(verbose_name=gettext_lazy("ID number"))
    sex = tables.Column(verbose_name=gettext_lazy("Sex"))
    age = tables.NumberColumn(
        accessor="birth_date", order_by="-birth_date", verbose_name=gettext_lazy("Age"), attrs=tables.NUMBER
    )
    birth_date = tables.DayColumn(verbose_name=gettext_lazy("Birth date"))
    offices = OfficesColumn()
    employed = EmployedColumn()
    phone = tables.MaskedColumn(verbose_name=gettext_lazy("Phone"))
    bank = tables.Column(verbose_name=gettext_lazy("Bank"), short=False)
    account = AccountColumn(verbose_name=gettext_lazy("Bank account"))
    community = CommunityColumn(verbose_name=gettext_lazy("Community of the record"))

    class Meta:
        model = Member
        fields = Member.facts()
        sequence = (
            *("name", "id_number", "sex", "age", "birth_date", "offices", "employed"),
            *("...", "phone", "bank", "account", "community"),
        )

    def render_age(self, value):
        return clock.full_years(value, clock.today())


class AppointmentTable(tables.Table):
    name = PersonColumn("member")
    position = tables.Column(order_by="rank", verbose_name=gettext_lazy("Position"))
    community = CommunityColumn("committee__community")
    group = GroupColumn()
    first_day = tables.DayColumn(verbose_name=gettext_lazy("First day in office"))
    last_day = tables.DayColumn(verbose_name=gettext_lazy("Last day in office"))
    end_reason = tables.Column(verbose_name=gettext_lazy("Reason for leaving"))
    term = tables.Column(
        accessor="term__ordinal", order_by="term__first_day", verbose_name=gettext_lazy("Term"), empty_values=(None,)
    )
    basis = tables.Column(verbose_name=gettext_lazy("Basis document"), short=False)
    employed = EmployedColumn()
    id_number = tables.MaskedColumn(accessor="member__id_number", verbose_name=gettext_lazy("ID number"))
    account = AccountColumn(accessor="member__account", verbose_name=gettext_lazy("Bank account"))
    note = tables.Column(verbose_name=gettext_lazy("Note"), short=False)

    def render_term(self, value):
        return _("term %(ordinal)s") % {"ordinal": value}


def _ending(office) -> tuple[str, str]:
    """How soon the term of the office ends, as a badge."""
    if office.term is None:
        return "wrong", _("No term on record")
    left = (office.term.last_day - clock.today()).days
    return ("wrong", _("Term over")) if left < 0 else ("you", _("%(days)s days left") % {"days": left})


class ExpiringTable(EditableTable):
    name = PersonColumn("member")
    position = tables.Column(order_by="rank", verbose_name=gettext_lazy("Position"))
    community = CommunityColumn("committee__community")
    group = GroupColumn()
    first_day = tables.DayColumn(verbose_name=gettext_lazy("First day in office"))
    ends = tables.DayColumn(accessor="term__last_day", verbose_name=gettext_lazy("End of term"))
    state = tables.BadgeColumn(_ending, orderable=False, verbose_name=gettext_lazy("Problem found"))
    act = ActColumn()

    def render_act(self, record):
        if record.committee.community_id not in self.editable:
            return ""
        if record.term and record.term.last_day < clock.today():
            return link(reverse("overdue"), _("Settle it"))
        body = record.group.get_absolute_url() if record.group else committee_url(record.committee.community)
        return link(body, _("See the roster"))


class GroupTable(tables.Table):
    name = tables.Column(
        key=True, linkify=True, order_by=("committee__community__code", "ordinal"), verbose_name=gettext_lazy("Group")
    )
    community = CommunityColumn("committee__community")
    leader = tables.Column(
        accessor="in_office", orderable=False, empty_values=(None, []), verbose_name=gettext_lazy("Group leader")
    )
    people = tables.NumberColumn(verbose_name=gettext_lazy("In office"))
    covered = tables.NumberColumn(verbose_name=gettext_lazy("Buildings"))
    households = tables.NumberColumn(verbose_name=gettext_lazy("Households"))
    residents = tables.NumberColumn(verbose_name=gettext_lazy("Residents"))
    established_on = tables.DayColumn(verbose_name=gettext_lazy("Established on"))
    dissolved_on = tables.DayColumn(verbose_name=gettext_lazy("Dissolved on"))
    lacks = tables.Column(
        accessor="pk", orderable=False, short=False, verbose_name=gettext_lazy("To be corrected"), empty_values=()
    )

    def __init__(self, *args, day, **kwargs):
        super().__init__(*args, **kwargs)
        self.rules = provisions.on(day)

    def render_leader(self, value):
        return _(", ").join(office.member.name for office in value)

    def _lacks(self, group):
        if group.dissolved_on is None:
            yield from (str(lack.label) for lack, seats in of_group(group, self.rules))
            if group.people > self.rules.size(ProvisionKey.GROUP_SIZE).largest:
                yield _("group too large")

    def render_lacks(self, record):
        return _wrong(self._lacks(record))

    def value_lacks(self, record):
        return _(", ").join(self._lacks(record))


class CommitteeTable(tables.Table):
    community = tables.Column(
        key=True, accessor="community", order_by="community__code", verbose_name=gettext_lazy("Residents' committee")
    )
    subdistrict = tables.Column(
        accessor="community__subdistrict__name", order_by="community__subdistrict__code",
        verbose_name=gettext_lazy("Subdistrict"),
    )  # fmt: skip
    director = tables.Column(empty_values=(), orderable=False, verbose_name=gettext_lazy("Director"), accessor="pk")
    deputy_director = tables.Column(
        empty_values=(), orderable=False, verbose_name=gettext_lazy("Deputy director"), accessor="pk"
    )
    supervision_director = tables.Column(
        empty_values=(), orderable=False, verbose_name=gettext_lazy("Supervision director"), accessor="pk"
    )
    people = tables.NumberColumn(verbose_name=gettext_lazy("Committee people"))
    groups = tables.NumberColumn(accessor="group_count", verbose_name=gettext_lazy("Groups"))
    established_on = tables.DayColumn(verbose_name=gettext_lazy("Established on"))
    lacks = tables.Column(
        accessor="pk", orderable=False, short=False, verbose_name=gettext_lazy("To be corrected"), empty_values=()
    )

    def __init__(self, *args, day, **kwargs):
        super().__init__(*args, **kwargs)
        self.rules = provisions.on(day)

    def render_community(self, record):
        return link(committee_url(record.community), record)

    def value_community(self, record):
        return str(record)

    @staticmethod
    def _names(committee, position: str) -> str:
        names = [office.member.name for office in committee.in_office if office.position == position]
        return _(", ").join(names) or "–"

    def render_director(self, record):
        return self._names(record, "director")

    def render_deputy_director(self, record):
        return self._names(record, "deputy_director")

    def render_supervision_director(self, record):
        return self._names(record, "supervision_director")

    def _lacks(self, committee):
        return (str(lack.label) for lack, seats in of_committee(committee, self.rules))

    def render_lacks(self, record):
        return _wrong(self._lacks(record))

    def value_lacks(self, record):
        return _(", ").join(self._lacks(record))


class BuildingTable(EditableTable):
    name = tables.Column(key=True, order_by=("name",), verbose_name=gettext_lazy("Building"))
    community = CommunityColumn()
    group = GroupColumn(empty_values=())
    kind = tables.Column(verbose_name=gettext_lazy("Kind"))
    households = tables.NumberColumn(verbose_name=gettext_lazy("Households"))
    residents = tables.NumberColumn(verbose_name=gettext_lazy("Residents"))
    act = ActColumn()

    def render_act(self, record):
        if record.community_id not in self.editable:
            return ""
        return link(reverse("building-edit", args=[record.pk]), _("Edit"))

    def render_group(self, value):
        return link(value.get_absolute_url(), value.name) if value else _wrong([_("not covered")])

    def value_group(self, value):
        return value.name if value else _("not covered")

    def render_kind(self, value):
        return BuildingKind(value).label if value in BuildingKind.values else value


class VacancyTable(EditableTable):
    body = tables.Column(
        key=True,
        accessor="body",
        orderable=False,
        verbose_name=gettext_lazy("Body"),
    )
    community = CommunityColumn()
    lack = tables.Column(verbose_name=gettext_lazy("Lacking"))
    seats = tables.NumberColumn(verbose_name=gettext_lazy("People wanting"))
    since = tables.DayColumn(verbose_name=gettext_lazy("Since"))
    act = ActColumn(accessor="lack")

    def render_act(self, record):
        if record.community.pk not in self.editable:
            return ""
        return link(record.by_election, _("Hold a by-election"))

    def render_body(self, record):
        return link(record.url, record.body)

    def value_body(self, record):
        return str(record.body)

    def render_lack(self, value):
        return _wrong([str(Lack(value).label)])

    def value_lack(self, value):
        return str(Lack(value).label)

    def render_since(self, value):
        return value.isoformat()
