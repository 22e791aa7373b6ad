"""The roster (花名册): a row is an appointment, with the person who holds it.

Rows are matched to the register in a constant number of queries, checked one by one and then together, and
written in bulk at the end, or not at all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from import_export.fields import Field

from jygroups.lib import clock, id_numbers
from jygroups.lib.cells import is_nothing, plain
from jygroups.lib.spreadsheets.file_tables import REMARK
from registry.imports import base, columns, employment, endings, overlaps, same_person_questions
from registry.imports.areas import Areas, NamedBody
from registry.imports.outcomes import Change
from registry.imports.same_person_questions import Person
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
from registry.people.duplicates.services import keep_new_apart
from registry.provisions.queries import Provisions
from registry.records import versions

# The cells about who holds which office when.
PLACING = {"街道", "社区", "居民小组", "身份证号", "职务", "任职日期", "离任日期"}
# What is the same in all rows of one person.
PERSONAL = [
    "姓名", "联系电话", "在职情况", "在职起始日期", "在职截止日期", "工作单位", "人员来源", "开户银行", "银行账号",
]  # fmt: skip


@dataclass(eq=False, slots=True)
class Row(base.Row):
    person: Person
    office: Appointment
    body: NamedBody


class RosterResource(base.CheckedResource):
    """Reads rosters, and writes them in the same columns.

    `communities` are those the actor may write to; None for all. `answers` are those to earlier `questions`; where
    there must be one (`must_answer`), a question without is a problem.
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
    ASKED = ("离任日期",)

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
    employed = Field(None, "在职情况", columns.Employed())
    employed_from = Field(None, "在职起始日期", columns.Day("在职起始日期", month_allowed=True))
    employed_to = Field(None, "在职截止日期", columns.Day("在职截止日期", until_now=True))
    employer = Field(None, "工作单位", columns.NoDay())
    source = Field("member__source", "人员来源", columns.Choice(columns.SOURCES), saves_null_values=False)
    bank = Field("member__bank", "开户银行", columns.NoDay(), saves_null_values=False)
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

    def __init__(
        self,
        *,
        communities: Iterable[Community] | None = None,
        answers: same_person_questions.Answers | None = None,
        must_answer: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        self.answers, self.must_answer = answers or {}, must_answer
        self.corrected: dict[int, Member] = {}  # whose ID number the file corrects, by key
        self.former: dict[int, str] = {}  # and what it was
        self.communities = None if communities is None else list(communities)
        self.kept = {community.pk for community in self.communities or ()}
        self.areas = Areas(self.communities)
        self.people: dict[str, Person] = {}  # by ID number
        self.today = clock.today()

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
        found = {member.id_number: member for member in Member.objects.with_id_numbers(numbers)}
        answered = same_person_questions.corrected(
            numbers, same_person_questions.visible(self.communities), self.answers
        )
        corrected = {number: member for number, member in answered.items() if number not in found}
        self.corrected = {member.pk: member for member in corrected.values()}
        self.former = {member.pk: member.id_number for member in corrected.values()}
        for number, member in (found | corrected).items():
            self.people[number] = by_key[member.pk] = Person(self.remembered(member), registered_name=member.name)
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
            words = {"row": self.first_row(instance)}
            row.refuse("任职日期", _("row %(row)s has the same appointment; delete one of them") % words)
        return row

    def touched(self, row: Row) -> list:
        return [row.office, row.person.member, *row.person.spells]

    def unchanged(self, row) -> bool:
        return super().unchanged(row) and not (isinstance(row, Member) and row.pk in self.corrected)

    def is_new(self, row: Row) -> bool:
        return row.office.pk is None

    def page(self, row: Row) -> tuple[str, int | None]:
        return "member", row.person.member.pk

    def changes(self, row: Row) -> list[Change]:
        """The changed columns, a new employment of a registered person, and whether employed today."""
        changes = super().changes(row)
        if member := self.corrected.get(row.person.member.pk):
            changes.insert(0, self._change("身份证号", self.former[member.pk], member.id_number))
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
        are_remarks = REMARK in self.decided.get(row.number, ())
        endings.check(row, self.stored, self.today, self.comments.get(row.number, ()), are_remarks=are_remarks)
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
        personal = {
            each.column_name: self.value(name, row.cells)
            for name, each in self.fields.items()
            if each.column_name in PERSONAL
        }
        if person.first_row is None:
            person.first_row, person.personal = row.number, personal
            self._check_registered(row)
        person.compare(row, personal)

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
        if person.personal["在职情况"] is not None:
            employment.bring_up(checked, self.today)
        if not is_ours and (
            member.merged_into_id or checked.errors or not all(map(self.unchanged, [member, *person.spells]))
        ):
            row.refuse("身份证号", _("already on the register; ask the subdistrict office"))

    def _most_in_group(self, day: date) -> int:
        return self.provisions.on(day).size(ProvisionKey.GROUP_SIZE).largest

    # Rows against one another and against the register -----------------------------------------------------

    def check_together(self) -> None:
        """One office in a body and one leader of a group at a time; who exceeds its largest size is reported."""
        same_person_questions.refuse_other_names(self.rows)
        # Rows whose body, person or days are in doubt already are compared with no other.
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
            what = _("the person has an office in this body %(days)s (%(where)s); %(cure)s")
            overlaps.refuse(rows, offices, "任职日期", what)
        for offices in by_group.values():
            leaders = [office for office in offices if office.position == Position.GROUP_LEADER]
            what = _("the group has another leader %(days)s (%(where)s); %(cure)s")
            overlaps.refuse(rows, leaders, "职务", what)
            overlaps.warn_of_size(rows, offices, self._most_in_group)
        del touched, stored, by_body, by_group  # a city's roster has many
        self._ask(rows)

    def _ask(self, rows: dict[int, Row]) -> None:
        """Report who may be somebody registered, and answers that do not fit; `rows` by the key of their office."""
        first_rows = {id(row.person): row for row in self.rows if row.number == row.person.first_row}
        people = [row.person for row in first_rows.values()]
        registered = same_person_questions.visible(self.communities)
        for doubt in same_person_questions.shared_accounts(people, registered):
            first_rows[id(doubt.person)].warn(doubt.column, doubt.message)
        held = [(row.person, row.office) for row in rows.values()]
        corrected = [person for person in people if person.member.pk in self.corrected]
        unlike = list(same_person_questions.unlike(corrected, held, registered))
        for row in first_rows.values():
            row.person.personal.clear()  # all rows have been compared with it
            if (member := row.person.member).pk in self.corrected:
                self.questions.append(
                    same_person_questions.Question.answered(member, self.former[member.pk], row.number)
                )
        asked = list(same_person_questions.questions(people, held, registered, self.answers))
        self.questions += [question for question, _pair in asked]
        doubts = same_person_questions.doubts(asked, people, must_answer=self.must_answer)
        for person, message, refuses in [*unlike, *doubts]:
            row = first_rows[id(person)]
            (row.refuse if refuses else row.warn)("身份证号", message)
            self.asking += refuses

    def written(self) -> Iterator[list]:
        people = list({id(row.person): row.person for row in self.rows}.values())
        for person in people:
            if person.member.name != self.stored(person.member, "name"):
                person.member.derive()
        for member in self.corrected.values():
            versions.save(self.remembered(member), actor=self.actor, reason=self.reason)
        self.changed += self.corrected.values()
        self.corrected = {}
        yield [person.member for person in people]
        yield [spell for person in people for spell in person.spells]
        yield [row.office for row in self.rows]
        by_index = {person.member.id_number_index: person.member for person in people if self.questions}
        apart = [each for each in self.questions if each.answer == same_person_questions.APART and each.why]
        members = Member.objects.in_bulk({each.member for each in apart if each.member}) if apart else {}
        pairs = ((by_index.get(each.other) or members[each.member], by_index[each.number], each.why) for each in apart)
        self.created += keep_new_apart(pairs, actor=self.actor)
