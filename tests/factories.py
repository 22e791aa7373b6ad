"""Fictional rows, each with as much filled in as the register needs. Numbers begin with the unissued 620299."""

import io
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from django.utils import timezone
from PIL import Image
from stdnum.iso7064 import mod_11_2

from registry.models import (
    Activity,
    ActivityKind,
    Alarm,
    Appointment,
    Attachment,
    Attendance,
    Building,
    Community,
    DocumentTemplate,
    EmploymentSpell,
    Erasure,
    Evaluation,
    EvaluationRound,
    Member,
    MemberFile,
    Notification,
    Position,
    Post,
    Report,
    ReportKind,
    Representative,
    ResidentsCommittee,
    ResidentsGroup,
    Robot,
    RoundState,
    Subdistrict,
    Subjects,
    Task,
    Term,
    Transfer,
    User,
    Visit,
)
from registry.people.areas.services import FIXTURES
from registry.records import files, versions
from registry.work.meetings import services as meetings
from registry.work.meetings.services import Decision, Presence
from registry.work.reports import services as reports
from registry.work.visits.services import answer_by
from subsidies.bank import payments
from subsidies.models import (
    ComparisonResult,
    Correction,
    DebtNotice,
    Hold,
    Notice,
    NoticePhoto,
    Objection,
    ParallelLine,
    ParallelRun,
    PayStage,
    PayStep,
    Repayment,
    Sheet,
    SheetEvent,
    Standard,
    Step,
)
from subsidies.month import arrivals, seals
from subsidies.month import notice_states as notices
from subsidies.month.arrivals import Move

serial = count(1)


