"""Pages of the forecast: the cost of coming months by today's rules and others, and the year's budget."""

from decimal import Decimal

from django.contrib.auth.decorators import permission_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from jygroups.lib import charts, clock
from jygroups.lib.months import Month
from jygroups.lib.shortcuts import download
from jygroups.lib.shown import exact
from registry.models import Act, Position, Subdistrict
from registry.records import audit
from registry.records.pages import EditPage
from subsidies.models import CLOSED_STATES, Budget, Sheet, Standard
from subsidies.standards import forecast
from subsidies.standards.forecast import City, Comparison
from subsidies.standards.forecast_forms import BudgetForm, RulesForm
from subsidies.standards.forecast_workbook import forecast_workbook
from subsidies.standards.rules import Rules

# Months that the tables add up, beside all months of the forecast.
NEXT_MONTHS, YEAR_MONTHS = 1, 12


def _asked(request) -> tuple[RulesForm | None, Month]:
    """The form as the address fills it in; none while no adopted Standard decides any of the months ahead."""
    first = Month.of(clock.today()).next
    ahead = forecast.months_from(first)
    rules = Rules()
    standards = list(dict.fromkeys(standard for month in ahead if (standard := rules.of(month))))
    if not standards:
        return None, first
    chosen = request.GET.get("standard") or _in_force(request.GET.get("since", ""), rules)
    standard = next((each for each in standards if str(Month.of(each.effective_month)) == chosen), standards[0])
    since = max(first, Month.of(standard.effective_month))
    asked = request.GET if "since" in request.GET else None
    form = RulesForm(asked, standard=standard, first=since, until=rules.after(standard))
    form.standards = standards
    return form, first


def _in_force(since: str, rules: Rules) -> str:
    """The Standard of the requested month, for an address without a Standard."""
    try:
        standard = rules.of(Month.parse(since))
    except ValueError:
        return ""
    return str(Month.of(standard.effective_month)) if standard else ""


def _compared(form: RulesForm, first: Month, user) -> Comparison:
    months = forecast.months_from(first)
    if not form.is_valid():
        city = City(first, user)
        return city.compare(form.standard, since=form.first, months=months)
    city = City(first, user, form.assumptions)
    return city.compare(form.rules, since=form.cleaned_data["since"], months=months)


@require_safe
@permission_required("subsidies.view_budget", raise_exception=True)
def page(request):
    """Today's rules and others over 36 months; all settings are in the address, nothing is saved."""
    form, first = _asked(request)
    if form is None:
        return render(request, "subsidies/standards/forecast.html", {"form": None})
    found = _compared(form, first, request.user)
    changed = form.is_bound and form.is_valid() and form.rules != form.standard
    series = [(_("today's rules"), found.now.by_month())]
    if changed:
        series.append((_("changed rules"), found.then.by_month()))
    labels = [str(month) for month in found.now.months]
    context = {
        "form": form,
        "changed": changed,
        "months": len(labels),
        "answer": _answer(found, changed),
        "chart": charts.lines(labels, series),
        "areas": charts.lines(
            labels, [(area.name, found.then.by_month(area)) for area in Subdistrict.objects.visible_to(request.user)]
        ),
        "rows": _rows(found, request.user),
        "compared": found,
    }
    return render(request, "subsidies/standards/forecast.html", context, status=422 if form.errors else 200)


def _answer(found: Comparison, changed: bool) -> str:
    """The result of the chart in a sentence."""
    now = found.now.by_month()
    if not changed:
        words = {"first": exact(now[0]), "last": exact(now[-1]), "month": _name(found.now.months[-1])}
        return _("From %(first)s yuan next month to %(last)s yuan in %(month)s, by today's rules") % words
    difference = sum(found.then.by_month(), Decimal(0)) - sum(now, Decimal(0))
    people = ngettext("%(count)s person gains", "%(count)s people gain", len(found.gain)) % {"count": len(found.gain)}
    losers = ngettext("%(count)s loses", "%(count)s lose", len(found.lose)) % {"count": len(found.lose)}
    words = {
        "yuan": exact(abs(difference)), "months": str(len(now)), "people": people, "losers": losers,
        "since": _name(found.since),
    }  # fmt: skip
    if difference == 0:
        return _("The same over %(months)s months; in %(since)s %(people)s, %(losers)s") % words
    if difference > 0:
        return _("%(yuan)s yuan more over %(months)s months; in %(since)s %(people)s, %(losers)s") % words
    return _("%(yuan)s yuan less over %(months)s months; in %(since)s %(people)s, %(losers)s") % words


