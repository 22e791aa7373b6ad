"""One person's stipend by month, and the amount by today's register: a part of the member's page."""

from django.contrib.auth.decorators import permission_required
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import Member
from registry.records import timeline
from subsidies import facts
from subsidies.engine.service import days_served
from subsidies.explanations import anniversaries
from subsidies.explanations import decisions as explanations
from subsidies.models import SheetLine
from subsidies.month import arrivals, pay_preview, payment_history
from subsidies.month.tables import MonthsTable
from subsidies.standards.rules import Rules

MONTHS_SHOWN = 24


@require_safe
@permission_required("subsidies.view_sheet", raise_exception=True)
def stipends(request, pk):
    """A fragment of the member's page, or a page of its own."""
    user = request.user
    member = get_object_or_404(Member.objects.visible_to(user).select_related("community__subdistrict"), pk=pk)
    lines = SheetLine.objects.visible_to(user).filter(member=member)
    lines = lines.select_related("sheet").defer("facts", "id_number", "account").order_by("-month")
    shown = list(arrivals.staged(lines)[:MONTHS_SHOWN])
    context = {
        "member": member,
        "lines": shown,
        "months": MonthsTable(shown),
        "refused": arrivals.refused(lines),
        "history": payment_history.of_lines(SheetLine.objects.filter(pk__in=[line.pk for line in shown]), user),
        **_by_the_register(user, member),
    }
    template = "subsidies/month/_member_stipends.html" if request.htmx else "subsidies/month/member_stipends.html"
    return render(request, template, context)


def _by_the_register(user, member) -> dict:
    """This month's and next month's amount by today's register, and the days that count up to today."""
    today = clock.today()
    month, rules = Month.of(today), Rules()
    if rules.of(month.next) is None:
        return {}
    person = facts.person(member)
    bodies = pay_preview.body_names(user, person)
    now, then = (rules.decide(person.life, each) for each in (month, month.next))
    assert then
    service = days_served(person.life, today, (now or then).standard)
    drawn = None
    if service:
        marks = [timeline.Mark(on, str(year)) for year, on in enumerate(anniversaries.reached(service), 1)]
        bars = [timeline.Bar(timeline.Span(each.first_day, each.last_day), timeline.SERVICE) for each in service]
        lane = timeline.Lane(_("days that count, and full years reached"), bars, marks)
        drawn = timeline.Timeline([lane], today=today)
    return {
        "month": month if now else month.next,
        "explanation": explanations.by_register(member, now or then, bodies, rules),
        "next": explanations.by_register(member, then, bodies, rules) if now else None,
        "service": service,
        "timeline": drawn,
    }