def id_number(born: date | None = None, order: int | None = None, county: str = "620299") -> str:
    """A valid number that can be no real person's; never the same twice, or twice in a thousand of one day of birth."""
    order = next(serial) if order is None else order
    born = born or date(1970, 1, 1) + timedelta(days=order // 1000)
    first_17 = f"{county}{born:%Y%m%d}{order % 1000:03}"
    return first_17 + mod_11_2.calc_check_digit(first_17)


def subdistrict(code="620201001", name="雄关街道") -> Subdistrict:
    return Subdistrict.objects.get_or_create(code=code, defaults={"name": name})[0]


def community(code="620201001001", name="福民社区", **fields) -> Community:
    """A community with its committee."""
    fields.setdefault("subdistrict", subdistrict(code[:9], {"620201001": "雄关街道"}.get(code[:9], "钢城街道")))
    row = Community.objects.get_or_create(code=code, defaults={"name": name, **fields})[0]
    ResidentsCommittee.objects.get_or_create(community=row)
    return row


def group(community: Community, ordinal=1, **fields) -> ResidentsGroup:
    name = f"第{'〇一二三四五六七八九'[ordinal]}居民小组"
    return ResidentsGroup.objects.create(committee=community.committee, ordinal=ordinal, name=name, **fields)


def member(community: Community, name="张三", **fields) -> Member:
    return Member.objects.create(community=community, name=name, **{"id_number": id_number(), **fields})


def appointment(member: Member, body, position=None, first_day=date(2021, 1, 1), last_day=None) -> Appointment:
    """An office in a group, or in a committee."""
    if isinstance(body, ResidentsGroup):
        place = {"committee": body.committee, "group": body, "position": position or Position.GROUP_MEMBER}
    else:
        place = {"committee": body, "position": position or Position.COMMITTEE_MEMBER}
    return Appointment.objects.create(member=member, first_day=first_day, last_day=last_day, **place)


def transfer(office: Appointment, body, sent_by: User, first_day=date(2026, 11, 2), **fields) -> Transfer:
    """An offer that waits for the other side, to a group or a committee."""
    group = body if isinstance(body, ResidentsGroup) else None
    return Transfer.objects.create(
        member=office.member,
        kept_by=office.member.community,
        office=office,
        office_words=f"{office.committee.community.name}{office.get_position_display()}",
        committee=group.committee if group else body,
        group=group,
        position=Position.GROUP_MEMBER if group else Position.COMMITTEE_MEMBER,
        first_day=first_day,
        last_day=first_day - timedelta(days=1),
        sent_by=sent_by,
        sent_at=timezone.now(),
        **fields,
    )


def employment(member: Member, first_day=None, last_day=None) -> EmploymentSpell:
    return EmploymentSpell.objects.create(member=member, first_day=first_day, last_day=last_day, employer="某公司")


def file(member: Member, actor: User, title="证件", name="证件.pdf", content=b"%PDF-1.7 fictional") -> MemberFile:
    return files.add(member, title=title, kind="identity", file=files.taken(name, content), actor=actor)


def visit(building: Building, visitor: Member, **fields) -> Visit:
    """A visit of the group that covers the building."""
    fields = {"group": building.group, "day": date(2026, 11, 2), "said": "一切都好", **fields}
    if fields.get("asked"):
        fields.setdefault("due_on", answer_by(fields["day"]))
    return Visit.objects.create(building=building, visitor=visitor, **fields)


def attached(record, actor: User, name="照片.pdf", content=b"%PDF-1.7 fictional") -> list[Attachment]:
    return files.attach(record, files=[files.taken(name, content)], actor=actor)


def document_template(actor: User, title="花名册", *, place: Community | Subdistrict | None = None) -> DocumentTemplate:
    """The roster of the demo as a template: a list without whole numbers."""
    name = "居民小组成员花名册.xlsx"
    area = {} if place is None else {str(place._meta.model_name): place}
    row = DocumentTemplate(title=title, fields=["社区.名称", "名单.姓名"], **area)
    for field, value in files.stored(files.taken(name, (FIXTURES / "documents" / name).read_bytes()), actor).items():
        setattr(row, field, value)
    versions.save(row, actor=actor)
    return row


def task(group: ResidentsGroup, what="发放通知", due_on=date(2030, 1, 1), **fields) -> Task:
    return Task.objects.create(group=group, what=what, given_on=date(2026, 1, 5), due_on=due_on, **fields)


def training(organiser, title="任职培训", day=date(2026, 9, 1), hours=3, **fields) -> Activity:
    """A training by a subdistrict or a committee with all its groups invited; nobody is on its list yet."""
    by = "subdistrict" if isinstance(organiser, Subdistrict) else "committee"
    row = Activity(kind=ActivityKind.TRAINING, title=title, day=day, hours=hours, **{by: organiser}, **fields)
    row.full_clean()
    row.save()
    committees = ResidentsCommittee.objects.filter(
        **{"community__subdistrict" if by == "subdistrict" else "pk": organiser.pk}
    )
    row.committees_invited.set(committees)
    row.groups_invited.set(ResidentsGroup.objects.filter(committee__in=committees))
    return row


def attendance(activity: Activity, member: Member, body, came=True, **fields) -> Attendance:
    group = body if isinstance(body, ResidentsGroup) else None
    committee = group.committee if group else body
    return Attendance.objects.create(
        activity=activity, member=member, committee=committee, group=group, came=came, **fields
    )


def evaluation(round: EvaluationRound, group, member=None, points=None, **fields) -> Evaluation:
    """A line of a round: a group's, or one of its people's; with these points for each criterion."""
    row = Evaluation(round=round, committee=group.committee, group=group, member=member, **fields)
    row.scores = {} if points is None else {name: points for name, _weight in round.criteria}
    row.work_out()
    row.save()
    return row


def evaluation_round(organiser, name="上半年评议", subjects=Subjects.GROUPS, closed=False, **fields) -> EvaluationRound:
    """A round by a subdistrict or a committee, with two criteria, of nobody yet."""
    by = "subdistrict" if isinstance(organiser, Subdistrict) else "committee"
    state = {"state": RoundState.CLOSED, "closed_at": timezone.now()} if closed else {}
    return EvaluationRound.objects.create(
        **{by: organiser, "name": name, "subjects": subjects, **state},
        **{"first_day": date(2026, 1, 1), "last_day": date(2026, 6, 30), **fields},
        criteria=[["走访", 60], ["会议", 40]],
    )


def meeting(group: ResidentsGroup, day=date(2026, 5, 20), came=(), absent=(), **fields) -> Activity:
    """Minutes of a group's meeting, with members who came and who did not, and one resolution."""
    row = Activity(**{"kind": "meeting", "committee": group.committee, "group": group, "day": day, **fields})
    presences = {member.pk: Presence(came=True) for member in came}
    presences |= {member.pk: Presence(came=False, excuse="请假") for member in absent}
    decision = Decision(f"{row.title}决议", votes_for=len(came), against=0, abstained=0)
    return meetings.save(row, presences=presences, decisions=[decision], actor=None)


def representative(meeting: Activity, name="代表") -> Representative:
    term = meeting.term or Term.objects.first()
    return Representative.objects.create(
        group=meeting.group, term=term, name=name, household=f"{name}户", meeting=meeting
    )


def correction(member: Member, community: Community, month=date(2026, 9, 1), **fields) -> Correction:
    """A month that was paid 50 yuan too little, to be decided."""
    fields = {"was": Decimal(300), "should_be": Decimal(350), **fields}
    return Correction.objects.create(
        member=member,
        community=community,
        subdistrict=community.subdistrict,
        month=month,
        difference=fields["should_be"] - fields["was"],
        **fields,
    )


def debt(member: Member, community: Community, month=date(2026, 9, 1), **fields) -> Correction:
    """A month that was paid 300 yuan too much, to be recovered."""
    amounts = {"was": Decimal(300), "should_be": Decimal(0), **fields}
    return correction(member, community, month, state="accepted", decided_at=timezone.now(), **amounts)


def repayment(debt: Correction, by: User, amount=Decimal(100), day=date(2026, 11, 1), **fields) -> Repayment:
    fields = {"method": "cash", "voucher": f"收{next(serial)}", **fields}
    return Repayment.objects.create(correction=debt, by=by, amount=amount, day=day, at=timezone.now(), **fields)


def debt_notice(debt: Correction, by: User, **fields) -> DebtNotice:
    """A notice of the whole debt."""
    months = [{"month": f"{debt.month:%Y-%m}", "was": "300", "should_be": "0", "owed": "300", "reasons": ["离任补报"]}]
    usual = {"number": f"追缴〔2026〕{next(serial)}号", "day": date(2026, 11, 2), "pay_by": date(2026, 12, 2)}
    fields = {**usual, "account": "街道财政所", "amount": Decimal(300), "months": months, **fields}
    return DebtNotice.objects.create(member=debt.member, community=debt.community, by=by, at=timezone.now(), **fields)


def report(group: ResidentsGroup, actor: User, *, settled: bool = False, **fields) -> Report:
    """An ordinary hazard of today, just reported."""
    usual = {"kind": ReportKind.HAZARD, "alarm": Alarm.NOT_NEEDED, "what": "楼道堆放杂物"}
    fields = {**usual, "noticed_on": timezone.localdate(), **fields}
    return reports.report(Report(group=group, **fields), actor=actor, settled=settled)


def hold(member: Member, by: User, first=date(2026, 8, 1), last=date(2026, 9, 1)) -> Hold:
    return Hold.objects.create(member=member, first_month=first, last_month=last, reason="核查", by=by)


def user(username: str, role=None, **area) -> User:
    """A user who signs in with the password `secret`, with a post if a role is given."""
    row = User.objects.create_user(username, password="secret", name=username)
    if role:
        Post.objects.create(user=row, role=role, first_day=date(2020, 1, 1), **area)
    return row


def erasure(proposed_by: User, rule="keep_objector", **fields) -> Erasure:
    """Proposed, of nothing so far."""
    words = {"period": "1年", "clause": "本市规定", "until": date(2020, 1, 1), "purpose": "期限已满"}
    return Erasure.objects.create(rule=rule, proposed_by=proposed_by, **words, **fields)


def notification(user: User, report: Report, **fields) -> Notification:
    """That the report waits to be taken up."""
    given = {"area": "某社区", "at": timezone.now(), "read_at": timezone.now(), **fields}
    return Notification.objects.create(user=user, kind="report-new", model="registry.report", key=report.pk, **given)


def robot(**fields) -> Robot:
    """Of WeCom, at an address where nothing is."""
    given = {"name": f"群{Robot.objects.count()}", "form": "wecom", "address": "https://robot.example/send?key=k"}
    return Robot.objects.create(**given | fields)


def confirm(client) -> None:
    """As if the user signed in with this client had just typed the password again."""
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()


def brought_to(sheet, state) -> None:
    """Bring the sheet to a state past draft, signed by three people; none of the checks on the way are made."""
    signers = [User.objects.get_or_create(username=f"signer{n}", defaults={"name": f"signer{n}"})[0] for n in (1, 2, 3)]
    way = {"submitted": "submitted_by", "endorsed": "endorsed_by", "approved": "approved_by", "paid": None}
    for (step, field), signer in zip(way.items(), [*signers, None], strict=True):
        sheet.state = step
        if step == "approved":
            seals.seal(sheet, sheet.lines.order_by("ordinal"), signer)
            event = {"from_state": "endorsed", "to_state": step, "by": signer, "at": timezone.now()}
            SheetEvent.objects.create(sheet=sheet, step=Step.APPROVE, **event)
        elif field:
            setattr(sheet, field, signer)
        sheet.save()
        if step == state:
            return


def answered(sheet, refused=(), reason="账户不存在") -> None:
    """The bank has answered for all of the sheet that waits: the people named are refused, the others paid."""
    if sheet.lines.filter(net__gt=0).exists():
        payments.first(sheet, actor=None)
    newest = arrivals.newest(sheet.lines.all())
    waiting = [event.item for event in newest.values() if event.stage == PayStage.IN_TRANSIT]
    for step in (PayStep.REFUSE, PayStep.ARRIVE):
        items = [item for item in waiting if (item.name in refused) == (step == PayStep.REFUSE)]
        why = reason if step == PayStep.REFUSE else ""
        moves = [Move(item.line_id, item, why) for item in items]
        arrivals.record(step, sheet, moves, actor=None, day=date(2026, 11, 10))


def notice(community: Community, month, **fields) -> Notice:
    """The community's list of the month hangs from yesterday to tomorrow."""
    sheet = Sheet.objects.of(month).get(subdistrict=community.subdistrict)
    today = timezone.localdate()
    usual = {"place": "社区公示栏", "posted_on": today - timedelta(days=1), "until": today + timedelta(days=1)}
    digest = notices.of(sheet)[community.pk].digest
    return Notice.objects.create(sheet=sheet, community=community, digest=digest, **{**usual, **fields})


def objection(notice: Notice, **fields) -> Objection:
    usual = {"received_on": timezone.localdate(), "text": "名单有误"}
    return Objection.objects.create(notice=notice, **{**usual, **fields})


def photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 120, 140)).save(stream, "PNG")
    return stream.getvalue()


