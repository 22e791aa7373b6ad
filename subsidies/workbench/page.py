"""The context of the workbench page: each part with its figures, for the posts that need it."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib import charts
from jygroups.lib.months import Month
from jygroups.lib.shown import amount
from jygroups.lib.yuan import YuanSum
from registry.apps import import_declarations
from registry.compliance import finding_lines
from registry.models import AuditEntry, Building, Community, Post, ResidentsGroup, Subdistrict, User
from registry.people.areas import figures
from registry.people.areas.groups import groups_of
from registry.people.areas.tables import GroupsOfCommunity
from registry.records import findings as registered
from registry.records import recent, todo
from registry.records.audit_tables import AuditTable
from registry.records.findings import Finding
from subsidies.explanations import decisions as explanations
from subsidies.models import Sheet, SheetLine
from subsidies.month import arrivals, changes
from subsidies.month.visible_totals import VisibleTotals, visible_totals
from subsidies.workbench import city
from subsidies.workbench.tables import ChangeTable

NOTHING = Decimal(0)
CHART_MONTHS = 12  # of the chart; the page offers twice as many too
LOWEST_COVERAGE = 10  # communities on the chart of coverage
RECENT_ROWS = 8  # of the changes and audit entries shown
REASONS_LISTED = 3  # in the sentence on why a month differs
POST_ENDS_SOON = timedelta(days=30)  # a post that ends within this time is listed

for app in ("registry", "subsidies"):
    import_declarations(app, "todo")


def of(user: User, today: date, months: int = CHART_MONTHS) -> dict:
    """The context of all parts that the user may see."""
    found: dict = {"today": today}
    findings: list[Finding] = []
    if user.has_perm("registry.view_residentsgroup"):
        findings = registered.findings(user, today)
    found |= needs_doing(user, today, findings)
    if user.has_perm("registry.view_community"):
        changes = ChangeTable(list(recent.changes(user, RECENT_ROWS)))
        found |= {"figures": figures.of_all(user, today), "changes": changes}
    if user.has_perm("subsidies.view_sheet"):
        found |= stipends(user, today, months)
    if user.sees_whole_city:
        found["matrix"] = by_subdistrict(user, findings)
    elif user.reach().subdistricts:
        found["communities"] = by_community(user, today, findings)
    elif community := user.only_community:
        buildings = list(Building.objects.visible_to(user).filter(community=community))
        table = GroupsOfCommunity(groups_of(community, user, today, buildings, findings))
        found |= {"community": community, "area": f"community={community.code}", "groups_of_community": table}
    if user.has_perm("registry.view_community"):
        found |= coverage(user, today)
    if user.has_perm("registry.view_auditentry"):
        acts = AuditEntry.objects.visible_to(user).select_related("user")[:RECENT_ROWS]
        found["acts"] = AuditTable(list(acts), exclude=("details", "address"))
    if user.gives_every_post:
        found |= accounts(user, today)
    if user.member_id:
        found |= own_stipend(user)
    if groups := user.reach().groups:
        own = ResidentsGroup.objects.visible_to(user).filter(pk__in=groups)
        found["groups"] = own.select_related("committee__community")
    return found


def needs_doing(user: User, today: date, findings: list[Finding]) -> dict:
    """The lines of what is to be done. A user of the whole city edits no roster and has the findings as a table."""
    own_findings = [] if user.sees_whole_city else findings
    lines = todo.lines(user, today)
    news = [line for line in lines if line.urgency is todo.Urgency.NEWS]
    lines = [line for line in lines if line not in news]
    found = [*lines, *finding_lines.lines(user, own_findings)]
    return {"lines": found, "news": news, "count": len(lines) + len(own_findings)}


def stipends(user: User, today: date, months: int) -> dict:
    """The newest month's sheets and why they differ from the month before; the totals of so many months; this year."""
    visible = Sheet.objects.visible_to(user)
    newest = Month.of(visible.order_by("-month").values_list("month", flat=True).first() or today)
    shown = newest.run_up(months)
    first = min(shown[0].first_day, date(today.year, 1, 1))
    rows = visible.filter(month__gte=first).select_related("subdistrict").order_by("month", "subdistrict__code")
    sheets = visible_totals(user, list(rows))
    latest = [each for each in sheets if each.sheet.month == newest.first_day]
    compared = [changes.against_previous(each.sheet, user) for each in latest]
    found = {
        "visible": latest,
        "chart": _chart(sheets, shown),
        "chart_title": _why(latest, compared, newest),
        "months": months,
        "year": _year(user, sheets, today.year),
    }
    return found | city.of(user, sheets, latest, compared, shown) if user.sees_whole_city else found


