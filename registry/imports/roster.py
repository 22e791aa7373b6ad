"""The roster (花名册): a row is an appointment, with the person who holds it.

Rows are matched to the register in a constant number of queries, checked one by one and then together, and
written in bulk at the end, or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from import_export.fields import Field

from jygroups.lib import id_numbers
from jygroups.lib.cells import is_nothing, plain
from registry.imports import base, columns, likeness, overlaps
from registry.imports.areas import Areas, Body
from registry.imports.likeness import Person
from registry.imports.outcomes import Change
from registry.models import (
    COMMITTEE_FIRST,
    Appointment,
    Community,
    EmploymentSpell,
    Member,
    Position,
    ProvisionKey,
    Term,
)
from registry.provisions.queries import Provisions

# The cells that say who holds which office when.
PLACING = {"街道", "社区", "居民小组", "身份证号", "职务", "任职日期", "离任日期"}
# What all rows of one person say alike.
PERSONAL = [
    "姓名", "联系电话", "在职情况", "在职起始日期", "在职截止日期", "工作单位", "人员来源", "开户银行", "银行账号",
]  # fmt: skip


@dataclass(eq=False)
class Row(base.Row):
    person: Person
    office: Appointment
    body: Body


class RosterResource(base.CheckedResource):
    """Reads rosters, and writes them in the same columns.

    `communities` are those the actor may write to; None for all.
    """

    REQUIRED = ["社区", "姓名", "身份证号", "职务", "任职日期", "在职情况"]
    WRITTEN = {
        Member: ["name", "pinyin", "initials", "phone", "bank", "account", "account_index", "source"],
        EmploymentSpell: ["employer", "first_day", "last_day"],
        Appointment: ["last_day", "end_reason", "note"],
    }
    SHOWN = {
        Member: {
            "name": "姓名", "phone": "联系电话", "bank": "开户银行", "account": "银行账号", "source": "人员来源",
        },
        EmploymentSpell: {"employer": "工作单位", "first_day": "在职起始日期", "last_day": "在职截止日期"},
        Appointment: {"last_day": "离任日期", "end_reason": "离任原因", "note": "备注"},
    }  # fmt: skip
    EXAMPLE = "身份证号", columns.EXAMPLE_ID_NUMBER

    subdistrict = Field("committee__community__subdistrict__name", "街道", columns.Column(), readonly=True)
    community = Field("committee__community__name", "社区", columns.Column(), readonly=True)
    group = Field("group__name", "居民小组", columns.Column(), readonly=True)
    name = Field("member__name", "姓名", columns.Name())
    id_number = Field("member__id_number", "身份证号", columns.IDNumber())
    phone = Field("member__phone", "联系电话", columns.Phone(), saves_null_values=False)
    position = Field("position", "职务", columns.RequiredChoice(columns.POSITIONS))
    first_day = Field("first_day", "任职日期", columns.RequiredDay("任职日期", month_allowed=True))
    last_day = Field("last_day", "离任日期", columns.Day("离任日期", until_now=True), saves_null_values=False)
    end_reason = Field("end_reason", "离任原因", columns.Ending(columns.END_REASONS), saves_null_values=False)
    employed = Field(None, "在职情况", columns.RequiredChoice(columns.EMPLOYED))
    employed_from = Field(None, "在职起始日期", columns.Day("在职起始日期", month_allowed=True))
    employed_to = Field(None, "在职截止日期", columns.Day("在职截止日期", until_now=True))
    employer = Field(None, "工作单位", columns.Column())
    source = Field("member__source", "人员来源", columns.Choice(columns.SOURCES), saves_null_values=False)
    bank = Field("member__bank", "开户银行", columns.Column(), saves_null_values=False)
    account = Field("member__account", "银行账号", columns.Account(), saves_null_values=False)
    note = Field("note", "备注", columns.Column(500), saves_null_values=False)

    class Meta:
        model = Appointment
        fields = [
            "subdistrict", "community", "group", "name", "id_number", "phone", "position", "first_day", "last_day",
            "end_reason", "employed", "employed_from", "employed_to", "employer", "source", "bank", "account", "note",
        ]  # fmt: skip
        import_id_fields = ()
        instance_loader_class = base.RegisterLoader
        use_bulk = True
        batch_size = None
        skip_diff = True

    def __init__(self, *, communities: Iterable[Community] | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.communities = None if communities is None else list(communities)
        self.kept = {community.pk for community in self.communities or ()}
        self.areas = Areas(self.communities)
        self.people: dict[str, Person] = {}  # by ID number
        self.today = timezone.localdate()

    # Writing a roster ---------------------------------------------------------------------------------------

    def get_queryset(self):
        offices = Appointment.objects.select_related("member", "committee__community__subdistrict", "group")
        return offices.prefetch_related("member__employment_spells").order_by(
            "committee__community__code", COMMITTEE_FIRST, "first_day", "id"
        )

    def _spell(self, office: Appointment) -> EmploymentSpell | None:
        """The one employment that a row has room for: today's, else the last known."""
        spells = sorted(office.member.employment_spells.all(), key=lambda spell: spell.first_day or date.min)
        today = [spell for spell in spells if spell.covers(self.today)]
        return (today or spells)[-1] if spells else None

    def dehydrate_employed(self, office):
        spell = self._spell(office)
        return columns.EMPLOYED[spell is not None and spell.covers(self.today)][0]

    def dehydrate_employed_from(self, office):
        spell = self._spell(office)
        return str(spell.first_day or "") if spell else ""

    def dehydrate_employed_to(self, office):
        spell = self._spell(office)
        return str(spell.last_day or "") if spell else ""

    def dehydrate_employer(self, office):
        spell = self._spell(office)
        return spell.employer if spell else ""

    # Before: what the register knows of the people and bodies in the file ----------------------------------

    def before_import(self, dataset, **kwargs):
        numbers = [number for cell in dataset["身份证号"] if (number := self.value("id_number", {"身份证号": cell}))]
        by_key = {}
        for member in Member.objects.with_id_numbers(numbers):
            self.people[member.id_number] = by_key[member.pk] = Person(
                self.remembered(member), registered_name=member.name
            )
        for office in Appointment.objects.filter(member__in=by_key):
            person = by_key[office.member_id]
            office.member = person.member
            person.offices.append(self.remembered(office))
        for spell in EmploymentSpell.objects.filter(member__in=by_key):
            person = by_key[spell.member_id]
            person.spells.append(self.remembered(spell))
            person.was_employed |= spell.covers(self.today)
        self.terms = list(Term.objects.all())
        self.provisions = Provisions()

    # Row by row -------------------------------------------------------------------------------------------

    def before_import_row(self, row, **kwargs):
        """成员 alone is a member of the group that the row names, else of the committee."""
        if plain(row.get("职务") or "") == "成员":
            in_group = not is_nothing(row.get("居民小组") or "")
            row["职务"] = columns.POSITIONS[Position.GROUP_MEMBER if in_group else Position.COMMITTEE_MEMBER][0]

    def registered(self, cells) -> Appointment | None:
        """The register's appointment that the row is about: by person, body, position and first day."""
        person = self.people.get(self.value("id_number", cells))
        body = self.areas.body(cells)
        if person is None or body.committee is None:
            return None
        wanted = (
            body.committee.pk,
            body.group and body.group.pk,
            self.value("position", cells),
            self.value("first_day", cells),
        )
        for office in person.offices:
            if (office.committee_id, office.group_id, office.position, office.first_day) == wanted:
                return office
        return None

    def init_instance(self, row=None):
        number, body = self.value("id_number", row), self.areas.body(row)
        community = body.committee.community if body.committee else None
        person = self.people.get(number) or Person(Member(community=community))
        if number:
            self.people[number] = person
        return Appointment(member=person.member, committee=body.committee, group=body.group)

    def read_row(self, instance, cells) -> Row:
        person = self.people.get(self.value("id_number", cells)) or Person(instance.member)
        row = Row(cells, person, instance, self.areas.body(cells))
        for column, message in row.body.problems:
            row.refuse(column, message)
        self.read_cells(instance, row)
        self._check_office(row)
        self._check_person(row)
        if self.is_repeated(instance):
            row.refuse("任职日期", _("an earlier row has the same appointment; delete one of them"))
        return row

    def touched(self, row: Row) -> list:
        return [row.office, row.person.member, *row.person.spells]

    def is_new(self, row: Row) -> bool:
        return row.office.pk is None

    def page(self, row: Row) -> tuple[str, int | None]:
        return "member", row.person.member.pk

    def changes(self, row: Row) -> list[Change]:
        """Those of the library of columns, and whether a registered person has come into or out of employment."""
        changes = super().changes(row)
        if row.person.member.pk:
            new = [spell for spell in row.person.spells if spell.pk is None]
            changes += [
                self._change(column, "", getattr(spell, name))
                for spell in new
                for name, column in self.SHOWN[EmploymentSpell].items()
                if getattr(spell, name)
            ]
            is_employed = any(spell.covers(self.today) for spell in row.person.spells)
            if is_employed != row.person.was_employed:
                changes.append(self._change("在职情况", row.person.was_employed, is_employed))
        return changes

    def _check_office(self, row: Row) -> None:
        office, body = row.office, row.body
        if office.position:
            in_group = Position(office.position).in_group
            if in_group and not body.group_named:
                row.refuse("居民小组", _("this position is held in a group; name the group"))
            if not in_group and body.group_named:
                row.refuse("居民小组", _("this position is held in the committee; leave the group empty"))
        if office.first_day is None:
            return
        if office.last_day and office.last_day < office.first_day:
            row.refuse("离任日期", _("it is before the first day in office; correct one of them"))
        if office.end_reason and not office.last_day:
            row.warn("离任原因", _("a reason without a last day is left out: the person stays in office"))
            office.end_reason = self.stored(office, "end_reason") or ""
        if office.pk and office.last_day and row.cells.get("离任日期") == "":
            row.warn("离任日期", _("the register has an end of this office; an empty cell leaves it"))
        youngest = self.provisions.on(office.first_day).least(ProvisionKey.YOUNGEST)
        if row.person.member.id_number and id_numbers.age(row.person.member.id_number, office.first_day) < youngest:
            message = _("the person was under %(age)s then; correct the day or the ID number") % {"age": youngest}
            row.refuse("任职日期", message)
        term = next((term for term in self.terms if term.first_day <= office.first_day <= term.last_day), None)
        if term is None:
            row.warn("任职日期", _("the day lies outside every term"))
        elif office.pk is None:
            office.term = term
        if dissolved := body.group and body.group.dissolved_on:
            if office.first_day >= dissolved:
                row.refuse("任职日期", _("the group was dissolved on %(date)s") % {"date": dissolved})
            elif not office.last_day or office.last_day >= dissolved:
                row.warn("离任日期", _("the group was dissolved on %(date)s") % {"date": dissolved})
        held_in = body.group or body.committee
        if held_in and held_in.established_on and office.first_day < held_in.established_on:
            row.warn("任职日期", _("the day lies before the body was established"))

    def _check_person(self, row: Row) -> None:
        """One person's personal columns agree on all rows; the first row's are taken."""
        person = row.person
        said = {
            each.column_name: self.value(name, row.cells)
            for name, each in self.fields.items()
            if each.column_name in PERSONAL
        }
        if person.first_row is None:
            person.first_row, person.said = row.number, said
            self._check_registered(row)
        for column in PERSONAL:
            if said[column] != person.said[column]:
                message = _("row %(row)s says otherwise of the same person; make them agree")
                row.refuse(column, message % {"row": person.first_row})

    def _check_registered(self, row: Row) -> None:
        """Report people registered under another name; change and report nothing of records that others keep."""
        person, member = row.person, row.person.member
        is_ours = not member.pk or self.communities is None or member.community_id in self.kept
        checked = row if is_ours else Row(dict(row.cells), person, row.office, row.body)
        if member.pk and is_ours and member.name != person.registered_name:
            message = _("the register has %(name)s under this ID number; the name is changed")
            row.warn("姓名", message % {"name": person.registered_name})
        if member.merged_into_id and is_ours:
            row.refuse("身份证号", _("this record was merged into another; give the ID number of that one"))
        if person.said["在职情况"] is not None:
            self._check_employment(checked)
        if not is_ours and (
            member.merged_into_id or checked.errors or not all(map(self.unchanged, [member, *person.spells]))
        ):
            row.refuse("身份证号", _("already on the register; ask the subdistrict office"))

    def _check_employment(self, row: Row) -> None:
        """Bring the person's employment up to what the row says: today's state, and at most one spell."""
        said, spells = row.person.said, row.person.spells
        employed, first, last = said["在职情况"], said["在职起始日期"], said["在职截止日期"]
        if first and last and last < first:
            return row.refuse("在职截止日期", _("it is before the first day of employment; correct one of them"))
        if employed and last and last < self.today:
            return row.refuse("在职截止日期", _("it is past, yet the person is 在职; correct one of them"))
        if employed and first and first > self.today:
            return row.refuse("在职起始日期", _("it is still to come, yet the person is 在职; correct one of them"))
        if first:
            # What began on an unknown day may have become known.
            known = [spell for spell in spells if spell.first_day == first] or [
                spell for spell in spells if spell.first_day is None and spell.covers(last or first)
            ]
            for other in spells if not known else ():
                if first <= (other.last_day or date.max) and (other.first_day or date.min) <= (last or date.max):
                    message = _("the register has an employment from %(first)s to %(last)s; give its first day")
                    words = {"first": other.first_day or "…", "last": other.last_day or _("until now")}
                    return row.refuse("在职起始日期", message % words)
        elif last:
            known = [spell for spell in spells if spell.covers(last)]
        else:
            known = [spell for spell in spells if employed and spell.covers(self.today)]
        if not known and (first or last or employed):
            known = [EmploymentSpell(member=row.person.member)]
            spells += known
        for spell in known[:1]:
            spell.first_day = first or spell.first_day
            spell.last_day = last or spell.last_day
            spell.employer = said["工作单位"] or spell.employer
        if not employed and any(spell.covers(self.today) for spell in spells):
            message = _("by the register or the dates here the person is employed today; give 在职截止日期")
            return row.refuse("在职情况", message)
        return None

    def _most_in_group(self, day: date) -> int:
        return self.provisions.on(day).size(ProvisionKey.GROUP_SIZE).largest

    # Rows against one another and against the register -----------------------------------------------------

    def check_together(self) -> None:
        """One office in a body and one leader of a group at a time; a group past its largest size is reported."""
        # Rows whose body, person or days are in doubt already are held against nobody.
        rows = {id(row.office): row for row in self.rows if not row.errors.keys() & PLACING}
        groups = {row.body.group.pk for row in rows.values() if row.body.group}
        touched = [office for row in rows.values() for office in [row.office, *row.person.offices]]
        touched = list({id(office): office for office in touched}.values())
        known = {office.pk for office in touched}
        stored = [office for office in Appointment.objects.filter(group__in=groups) if office.pk not in known]
        by_body, by_group = defaultdict(list), defaultdict(list)
        for office in [*touched, *stored]:
            if not (office.position and office.first_day and office.committee_id):
                continue
            holder = office.member_id or id(office.member)
            supervision = office.position == Position.SUPERVISION_DIRECTOR
            by_body[holder, office.committee_id, office.group_id, supervision].append(office)
            if office.group_id:
                by_group[office.group_id].append(office)
        for offices in by_body.values():
            what = _("the person has an office in this body from %(first)s to %(last)s (%(where)s); %(cure)s")
            self._refuse_overlaps(rows, offices, "任职日期", what)
        for offices in by_group.values():
            leaders = [office for office in offices if office.position == Position.GROUP_LEADER]
            what = _("the group has another leader from %(first)s to %(last)s (%(where)s); %(cure)s")
            self._refuse_overlaps(rows, leaders, "职务", what)
            if row := rows.get(id(overlaps.first_past(self._most_in_group, offices))):
                most = self._most_in_group(row.office.first_day)
                row.warn("居民小组", _("the group has more than %(count)s people then") % {"count": most})
        first_rows = {id(row.person): row for row in self.rows if row.number == row.person.first_row}
        for doubt in likeness.doubts([row.person for row in first_rows.values()], self.communities):
            first_rows[id(doubt.person)].warn(doubt.column, doubt.message)
        new = [row.office for row in rows.values() if row.person.member.pk is None]
        for office, since in overlaps.with_namesakes(new):
            message = _(
                "%(name)s is in office there since %(day)s under another ID number; if it is the same person, correct "
                "the number on that record instead"
            )
            rows[id(office)].warn("身份证号", message % {"name": office.member.name, "day": since})

    @staticmethod
    def _refuse_overlaps(rows: dict[int, Row], offices: list[Appointment], column: str, message: str) -> None:
        for earlier, later in overlaps.pairs(offices):
            # The later of the two is refused, unless the register has that one.
            wrong, other = (later, earlier) if id(later) in rows else (earlier, later)
            row, there = rows.get(id(wrong)), rows.get(id(other))
            if row and column not in row.errors:
                words = {
                    "first": other.first_day,
                    "last": other.last_day or _("until now"),
                    "where": _("row %(row)s") % {"row": there.number} if there else _("the register"),
                    "cure": _("end the other or correct the days"),
                }
                row.refuse(column, message % words)

    def written(self) -> Iterator[list]:
        people = list({id(row.person): row.person for row in self.rows}.values())
        for person in people:
            person.member.derive()
        yield [person.member for person in people]
        yield [spell for person in people for spell in person.spells]
        yield [row.office for row in self.rows]