def _rows(found: Comparison, user) -> list[dict]:
    """The total, each subdistrict and each position: of next month, of twelve and of all, now and then."""
    months = found.now.months
    spans = [months[:NEXT_MONTHS], months[:YEAR_MONTHS], months]

    def row(label: str, **which) -> dict:
        return {
            "label": label,
            "spans": [(found.now.total(span, **which), found.then.total(span, **which)) for span in spans],
        }

    rows = [row(_("Together"))]
    rows += [row(area.name, subdistrict=area) for area in Subdistrict.objects.visible_to(user)]
    rows += [row(str(position.label), position=position.value) for position in Position]
    for each in rows:
        each["spans"] = [(now, then, then - now) for now, then in each["spans"]]
    return [each for each in rows if any(now or then for now, then, _difference in each["spans"])]


def _name(month: Month) -> str:
    return date_format(month.first_day, "YEAR_MONTH_FORMAT")


@require_POST
@permission_required("subsidies.view_budget", raise_exception=True)
def workbook(request):
    """What the page shows, as a workbook; it names people, so it leaves an entry in the audit log."""
    form, first = _asked(request)
    if form is None:
        raise Http404
    found = _compared(form, first, request.user)
    rules = form.rules if form.is_bound and form.is_valid() else form.standard
    content = forecast_workbook(found, list(Subdistrict.objects.visible_to(request.user)), form.standard, rules)
    name = _("What if, from %(month)s") % {"month": first} + ".xlsx"
    audit.record(Act.EXPORT, name, user=request.user, format="xlsx", lines=len(found.people))
    return download(content, name)


# The budget -------------------------------------------------------------------------------------------------


@require_safe
@permission_required("subsidies.view_budget", raise_exception=True)
def budget(request, year):
    """The year's forecast, the granted budget, and the amount spent."""
    if not Standard.objects.in_force(Month(year, 12)).exists():
        raise Http404
    granted = {row.subdistrict_id: row for row in Budget.objects.visible_to(request.user).filter(year=year)}
    closed = Sheet.objects.visible_to(request.user).filter(month__year=year, state__in=CLOSED_STATES)
    spent: dict[int, Decimal] = {}
    for area, net in closed.values_list("subdistrict", "net"):
        spent[area] = spent.get(area, Decimal(0)) + net
    rows, plans = [], forecast.of_year(year, request.user)
    for plan in plans:
        row, paid = granted.get(plan.subdistrict.pk), spent.get(plan.subdistrict.pk, Decimal(0))
        share = f"{paid / row.amount:.0%}" if row and row.amount else ""
        rows.append({"plan": plan, "budget": row, "spent": paid, "share": share})
    this = clock.today().year
    context = {
        "year": year,
        "years": [(each, reverse("budget", args=[each])) for each in (this + 1, this, this - 1)],
        "rows": rows,
        "restated": any(plan.restated for plan in plans),
        "wanted": sum((plan.wanted for plan in plans), Decimal(0)),
        "spent": sum(spent.values(), Decimal(0)),
        "granted": sum((row.amount for row in granted.values()), Decimal(0)),
    }
    return render(request, "subsidies/standards/budget.html", context)


class EditBudget(EditPage):
    permission_required = "subsidies.change_budget"
    form_class = BudgetForm
    title = gettext_lazy("Budget of %(area)s for %(year)s")
    done = gettext_lazy("The budget of %(area)s for %(year)s is %(yuan)s yuan.")
    reason = gettext_lazy("Budget set")

    def get_record(self):
        year = self.kwargs["year"]
        area = get_object_or_404(Subdistrict.objects.visible_to(self.actor), code=self.kwargs["code"])
        if not Standard.objects.in_force(Month(year, 12)).exists():
            raise Http404
        place = {"year": year, "subdistrict": area}
        return Budget.objects.select_for_update().filter(**place).first() or Budget(**place)

    def changes(self, form):
        return bool(form.edited)

    def words(self):
        yuan = exact(self.record.amount or Decimal(0))
        return {"area": self.record.subdistrict.name, "year": self.record.year, "yuan": yuan}

    def get_context(self):
        plans = forecast.of_year(self.record.year, self.actor)
        [plan] = [each for each in plans if each.subdistrict == self.record.subdistrict]
        text = _("With every seat filled and everyone elected again, the year needs %(wanted)s yuan.")
        return {"sentence": text % {"wanted": exact(plan.wanted)}}

    def back_url(self):
        return reverse("budget", args=[self.record.year])