def _chart(sheets: list[VisibleTotals], months: list[Month]) -> charts.LineChart | None:
    """The net of each subdistrict over the months."""
    net = {(each.sheet.subdistrict.name, each.sheet.month): each.totals.net for each in sheets}
    names = list(dict.fromkeys(name for name, _month in net))
    return charts.lines(
        [str(month) for month in months],
        [
            (name if len(names) > 1 else _("Net (yuan)"), [net.get((name, month.first_day)) for month in months])
            for name in names
        ],
    )


def _why(newest: list[VisibleTotals], compared: list[changes.Changes], month: Month) -> str:
    """«2026年11月比上月多 1,250 元,其中 8 人满年 +400 元»: the chart's title, from the lines."""
    total = amount(sum((each.totals.net for each in newest), Decimal(0)))
    words = {"month": date_format(month.first_day, "YEAR_MONTH_FORMAT"), "net": total}
    if not compared or any(each.previous is None for each in compared):
        return _("%(month)s: %(net)s yuan") % words
    count, yuan = Counter(), Counter()  # type: ignore[var-annotated]
    for each in compared:
        for kind, (of_kind, difference) in each.by_kind().items():
            count[kind] += of_kind
            yuan[kind] += difference  # type: ignore[assignment]
    difference = sum(yuan.values(), Decimal(0))  # type: ignore[assignment]
    words["difference"] = amount(abs(difference))
    if difference == 0:
        return _("%(month)s: %(net)s yuan, as much as the month before") % words
    words["reasons"] = _(", ").join(
        ngettext("%(count)s person %(kind)s %(yuan)s yuan", "%(count)s people %(kind)s %(yuan)s yuan", count[kind])
        % {"count": count[kind], "kind": kind.label, "yuan": f"{'+' if moved > 0 else '−'}{amount(abs(moved))}"}  # type: ignore[arg-type]
        for kind, moved in sorted(yuan.items(), key=lambda pair: -abs(pair[1]))[:REASONS_LISTED]
        if moved
    )
    if difference > 0:
        return _("%(month)s: %(difference)s yuan more than the month before: %(reasons)s") % words
    return _("%(month)s: %(difference)s yuan less than the month before: %(reasons)s") % words


def _year(user: User, sheets: list[VisibleTotals], year: int) -> dict:
    """Of each subdistrict the sheets of the year's months in order, None where there is none, their sum and budget."""
    months = [Month(year, number) for number in range(1, 13)]
    by_place = {(each.sheet.subdistrict, each.sheet.month): each for each in sheets if each.sheet.month.year == year}
    budgets = city.budgets(user, year)
    rows: list[dict] = []
    for subdistrict in dict.fromkeys(place for place, _month in by_place):
        found = [by_place.get((subdistrict, month.first_day)) for month in months]
        net, budget = sum((each.totals.net for each in found if each), NOTHING), budgets.get(subdistrict.pk)
        rows.append(
            {
                "subdistrict": subdistrict,
                "visible": found,
                "net": net,
                "budget": budget,
                "share": city.share(net, budget),
            }
        )
    net, budget = sum((row["net"] for row in rows), NOTHING), sum(budgets.values(), NOTHING)
    return {
        "year": year,
        "months": months,
        "rows": rows,
        "totals": [sum((each.totals.net for each in of_month if each), NOTHING) for of_month in _columns(rows)],
        "net": net,
        "budget": budget,
        "share": city.share(net, budget) if len(budgets) == len(rows) else "",
    }


