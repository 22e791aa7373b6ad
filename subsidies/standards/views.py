"""补贴标准: the versions on a time line; drafted by civil affairs, put into force by finance."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Max, Min
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import clock
from jygroups.lib.forms import key
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import amount
from registry.access.passwords.views import confirm_first, recently_confirmed
from registry.models import Position
from registry.records.pages import ConfirmPage, EditPage
from subsidies.models import Sheet, Standard
from subsidies.standards import adoption, services
from subsidies.standards.forms import StandardForm
from subsidies.standards.parameters import parameters

DRAFT, ADOPT = "subsidies.draft_standard", "subsidies.adopt_standard"
FORM = "subsidies/standards/standard_edit.html"
FULL = Standard.objects.prefetch_related("rates").select_related("drafted_by", "in_force_by")


@require_safe
@permission_required("subsidies.view_standard", raise_exception=True)
def index(request):
    """Every version, newest first: from when until when, its rates, its parameters in words, where it was used."""
    user = request.user
    month = Month.of(clock.today()).first_day
    rows = list(FULL.visible_to(user).order_by("-effective_month", "-pk"))
    adopted = sorted((each for each in rows if not each.is_draft), key=lambda each: each.effective_month)
    ends = {
        each.pk: Month.of(later.effective_month).previous for each, later in zip(adopted, adopted[1:], strict=False)
    }
    current = max((each for each in adopted if each.effective_month <= month), default=None,
                  key=lambda each: each.effective_month)  # fmt: skip
    used = Sheet.objects.visible_to(user).order_by().values("standard")
    uses = {row["standard"]: row for row in used.annotate(first=Min("month"), last=Max("month"), count=Count("pk"))}
    return render(
        request,
        "subsidies/standards/standards.html",
        {
            "rows": [
                {
                    "standard": each,
                    "rates": _rates(each),
                    "parameters": parameters(each),
                    "until": ends.get(each.pk),
                    "uses": uses.get(each.pk),
                    "is_current": each == current,
                    "to_come": not each.is_draft and each.effective_month > month,
                    "own": each.drafted_by_id == user.pk,
                }
                for each in rows
            ],
            "current": current,
        },
    )


def _rates(standard: Standard) -> list[tuple]:
    found = {rate.position: rate.amount for rate in standard.rates.all()}
    return [(position.label, found.get(position)) for position in Position]


class DraftPage(EditPage):
    permission_required = DRAFT
    records: Any = FULL
    form_class = StandardForm
    template_name = FORM
    done = gettext_lazy("The draft “%(record)s” is saved.")
    back = "standards"

    def refusal(self):
        is_draft = self.record is None or self.record.is_draft
        return "" if is_draft else _("A Standard in force is not changed any more; draft a new one as its copy.")

    def act(self, form):
        return services.draft(standard=form.instance, rates=form.rates, actor=self.actor)


class AddStandard(DraftPage):
    """A new draft, filled in from the Standard in force or the one named by `copy`."""

    records = None
    title = gettext_lazy("Draft a Standard")

    @cached_property
    def base(self) -> Standard | None:
        rows = FULL.visible_to(self.actor)
        if copied := key(self.request.GET.get("copy", "")):
            return get_object_or_404(rows, pk=copied)
        return rows.in_force(Month.of(clock.today())).first()

    def changes(self, form):
        return True

    def get_form_kwargs(self):
        if self.base is None:
            return {"initial": {}, "rates": {}}
        initial = {name: getattr(self.base, name) for name in StandardForm.Meta.fields if hasattr(self.base, name)}
        initial |= {"document": "", "effective": Month.of(clock.today()).next}
        return {"initial": initial, "rates": _by_position(self.base)}

    def get_context(self):
        text = _(
            "A draft decides nothing until the finance bureau puts it into force. What is filled in is a copy of "
            "%(base)s."
        )
        return {"sentence": text % {"base": self.base} if self.base else ""}


class EditStandard(DraftPage):
    title = gettext_lazy("Change the draft")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"rates": _by_position(self.record)}


def _by_position(standard: Standard) -> dict:
    return {rate.position: rate.amount for rate in standard.rates.all()}


class DiscardStandard(ConfirmPage):
    permission_required = DRAFT
    records = FULL
    title = gettext_lazy("Discard the draft “%(record)s”")
    submit = gettext_lazy("Discard")
    done = gettext_lazy("The draft “%(record)s” is discarded.")
    back = "standards"
    refusal = DraftPage.refusal

    def consequences(self):
        return [_("The draft and its rates are deleted. It decided nothing, so no month changes.")]

    def act(self, form):
        services.discard(standard=self.record, actor=self.actor)


@require_http_methods(["GET", "POST"])
@permission_required(ADOPT, raise_exception=True)
def adopt(request, pk):
    """Put a draft into force: the page shows its effect first and asks for the password again."""
    standard = get_object_or_404(FULL.visible_to(request.user), pk=pk)
    if not standard.is_draft:
        messages.info(request, _("“%(standard)s” was put into force already.") % {"standard": standard})
        return redirect(standard)
    if not recently_confirmed(request):
        return confirm_first(request)
    refusal = ""
    if request.method == "POST":
        version = key(request.POST.get("version", "")) or 0
        try:
            services.adopt(standard=standard, version=version, actor=request.user)
        except Refused as error:
            refusal = str(error)
            standard.refresh_from_db()
        else:
            words = {"standard": standard, "month": date_format(standard.effective_month, "YEAR_MONTH_FORMAT")}
            messages.success(request, _("“%(standard)s” is in force from %(month)s on.") % words)
            return redirect(standard)
    month = Month.of(clock.today())
    compared = adoption.compare(standard, adoption.shown_month(standard, month))
    return render(
        request,
        "subsidies/standards/standard_adopt.html",
        {
            "title": _("Put “%(standard)s” into force") % {"standard": standard},
            "standard": standard,
            "rates": _rates(standard),
            "parameters": parameters(standard),
            "refusal": refusal,
            "own": standard.drafted_by_id == request.user.pk,
            "compared": compared,
            "warning": _zero_rates(standard),
            "consequences": [*_consequences(standard, month)],
            "submit": _("Put into force"),
            "back": reverse("standards"),
        },
        status=409 if refusal else 200,
    )


def _consequences(standard: Standard, month: Month):
    first = Month.of(standard.effective_month)
    words = {"month": date_format(standard.effective_month, "YEAR_MONTH_FORMAT")}
    until = adoption.next_standard(standard)
    if until:
        words["until"] = date_format(until.first_day, "YEAR_MONTH_FORMAT")
        yield _("It holds from %(month)s on, until the Standard from %(until)s that is adopted already.") % words
    else:
        yield (
            _("It holds from %(month)s on, until a newer one is put into force. It is never changed after that.")
            % words
        )
    open_sheets = Sheet.objects.filter(month__gte=first.first_day, state="draft")
    drafts = (open_sheets.filter(month__lt=until.first_day) if until else open_sheets).count()
    if drafts:
        yield ngettext(
            "%(count)s draft sheet has to be recalculated.", "%(count)s draft sheets have to be recalculated.", drafts
        ) % {"count": drafts}
    if first >= month.next:
        return
    found = adoption.past(standard)
    if found is None:
        return
    totals = {"months": found.months, "people": found.people, "count": found.corrections, **words}
    totals |= {"more": amount(found.more), "less": amount(found.less)}
    yield (
        _(
            "%(months)s months from %(month)s on are closed already. For them %(count)s corrections of %(people)s "
            "people will be proposed: %(more)s yuan to be paid, %(less)s yuan to be recovered."
        )
        % totals
    )


def _zero_rates(standard: Standard) -> str:
    """A warning where a rate is 0: such a position is paid nothing, or full years alone; empty without one."""
    names = [str(Position(rate.position).label) for rate in standard.rates.all() if rate.amount == 0]
    if not names:
        return ""
    words = {"positions": _(", ").join(names), "increment": amount(standard.yearly_increment)}
    if standard.yearly_increment:
        text = _("The rate is 0 yuan for: %(positions)s. They are paid only %(increment)s yuan for each full year.")
    else:
        text = _("The rate is 0 yuan for: %(positions)s. Their holders are paid nothing and count as not paid.")
    return text % words
