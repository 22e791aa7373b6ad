"""A small city in which every part has people of its own name: who is seen where he should not be is found."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from jygroups.lib.months import Month
from registry.imports import services as imports
from registry.models import (
    Assignment,
    Building,
    Community,
    GroupPlan,
    ImportRun,
    Position,
    Post,
    Provision,
    ProvisionKey,
    ReportStep,
    Role,
    SavedView,
    SecondFactor,
    Subdistrict,
    Subjects,
    Term,
    User,
)
from registry.people.areas import services as areas
from registry.plans import services as plans
from registry.provisions import services as provisions
from registry.records import heads
from registry.terms.reelections.places import Office
from registry.work.reports import services as reports
from subsidies.bank import ready_templates
from subsidies.models import BankAnswer, BankTemplate, Budget, Standard
from subsidies.month import seals, sheets
from subsidies.standards import services as standards
from tests import factories

MONTH = Month(2026, 10)


@dataclass
class Place:
    """A community and what lies in it; tests of further kinds of rows add theirs to `rows`."""

    community: Community
    canary: str
    rows: dict = field(default_factory=dict)

    @property
    def user_canary(self) -> str:
        """The name of the place's user, whom others see than see its members."""
        return self.canary.replace("雀", "雁")

    @property
    def address(self) -> str:
        """What a document is filled in for."""
        return f"community:{self.community.code}"

    def __getattr__(self, name):
        try:
            return self.__dict__["rows"][name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class World:
    own: Place  # where the secretary is
    sibling: Place  # of the same subdistrict
    other: Place  # of the other subdistrict
    users: dict[str, User]

    @property
    def places(self) -> list[Place]:
        return [self.own, self.sibling, self.other]


def build() -> World:
    standards.load_missing()
    areas.load_missing()
    provisions.load_missing()
    world = World(
        *(
            _place(code, canary)
            for code, canary in [
                ("620201001001", "甲金雀"),
                ("620201001002", "乙金雀"),
                ("620201002001", "丙金雀"),
            ]  # fmt: skip
        ),
        users={},
    )
    own, subdistrict = world.own, world.own.community.subdistrict
    world.users = {
        "secretary": factories.user("secretary", Role.SECRETARY, community=own.community),
        "clerk": factories.user("clerk", Role.CLERK, subdistrict=subdistrict),
        "leader": factories.user("leader", Role.LEADER, subdistrict=subdistrict),
        "finance": factories.user("finance", Role.FINANCE),
        "civil": factories.user("civil", Role.CIVIL_AFFAIRS),
        "auditor": factories.user("auditor", Role.AUDITOR),
        "sysadmin": factories.user("sysadmin", Role.SYSTEM_ADMINISTRATOR),
        "group_leader": factories.user("group_leader", Role.GROUP_LEADER, group=own.group),
        "group_member": factories.user("group_member", Role.GROUP_MEMBER, group=own.group),
    }
    # One of the group's people, who changes the own visits.
    world.users["group_member"].member = own.member
    world.users["group_member"].save()
    draft = Standard.objects.create(
        effective_month=date(2027, 1, 1), document="新标准", yearly_increment=60, drafted_by=world.users["civil"]
    )
    draft.rates.create(position=Position.GROUP_LEADER, amount=350)
    proposer, robot = factories.user("proposer"), factories.robot()
    erasure = factories.erasure(proposer)
    for place in world.places:
        place.rows |= {
            "draft": draft,
            "erasure": erasure,
            "robot": robot,
            "notification": factories.notification(proposer, place.report),
            "saved_view": SavedView.objects.create(
                user=proposer, page="document-templates", title=f"{place.canary}view"
            ),
            "correction": factories.correction(place.member, place.community),
            "hold": factories.hold(place.member, world.users["clerk"]),
        }
        place.rows["visit"] = factories.visit(
            place.building,
            place.member,
            **{name: f"{place.canary}{name}" for name in ("household", "said", "asked", "people", "events")},
        )
        place.rows["assignment"] = Assignment.objects.create(building=place.building, member=place.member)
        [place.rows["attachment"]] = factories.attached(place.visit, world.users["clerk"], name=f"{place.canary}照.pdf")
        place.rows["file"] = factories.file(place.member, world.users["clerk"], title=f"{place.canary}件")
        place.rows["document"] = factories.document_template(
            world.users["clerk"], f"{place.canary}表", place=place.community
        )
        Budget.objects.get_or_create(year=2027, subdistrict=place.community.subdistrict, defaults={"amount": 1_000_000})
        place.rows["parallel"] = factories.parallel_run(MONTH, place.member, world.users["finance"])
        _owe(place, world.users["leader"])
        former = factories.member(place.community, f"{place.canary}前")  # whose contact is due to be erased
        factories.appointment(former, place.other_group, None, date(2012, 1, 1), date(2015, 1, 1))
    for user in world.users.values():
        factories.notification(user, own.report)
    _transfers(world)
    sheets.prepare(MONTH, Subdistrict.objects.all())
    head = heads.issue()
    for place in world.places:
        place.rows["head"] = head
    _post_lists(world)
    _paid_before(world)
    for place in world.places:  # each draft is out of date by a person
        place.member.bank = "某银行"
        place.member.save()
    return world


def _owe(place: Place, by: User) -> None:
    """Somebody died who owes money, repaid a part of it, and was sent a notice."""
    debtor = factories.member(place.community, f"{place.canary}逝")
    factories.appointment(debtor, place.group, last_day=date(2026, 7, 1))
    debt = factories.debt(debtor, place.community)
    place.rows |= {
        "debtor": debtor,
        "repayment": factories.repayment(debt, by, note=f"{place.canary}还"),
        "debt_notice": factories.debt_notice(debt, by, account=f"{place.canary}户"),
    }


def _transfers(world: World) -> None:
    """In each place one who is offered to a third subdistrict, and one whom that offers."""
    third = factories.community(
        "620299001001", "外社区", subdistrict=Subdistrict.objects.create(code="620299001", name="外街道")
    )
    for place in world.places:
        goes, comes = (factories.member(each, f"{place.canary}{word}") for each, word in
                       ((place.community, "去"), (third, "来")))  # fmt: skip
        office = factories.appointment(goes, place.other_group)
        place.rows["transfer"] = factories.transfer(office, third.committee, world.users["clerk"])
        office = factories.appointment(comes, third.committee)
        place.rows["incoming"] = factories.transfer(office, place.group, world.users["finance"])


def _post_lists(world: World) -> None:
    """Each place's list of the month hangs, and somebody objects."""
    for place in world.places:
        place.rows["notice"] = factories.notice(place.community, MONTH, place=f"{place.canary}栏")
        place.rows["objection"] = factories.objection(
            place.notice, **{name: f"{place.canary}{name}" for name in ("text", "objector", "contact")}
        )
        place.rows["notice_photo"] = factories.notice_photo(place.notice, world.users["clerk"], f"{place.canary}照.png")


def _paid_before(world: World) -> None:
    """The month before went to the bank, which has answered for each place's person."""
    ready_templates.load_missing()
    template = BankTemplate.objects.first()
    for sheet in sheets.prepare(MONTH.previous, Subdistrict.objects.all()):
        places = [place for place in world.places if place.community.subdistrict_id == sheet.subdistrict_id]
        for line in sheet.lines.all():
            line.account = line.member.account = f"62284800000{line.pk:08}"
            line.member.save()
            line.digest = seals.line_digest(line)
            line.save()
        factories.brought_to(sheet, "approved")
        factories.answered(sheet, refused=[place.member.name for place in places])
        answer = BankAnswer.objects.create(
            payment=sheet.payments.get(), name="回盘.csv", content=b"x", at=timezone.now()
        )
        for place in places:
            place.rows |= {"answer": answer, "template": template}


def _place(code: str, canary: str) -> Place:
    community = Community.objects.select_related("subdistrict", "committee").get(code=code)
    groups = list(community.committee.groups.all())
    place = Place(community, canary)
    member = factories.member(community, f"{canary}长", phone="13800000000", account="622848000000000000")
    place.rows = {
        "subdistrict": community.subdistrict,
        "term": Term.objects.get(ordinal=2),
        "provision": Provision.objects.get(key=ProvisionKey.GROUP_SIZE),
        "committee": community.committee,
        "group": groups[0],
        "other_group": groups[1],
        "member": member,
        "appointment": factories.appointment(member, groups[0], Position.GROUP_LEADER),
        "committee_member": factories.member(community, f"{canary}委"),
        "spell": factories.employment(member, date(2021, 1, 1), date(2021, 6, 30)),
        "building": Building.objects.create(community=community, name=f"{canary}楼", group=groups[0], households=10),
        "task": factories.task(groups[0], what=f"{canary}事"),
        "bare_building": Building.objects.create(community=community, name=f"{canary}院"),
    }
    place.rows |= _evaluations(place)
    place.rows["training"] = factories.training(
        place.committee,
        f"{canary}训",
        **{name: f"{canary}{name}" for name in ("place", "chair", "agenda")},
    )
    factories.attendance(place.training, place.member, place.group, came=False, excuse=f"{canary}假")
    user = factories.user(f"secretary.{code}", Role.SECRETARY, community=community)
    User.objects.filter(pk=user.pk).update(name=place.user_canary)
    former = date(2019, 1, 1)
    Post.objects.create(user=user, role=Role.GROUP_LEADER, group=groups[0], first_day=former, last_day=former)
    newcomer = factories.user(f"clerk.{code}")
    User.objects.filter(pk=newcomer.pk).update(name=f"{place.user_canary}新")
    place.rows["waiting_post"] = Post.objects.create(
        user=newcomer, role=Role.CLERK, subdistrict=community.subdistrict, first_day=former, state="waiting"
    )
    place.rows["lost_factor"] = SecondFactor.objects.create(
        user=newcomer, confirmed_at=timezone.now(), removal_by=user, removal_at=timezone.now()
    )
    place.rows |= {
        "user": user, "post": user.posts.get(role=Role.SECRETARY), "run": _import(place, user, f"{canary}新"),
    }  # fmt: skip
    place.rows["plan"] = _plan(place, user)
    place.rows["meeting"] = factories.meeting(
        groups[0], came=[member], kind="recommendation", title=f"{canary}会", place=f"{canary}室", record=f"{canary}说",
        agenda=f"{canary}议", chair=f"{canary}主", recorder=f"{canary}记", guests=f"{canary}客",
    )  # fmt: skip
    place.rows["representative"] = factories.representative(place.meeting, f"{canary}代")
    place.rows["report"] = factories.report(
        groups[0],
        user,
        reporter=member,
        building=place.building,
        **{name: f"{canary}{name}" for name in ("what", "place", "told", "parties")},
    )
    place.rows["committee_appointment"] = factories.appointment(place.committee_member, community.committee)
    return place


def _plan(place: Place, keeper: User) -> GroupPlan:
    """A draft in which one group takes the other's place."""
    plan = plans.begin(community=place.community, actor=keeper)
    plan.title, plan.number, plan.grounds, plan.comment = (f"{place.canary}{word}" for word in "案号由见")
    first, second = plan.items.all()[:2]
    choices = plans.Choices(
        groups={second.pk: (f"{place.canary}组", True)}, buildings={place.bare_building.pk: first.pk},
        newcomers={place.committee_member.pk: (first.pk, Office.GROUP_MEMBER)},
    )  # fmt: skip
    plans.save(plan=plan, seen=plan.version, choices=choices, actor=keeper)
    return plan


def _evaluations(place: Place) -> dict:
    """A round of the committee's still open, and one closed, each over one of its people."""
    rounds = {
        name: factories.evaluation_round(
            place.committee, f"{place.canary}{name}", Subjects.MEMBERS, closed=name == "closed_round"
        )
        for name in ("open_round", "closed_round")
    }
    lines = [
        factories.evaluation(each, place.group, place.member, points=80, remarks=f"{place.canary}评")
        for each in rounds.values()
    ]
    return rounds | {"evaluation": lines[-1]}


def _import(place: Place, keeper: User, *names: str) -> ImportRun:
    """A roster of new people, to be confirmed."""
    rows = [
        f"{place.community.name},{place.group.name},{name},{factories.id_number()},居民小组成员,2026-01-05,非在职"
        for name in names
    ]
    text = "\n".join(["社区,居民小组,姓名,身份证号,职务,任职日期,在职情况", *rows])
    return imports.upload(kind="roster", name=f"{place.canary}.csv", content=text.encode(), actor=keeper)


def grow(world: World, people: int = 200) -> None:
    """Many more rows of each kind in the own community; a test of another kind of rows adds its own here."""
    own = world.own
    for number in range(people):
        member = factories.member(own.community, "众人")
        body = own.group if number % 2 else own.community.committee
        factories.appointment(member, body, last_day=date(2022, 1, 1) if number % 4 == 3 else None)
        factories.employment(member, date(2021, 1, 1), date(2021, 2, 1))
        factories.correction(member, own.community)
        factories.transfer(member.appointments.get(), own.incoming.office.committee, world.users["clerk"])
        factories.hold(member, world.users["clerk"])
        debt = factories.debt(own.debtor, own.community, month=date(2009 + number // 12, number % 12 + 1, 1))
        factories.repayment(debt, world.users["leader"])
        factories.debt_notice(debt, world.users["leader"])
        for each in (own.open_round, own.closed_round):
            factories.evaluation(each, own.group, member, points=number % 50 + 50)
        factories.attendance(own.training, member, own.group)
        factories.training(own.committee, f"众{number}")
        factories.evaluation_round(own.committee, f"众{number}")
        factories.representative(factories.meeting(own.group, came=[member]), f"众代{number}")
    _import(own, world.users["secretary"], *["众新"] * people)
    own.run.rows.all().delete()
    for row in ImportRun.objects.latest("pk").rows.all():
        own.run.rows.create(number=row.number, kind=row.kind, is_warned=row.is_warned, content=row.content)
        factories.file(own.member, world.users["clerk"])
        factories.parallel_run(MONTH, own.member, world.users["clerk"])
        factories.report(own.group, world.users["secretary"], building=own.building)
        reports.take(ReportStep.NOTED, report=own.report, actor=world.users["secretary"], comment="众记")
        factories.parallel_line(own.parallel, own.member, number=row.number + 1)
    for number in range(people):
        factories.notification(world.users["clerk"], own.report)
        factories.visit(own.building, own.member, asked="" if number % 2 else "众问")
        factories.objection(own.notice)
        factories.notice_photo(own.notice, world.users["clerk"])
        factories.attached(own.visit, world.users["clerk"])
    for number in range(people // 4):
        Building.objects.create(community=own.community, name=f"众{number}", group=own.group if number % 2 else None)
    for number in range(people):
        user = factories.user(f"user.{number}", Role.SECRETARY, community=own.community)
        day = date(1990, 1, 1) + timedelta(days=number)
        Post.objects.create(user=own.user, role=Role.GROUP_MEMBER, group=own.group, first_day=day, last_day=day)
        if number % 2:
            Post.objects.create(user=user, role=Role.GROUP_LEADER, group=own.other_group, first_day=day)
        subdistrict = own.community.subdistrict
        Post.objects.create(user=user, role=Role.CLERK, subdistrict=subdistrict, first_day=day, state="waiting")
