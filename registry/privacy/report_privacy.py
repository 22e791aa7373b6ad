"""The registry's parts of the yearly report on personal data, for its compliance audit (个人信息保护法 art. 51, 54).

What it says of the year is counted when it is asked for: from the log, the versions and the erasures.
"""

from collections import Counter
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jygroups.lib import clock, shown
from registry.models import Act, AuditEntry, ErasedRow, Erasure, Member, MemberFile, Post, Role, User
from registry.models.roles import ROLES, roles_with
from registry.privacy.accesses import ACTS
from registry.privacy.parts import Part, of_year
from registry.privacy.queries import standings
from registry.records.audit import KINDS

# What is held, for what, on what basis, and who sees it: by what the purpose is.
HELD = [
    (
        gettext_lazy("Name, ID number, birth date, sex, source, offices, employment"),
        gettext_lazy("to register residents' committees and groups, to decide on the stipend"),
        "《个人信息保护法》第十三条第一款第三项（履行法定职责）、第三十四条；本市文件 三(二)(三)",
    ),
    (
        gettext_lazy("Phone"),
        gettext_lazy("to reach who serves"),
        "《个人信息保护法》第十三条第一款第三项；本市文件 四",
    ),
    (
        gettext_lazy("Bank, account number, amounts (sensitive)"),
        gettext_lazy("to pay the stipend and to account for it"),
        "《个人信息保护法》第二十八条、第三十四条；本市文件 三(三)；《会计档案管理办法》",
    ),
    (
        gettext_lazy("Copies of identity and bank card, evidence (sensitive)"),
        gettext_lazy("to check who is registered and paid"),
        "《个人信息保护法》第二十八条、第三十四条",
    ),
    (
        gettext_lazy("Who objects to a posted list, and how to reach them"),
        gettext_lazy("to answer the objection"),
        "《个人信息保护法》第十三条第一款第三项",
    ),
    (
        gettext_lazy("Sign-in, address, device, acts of users"),
        gettext_lazy("to keep the system safe and to prove what was done"),
        "《个人信息保护法》第五十一条、第五十六条；《网络安全法》",
    ),
]
TOP = 10  # users shown
LONGEST_PART = timedelta(minutes=10)  # of an erasure: its rows are marked when the versions are written


def _log(first: date, last: date):
    return AuditEntry.objects.filter(at__date__range=(first, last)).order_by()


def _roles(users) -> dict[int, str]:
    """By user, the roles held today or last, in words."""
    found: dict[int, dict[str, None]] = {}
    for user, role in Post.objects.filter(user__in=users).order_by("-first_day").values_list("user", "role"):
        found.setdefault(user, {})[str(Role(role).label)] = None
    return {user: _(", ").join(roles) for user, roles in found.items()}


@of_year(10)
def people(first: date, last: date) -> Part:
    whole = Member.objects.filter(merged_into=None)
    today = clock.today()
    in_office = Q(appointments__first_day__lte=today) & (
        Q(appointments__last_day=None) | Q(appointments__last_day__gte=today)
    )
    serving = whole.filter(in_office).distinct().count()
    erased = whole.filter(erased_at__isnull=False).count()
    rows = [
        (_("People on the register"), whole.count()),
        (_("of them in office today"), serving),
        (_("of them not in office, identity kept"), whole.count() - serving - erased),
        (_("of them with identity erased"), erased),
        (_("Registered in the year"), whole.filter(created_at__date__range=(first, last)).count()),
        (_("With a bank account on record"), whole.exclude(account_index="").count()),
        (_("Papers kept with records"), MemberFile.objects.count()),
        (_("Users who may sign in"), User.objects.filter(is_active=True).count()),
    ]
    return Part(_("Number of people and records"), (_("Item"), _("Count")), rows, _("As of today, but for the year's."))


@of_year(20)
def purposes(first: date, last: date) -> Part:
    rows = [(str(what), str(purpose), basis) for what, purpose, basis in HELD]
    return Part(
        _("What is processed, for what, and on what basis"),
        (_("Data"), _("Purpose"), pgettext("provision", "Source")),
        rows,
    )


@of_year(30)
def rights(first: date, last: date) -> Part:
    """Who may see and take what, by role."""
    kinds = [
        (_("see members"), "registry.view_member"),
        (_("show whole numbers"), "registry.reveal_member"),
        (_("open papers"), "registry.view_memberfile"),
        (_("take rosters"), "registry.export_appointment"),
        (_("take the finance workbook"), "subsidies.export_sheet"),
        (_("take bank files"), "subsidies.export_bank_file"),
    ]
    held = Counter(Post.objects.held_on(clock.today()).order_by().values_list("role", flat=True))
    rows = [
        (
            str(each.role.label), str(each.where), held[each.role],
            *("✓" if each.role in roles_with(perm) else "–" for _words, perm in kinds),
        )
        for each in ROLES
    ]  # fmt: skip
    titles = (_("Role"), _("Level"), _("Posts today"), *(words for words, _perm in kinds))
    return Part(_("Rights of access by role"), titles, rows)