def _columns(rows: list[dict]) -> list[tuple]:
    """Of each month the sheets of all subdistricts."""
    return list(zip(*(row["visible"] for row in rows), strict=True))


def by_subdistrict(user: User, findings: list[Finding]) -> dict:
    """How many findings of each kind there are in each subdistrict."""
    subdistricts = list(Subdistrict.objects.visible_to(user))
    areas = dict(Community.objects.visible_to(user).values_list("pk", "subdistrict"))
    count = Counter((finding.kind, areas[finding.community]) for finding in findings)
    kinds = [kind for kind in registered.KINDS if any(count[kind, area.pk] for area in subdistricts)]
    return {
        "subdistricts": subdistricts,
        "rows": [{"kind": kind, "counts": [(area, count[kind, area.pk]) for area in subdistricts]} for kind in kinds],
    }


def by_community(user: User, today: date, findings: list[Finding]) -> list[dict]:
    """Each community with its figures, how much is wrong in it, and the newest month's people and yuan."""
    found = figures.by_community(user, today)
    counts = Counter(finding.community for finding in findings)
    lines = SheetLine.objects.visible_to(user)
    newest = lines.order_by("-month").values("month")[:1]
    paid = lines.filter(month=newest).order_by().values_list("community").annotate(YuanSum("net"))
    net = dict(paid)
    return [
        {"community": each, "figures": found[each.pk], "findings": counts[each.pk], "net": net.get(each.pk)}
        for each in Community.objects.visible_to(user).select_related("subdistrict")
    ]


def coverage(user: User, today: date) -> dict:
    """The share of each community's buildings that a group covers, the smallest first."""
    found = figures.by_community(user, today)
    bars = charts.bars(
        (each.name, each.get_absolute_url(), found[each.pk].covered, found[each.pk].buildings)
        for each in Community.objects.visible_to(user)
    )
    lacking = [bar for bar in bars if not bar.is_whole]
    words = {
        "whole": sum(bar.whole for bar in bars),
        "missing": sum(bar.whole - bar.part for bar in bars),
        "communities": len(lacking),
    }
    words["share"] = f"{100 * (words['whole'] - words['missing']) // words['whole']}%" if bars else ""  # type: ignore[assignment]
    if lacking:
        title = _("%(share)s of the buildings are covered; %(missing)s are not, in %(communities)s communities") % words
    else:
        title = _("All %(whole)s buildings are covered by a group") % words
    return {"coverage": bars[:LOWEST_COVERAGE], "coverage_title": title}


def accounts(user: User, today: date) -> dict:
    """What the keeper of users looks after: who has no post, who never signed in, and which posts end soon.

    A post that waits for a second person counts as one.
    """
    users = User.objects.visible_to(user).filter(is_active=True)
    given = Post.objects.giveable_by(user)
    held = given.held_on(today)
    return {
        "without_post": users.filter(is_superuser=False).exclude(pk__in=(held | given.waiting()).values("user")),
        "never_signed_in": users.filter(last_login=None),
        "posts_ending": held.filter(last_day__lte=today + POST_ENDS_SOON).select_related(
            "user", "subdistrict", "community", "group"
        ),
    }


def own_stipend(user: User) -> dict:
    """The user's own newest line, with why it is what it is; and the months whose money the bank refused."""
    lines = arrivals.staged(SheetLine.objects.filter(member=user.member_id))
    lines = lines.select_related("sheet__standard", "sheet__subdistrict")
    line = lines.prefetch_related("sheet__standard__rates").order_by("-month").first()
    found = {"refused": arrivals.refused(SheetLine.objects.filter(member=user.member_id))}
    return found | {"own": line, "explanation": explanations.of_line(line)} if line else {}
