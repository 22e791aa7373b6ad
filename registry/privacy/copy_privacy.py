"""What the registry has of one person, part by part (《个人信息保护法》 art. 45)."""

from itertools import chain

from django.utils.translation import gettext as _

from jygroups.lib import shown
from jygroups.lib.id_numbers import masked_within
from registry.models import (
    Appointment,
    Attendance,
    EmploymentSpell,
    Evaluation,
    Member,
    MemberFile,
    Post,
    Report,
    Transfer,
    User,
    Visit,
)
from registry.privacy.accesses import accesses_of
from registry.privacy.parts import Part, Person, of_person
from registry.records.audit import in_words


@of_person(10)
def record(person: Person) -> Part:
    member = person.member
    rows = [
        (_("Full name"), member.name),
        (_("ID number"), person.number(member.id_number)),
        (_("Phone"), person.number(member.phone)),
        (_("Bank"), member.bank),
        (_("Bank account"), person.number(member.account)),
        (_("Birth date"), shown.day(member.birth_date)),
        (_("Sex"), member.get_sex_display()),
        (_("Source"), member.get_source_display()),
        (_("Community of the record"), member.community.name),
        (_("On the register since"), shown.moment(member.created_at)),
    ]
    return Part(_("Facts on the record"), (_("Item"), _("Content")), [(label, value or "–") for label, value in rows])


@of_person(20)
def offices(person: Person) -> Part:
    rows = Appointment.objects.filter(member__in=person.keys).select_related("committee__community", "group")
    titles = (_("Body"), _("Position"), _("First day"), _("Last day"), _("Reason for leaving"), _("Note"))
    return Part(
        _("Offices"),
        titles,
        [
            (
                f"{each.committee.community.name}{each.group.name if each.group else ''}",
                each.get_position_display(), shown.day(each.first_day), shown.day(each.last_day),
                each.get_end_reason_display(), each.note,
            )
            for each in rows.order_by("first_day", "pk")
        ],
    )  # fmt: skip


@of_person(30)
def employment(person: Person) -> Part:
    rows = EmploymentSpell.objects.filter(member__in=person.keys).order_by("first_day", "pk")
    titles = (_("Employer"), _("Kind"), _("First day"), _("Last day"), _("Evidence"))
    return Part(
        _("Employed elsewhere"),
        titles,
        [
            (each.employer, each.get_kind_display(), shown.day(each.first_day), shown.day(each.last_day), each.evidence)
            for each in rows
        ],
    )


@of_person(40)
def papers(person: Person) -> Part:
    rows = MemberFile.objects.filter(member__in=person.keys).select_related("added_by").order_by("created_at")
    titles = (_("Title"), _("Kind"), _("File"), _("Added"), _("by"))
    return Part(
        _("Papers kept with the record"),
        titles,
        [
            (each.title, each.get_kind_display(), each.name, shown.moment(each.created_at), each.added_by.name)
            for each in rows
        ],
    )


@of_person(50)
def attendances(person: Person) -> Part:
    rows = Attendance.objects.filter(member__in=person.keys).select_related("activity").order_by("activity__day", "pk")
    return Part(
        _("Meetings and trainings"),
        (_("Day"), _("Kind"), _("Subject"), _("Came"), _("Excuse")),
        [
            (
                shown.day(each.activity.day), each.activity.get_kind_display(), each.activity.title,
                _("yes") if each.came else _("no"), each.excuse,
            )
            for each in rows
        ],
    )  # fmt: skip


@of_person(60)
def work(person: Person) -> Part:
    """Days and kinds alone: what was said on a visit, or reported, is about other people."""
    visits = Visit.objects.filter(visitor__in=person.keys).select_related("group").order_by("day", "pk")
    reports = Report.objects.filter(reporter__in=person.keys).select_related("group").order_by("created_at", "pk")
    rows = [(shown.day(each.day), _("Visit"), each.get_kind_display(), each.group.name) for each in visits]
    rows += [
        (shown.moment(each.created_at)[:10], _("Report"), each.get_kind_display(), each.group.name) for each in reports
    ]
    note = _("Without what residents said or what was reported, which is about others.")
    return Part(_("Visits and reports"), (_("Day"), _("Work"), _("Kind"), _("Residents' group")), sorted(rows), note)


@of_person(70)
def evaluations(person: Person) -> Part:
    rows = Evaluation.objects.filter(member__in=person.keys).select_related("round").order_by("round", "pk")
    return Part(
        _("Evaluations"),
        (_("Round"), _("Total"), _("Grade"), _("Remarks")),
        [
            (each.round.name, "" if each.total is None else str(each.total), each.get_grade_display(), each.remarks)
            for each in rows
        ],
    )


@of_person(80)
def transfers(person: Person) -> Part:
    rows = Transfer.objects.filter(member__in=person.keys).select_related("committee__community", "group")
    return Part(
        _("Transfers between subdistricts"),
        (_("From office"), _("To"), _("First day"), _("State")),
        [
            (each.office_words, each.body_words, shown.day(each.first_day), each.get_state_display())
            for each in rows.order_by("pk")
        ],
    )


@of_person(200)
def sign_in(person: Person) -> Part:
    users = User.objects.filter(member__in=person.keys)
    posts = Post.objects.filter(user__in=users).select_related(
        "user", "subdistrict", "community", "group__committee__community"
    )
    rows = [(each.user.username, each.in_words, shown.day(each.first_day), shown.day(each.last_day)) for each in posts]
    rows += [(each.username, "–", "", "") for each in users.exclude(pk__in=posts.values("user"))]
    return Part(_("Own sign-in"), (_("Sign-in name"), _("Post"), _("First day"), _("Last day")), rows)


@of_person(210)
def changes(person: Person) -> Part:
    """Who changed what of the record and when; the values are those of the other parts, or gone."""
    members = Member.history.filter(id__in=person.keys)
    parts = [each.history.filter(member_id__in=person.keys) for each in (Appointment, EmploymentSpell, MemberFile)]
    found = sorted(
        chain.from_iterable(
            rows.select_related("history_user").only(
                "history_id", "history_date", "history_type", "history_change_reason", "history_user", "id"
            )
            for rows in (members, *parts)
        ),
        key=lambda each: (each.history_date, each.history_id),
    )
    acts = {"+": _("added"), "~": _("changed"), "-": _("deleted")}
    rows = [
        (
            shown.moment(each.history_date), str(each.instance_type._meta.verbose_name), acts[each.history_type],
            each.history_user.name if each.history_user else _("the system"),
            masked_within(each.history_change_reason or ""),
        )
        for each in found
    ]  # fmt: skip
    return Part(_("Who changed the record"), (_("When"), _("On what"), _("Act"), _("Who"), _("Reason")), rows)


@of_person(220)
def accesses(person: Person) -> Part:
    rows = [
        (shown.moment(each.at), each.get_act_display(), each.user.name if each.user else "–", in_words(each.details))
        for each in accesses_of(person.keys).select_related("user").order_by("pk")
    ]
    note = _("Pages on which numbers are masked leave no entry.")
    return Part(
        _("Who saw whole numbers, papers or this copy"), (_("When"), _("What"), _("Who"), _("Details")), rows, note
    )