@of_year(40)
def exports(first: date, last: date) -> Part:
    """Files taken, by kind, role and purpose."""
    found: dict[tuple[str, str, str], list[int]] = {}
    entries = list(_log(first, last).filter(act=Act.EXPORT).values_list("user", "details"))
    roles = _roles({user for user, _details in entries})
    for user, details in entries:
        kind = str(details.get("what") or details.get("format") or "–")
        key = (str(KINDS.get(kind, kind)), roles.get(user, "–"), str(details.get("purpose") or "–"))
        row = found.setdefault(key, [0, 0])
        row[0] += 1
        row[1] += details.get("lines") or 0
    rows = [(*key, count, lines) for key, (count, lines) in sorted(found.items())]
    return Part(_("Files taken"), (_("Kind"), _("Role"), _("Purpose"), _("Number of files"), _("Lines")), rows)


@of_year(50)
def accesses(first: date, last: date) -> Part:
    """Who looked at most, against what others of the year did."""
    kinds = [each for each in ACTS if each != Act.EXPORT]
    counts = {str(each): Count("pk", filter=Q(act=each)) for each in kinds}
    found = _log(first, last).filter(act__in=kinds).values("user", "user__name").annotate(total=Count("pk"), **counts)
    top = list(found.order_by("-total", "user")[:TOP])
    roles = _roles({each["user"] for each in top})
    users = found.count()
    average = sum(found.values_list("total", flat=True)) / users if users else 0
    rows = [
        (
            each["user__name"] or "–", roles.get(each["user"], "–"), *(each[str(kind)] for kind in kinds),
            each["total"], _("well above the average") if users > 2 and each["total"] > 3 * average else "",
        )
        for each in top
    ]  # fmt: skip
    words = {"users": users, "average": f"{average:.1f}", "top": TOP}
    note = _("%(users)s users, %(average)s times on average; the %(top)s who looked most.") % words
    titles = (_("Who"), _("Role"), *(str(each.label) for each in kinds), _("Total"), _("Remark"))
    return Part(_("Whole numbers, papers and copies seen"), titles, rows, note)


@of_year(70)
def requests(first: date, last: date) -> Part:
    """What people asked for: copies read or taken; corrections are versions of the record."""
    log = _log(first, last)
    erased = ErasedRow.objects.filter(
        subject=OuterRef("id"), is_left_out=False, erasure__answered_by=OuterRef("history_user"),
        erased_at__gte=OuterRef("history_date"), erased_at__lt=OuterRef("history_date") + LONGEST_PART,
    )  # fmt: skip
    changed = Member.history.filter(~Exists(erased), history_type="~", history_date__date__range=(first, last))
    rows = [
        (_("Copies of a person's data read (art. 45)"), log.filter(act=Act.VIEW).count()),
        (_("Copies taken as a file (art. 45)"), log.filter(act=Act.EXPORT, details__what="personal copy").count()),
        (_("Corrections of a record (art. 46)"), changed.count()),
    ]
    return Part(_("Copies and corrections"), (_("Item"), _("Count")), rows)


@of_year(80)
def erasures(first: date, last: date) -> Part:
    rows = [
        (
            str(each.get_rule_display()), each.period, each.count, each.left_out, each.proposed_by.name,
            each.answered_by.name if each.answered_by else "–", shown.moment(each.done_at), each.get_state_display(),
        )
        for each in Erasure.objects.filter(created_at__date__range=(first, last))
        .select_related("proposed_by", "answered_by")
        .annotate(count=Count("rows"), left_out=Count("rows", filter=Q(rows__is_left_out=True)))
        .order_by("pk")
    ]  # fmt: skip
    titles = (
        *(_("Rule"), _("Kept for"), _("Rows"), _("Left out"), _("Proposed by"), _("Agreed or refused by")),
        *(_("Erased at"), _("State")),
    )
    return Part(_("Erasures"), titles, rows)


@of_year(90)
def retention(first: date, last: date) -> Part:
    rows = [
        (
            str(each.rule.what), each.words, each.due or "–", each.kept or "–",
            each.provision.clause if each.provision else "–",
        )
        for each in standings()
    ]  # fmt: skip
    titles = (_("Data"), _("Kept for"), _("Due today"), _("Over, but kept"), pgettext("provision", "Source"))
    return Part(_("Retention: due and overdue"), titles, rows, _("As of today."))


@of_year(100)
def incidents(first: date, last: date) -> Part:
    log = _log(first, last)
    counts = dict(log.values_list("act").annotate(Count("pk")))
    left_out = sum(each or 0 for each in log.filter(act=Act.SIGN_IN_FAILED).values_list("details__left_out", flat=True))
    rows = [
        (_("Failed sign-ins"), counts.get(Act.SIGN_IN_FAILED, 0) + left_out),
        (_("Names or addresses locked"), counts.get(Act.LOCKED, 0)),
        (_("Passwords reset or set"), counts.get(Act.PASSWORD, 0)),
        (_("Second factors set up, used up or removed"), counts.get(Act.SECOND_FACTOR, 0)),
        (_("Posts given, agreed to or ended"), counts.get(Act.POST, 0)),
        (_("Sign-ins"), counts.get(Act.SIGN_IN, 0)),
    ]
    note = _("Incidents of personal data (art. 57) are reported apart; what the system notices is counted here.")
    return Part(_("Safety"), (_("Item"), _("Count")), rows, note)