def notice_photo(notice: Notice, actor: User, name="照片.png") -> NoticePhoto:
    taken = files.taken(name, photo())
    return NoticePhoto.objects.create(notice=notice, **files.stored(taken, actor))


def parallel_run(month, member: Member, actor: User) -> ParallelRun:
    """A comparison of the member's subdistrict with an old spreadsheet of one row."""
    subdistrict = member.community.subdistrict
    run = ParallelRun.objects.create(
        month=month.first_day,
        subdistrict=subdistrict,
        name=f"{member.name}.csv",
        content=f"姓名,身份证号,金额\n{member.name},{member.id_number},100".encode(),
        column="金额",
        uploaded_by=actor,
        rows=1,
        compared=1,
    )
    parallel_line(run, member, number=2)
    return run


def parallel_line(run: ParallelRun, member: Member, number: int) -> ParallelLine:
    return ParallelLine.objects.create(
        run=run,
        number=number,
        kind=ComparisonResult.YEARS,
        name=member.name,
        id_number=member.id_number,
        member=member,
        community=member.community,
        old=100,
        ours=150,
    )


def standard(month, rates, increment=50, document="二号文件", **fields) -> Standard:
    """An adopted Standard from the month on, with the yuan of each position."""
    row = Standard.objects.create(
        effective_month=month.first_day, document=document, yearly_increment=increment, state="in_force", **fields
    )
    for position, amount in rates.items():
        row.rates.create(position=position, amount=amount)
    return row
