"""The steps of the approval flow, each with a page that lists the consequences; a community's confirmation."""

from collections import defaultdict
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib.months import Month
from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.shown import exact
from jygroups.lib.yuan import YuanSum
from registry.access.passwords.views import confirm_first, recently_confirmed
from registry.models import Community
from subsidies.models import STEPS, Objection, Sheet, SheetLine, Step
from subsidies.month import (
    approval_flow,
    certificates,
    changes,
    checks,
    differences,
    heads,
    notice_states,
    review,
    sheet_pages,
    workflow,
)
from subsidies.month.workflow_forms import StepForm

TITLES = {
    Step.SUBMIT: lambda words: _("Submit the sheet of %(area)s, %(month)s") % words,
    Step.ENDORSE: lambda words: _("Endorse the sheet of %(area)s, %(month)s") % words,
    Step.APPROVE: lambda words: _("Approve the sheet of %(area)s, %(month)s") % words,
    Step.RETURN: lambda words: _("Return the sheet of %(area)s, %(month)s") % words,
}
BUTTONS = {
    Step.SUBMIT: lambda: _("Submit"),
    Step.ENDORSE: lambda: _("Endorse"),
    Step.APPROVE: lambda: _("Approve and seal"),
    Step.RETURN: lambda: _("Return"),
}
DONE = {
    Step.SUBMIT: lambda words: _("%(sheet)s is submitted; it waits for the subdistrict's endorsement.") % words,
    Step.ENDORSE: lambda words: _("%(sheet)s is endorsed; it waits for the finance bureau's approval.") % words,
    Step.APPROVE: lambda words: _("%(sheet)s is approved and sealed.") % words,
    Step.RETURN: lambda words: _("%(sheet)s is returned to the clerk with your comment.") % words,
}


@require_http_methods(["GET", "POST"])
def take(request, month, code, step):
    """One step of the whole sheet. The page lists what blocks the step; the POST checks it again."""
    step = Step(step)
    permission = STEPS[step].permission
    if not request.user.has_perm(permission):
        raise PermissionDenied
    sheet = sheet_pages.find_permitted(request.user, month, code, permission)
    if step in (Step.ENDORSE, Step.APPROVE) and not recently_confirmed(request):
        return confirm_first(request)
    data = request.POST if request.method == "POST" else None
    form = StepForm(data, required=STEPS[step].needs_comment, initial={"seen": sheet.version})
    if request.method == "POST" and form.is_valid():
        return _taken(request, step, sheet, **form.cleaned_data)
    if not approval_flow.Rights(request.user).may(step, sheet):
        messages.info(request, _why_not(request.user, step, sheet))
        return redirect(sheet)
    words = _words(sheet)
    compared = changes.against_previous(sheet)
    return render(
        request,
        "subsidies/month/step.html",
        {
            "sheet": sheet,
            "month": month,
            "step": step,
            "title": TITLES[step](words),
            "consequences": list(_consequences(step, sheet, words)),
            "problems": _problems(step, sheet),
            **_notices(request.user, step, sheet),
            "changes": compared,
            "heads": heads.counted(SheetLine.objects.filter(sheet=sheet)),
            "odd": review.unusual(sheet, SheetLine.objects.filter(sheet=sheet), compared, whole=True),
            "form": form,
            "submit": BUTTONS[step](),
            "back": sheet.get_absolute_url(),
        },
        status=422 if form.errors else 200,
    )


def _taken(request, step: Step, sheet: Sheet, *, comment: str, seen: int | None):
    try:
        sheet = workflow.take(step, sheet=sheet, actor=request.user, comment=comment, seen=seen)
    except Overtaken as refusal:
        last = sheet.events.order_by("-id").first()
        if last and last.by_id == request.user.pk and last.step == step:  # sent twice
            messages.success(request, DONE[step](_words(sheet)))
        else:
            messages.info(request, str(refusal))
        if sheet.state in STEPS[step].sources:
            return redirect(request.path)  # changed since it was shown: show it as it is now
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, DONE[step](_words(sheet)))
    return redirect(sheet)


def _words(sheet: Sheet) -> dict:
    month = date_format(sheet.month, "YEAR_MONTH_FORMAT")
    area = sheet.subdistrict.name
    return {
        "area": area,
        "month": month,
        "sheet": str(sheet),
        "people": sheet.people,
        "net": exact(sheet.net),
    }


def _why_not(user, step: Step, sheet: Sheet) -> str:
    if user.pk in STEPS[step].excluded(sheet, STEPS) and sheet.state in STEPS[step].sources:
        return _("You have signed %(record)s already; this step is another user's.") % {"record": sheet}
    words = {**_words(sheet), "state": sheet.get_state_display()}
    return _("%(sheet)s is %(state)s; this step is not open to it.") % words


def _consequences(step: Step, sheet: Sheet, words: dict):
    if step == Step.SUBMIT:
        yield _("It goes to the subdistrict's leader for endorsement, and is not recalculated unless it comes back.")
        yield _("The one who endorses it has to be somebody else.")
    elif step == Step.ENDORSE:
        yield _("The sheet goes to the finance bureau for approval. You answer for the subdistrict that it is right.")
    elif step == Step.APPROVE:
        yield (
            ngettext(
                "%(people)s person is to be paid %(net)s yuan in all.",
                "%(people)s people are to be paid %(net)s yuan in all.",
                sheet.people,
            )
            % words
        )
        yield _("All lines freeze and the sheet is sealed: nobody can change it any more, nor take the approval back.")
        yield _("An error found later is corrected by back pay or recovery on a later sheet.")
    elif step == Step.RETURN:
        yield _("It becomes a draft again; the clerk is shown your comment, corrects it and submits it again.")
        yield _("Confirmations of communities whose lines do not change stay.")


def _notices(user, step: Step, sheet: Sheet) -> dict:
    """The states of the public notices, for users who endorse or approve, and whether approval waits for them."""
    if step not in (Step.ENDORSE, Step.APPROVE) or not user.has_perm("subsidies.view_notice"):
        return {}
    return {
        "notice_counts": notice_states.counts(notice_states.visible(user, sheet)),
        "objections": Objection.objects.filter(notice__sheet=sheet, answered_on=None).count(),
        "notice_days": sheet.standard.notice_days,
    }


def _problems(step: Step, sheet: Sheet) -> list[str]:
    if step not in (Step.SUBMIT, Step.ENDORSE, Step.APPROVE):
        return []
    lines = certificates.lines_of(sheet)
    problems = certificates.altered_in_words(sheet, lines)
    if step == Step.APPROVE:
        problems += [*checks.unposted(sheet), *checks.unaccepted(sheet)]
    if step != Step.SUBMIT:
        return problems
    problems += [str(problem) for problem in [*checks.blocking(sheet), *checks.unconfirmed(sheet)]]
    if differences.of([sheet]):
        problems.append(_("The roster or the rules have changed since it was computed: recalculate it."))
    return problems + certificates.in_words(certificates.compare(lines, sheet.standard.rules()))


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.confirm_lines", raise_exception=True)
def confirm(request, month, code):
    """Confirm a community's lines; a clerk may do so for a community of the subdistrict."""
    visible = Community.objects.visible_to(request.user).select_related("subdistrict")
    community = get_object_or_404(visible, code=code)
    if not request.user.has_perm("subsidies.confirm_lines", community):
        raise PermissionDenied
    sheet = sheet_pages.find(request.user, month, community.subdistrict.code)
    if request.method == "POST":
        try:
            seen = request.POST.get("seen", "")
            confirmation = workflow.confirm(sheet=sheet, community=community, actor=request.user, seen=seen)
        except Overtaken as refusal:
            messages.info(request, str(refusal))
            return redirect(request.path)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            words = {
                **_words(sheet),
                "community": community.name,
                "lines": confirmation.lines,
                "net": exact(confirmation.net),
            }
            messages.success(
                request, _("%(community)s has confirmed %(month)s: %(lines)s lines, %(net)s yuan.") % words
            )
        return redirect(sheet)
    lines = SheetLine.objects.filter(sheet=sheet, community=community)
    rows = lines.select_related("group").defer("facts").order_by("ordinal")
    found = changes.against_previous(sheet, request.user)
    return render(
        request,
        "subsidies/month/confirm.html",
        {
            "sheet": sheet,
            "month": month,
            "community": community,
            "seen": workflow.line_digests(sheet, [community]).get(community.pk, ""),
            "title": _("Confirm the stipends of %(community)s, %(month)s")
            % {"community": community.name, "month": date_format(sheet.month, "YEAR_MONTH_FORMAT")},
            "totals": lines.aggregate(
                lines=Count("pk"),
                people=Count("pk", filter=heads.PAID),
                gross=YuanSum("gross"),
                adjustment=YuanSum("adjustment"),
                net=YuanSum("net"),
            ),
            "changes": [change for change in found.changes if change.line.community_id == community.pk],
            "previous": Month.of(sheet.month).previous if found.previous else None,
            "heads": heads.counted(lines),
            "paid": rows.filter(heads.LISTED),
            "unpaid": rows.exclude(heads.PAID),
            "outdated": sheet.is_draft and any(community.pk in each.communities for each in differences.of([sheet])),
            "standing": checks.confirmed(sheet).get(community.pk),
            "doubtful": checks.lines_in_doubt(sheet, community, checks.in_doubt(sheet)) if sheet.is_draft else [],
            "back": sheet.get_absolute_url(),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("subsidies.confirm_lines", raise_exception=True)
def confirm_several(request, month, code):
    """Confirm for the selected communities that have not confirmed and for which the user may confirm."""
    sheet = sheet_pages.find(request.user, month, code)
    flow = approval_flow.of([sheet])[sheet.pk]
    keys = approval_flow.Rights(request.user).to_confirm(flow)
    communities = [flow.communities[key] for key in keys]
    if request.method == "POST":
        chosen = [each for each in communities if each.code in request.POST.getlist("communities")]
        try:
            seen = {each.pk: request.POST.get(f"seen-{each.code}", "") for each in chosen}
            workflow.confirm_all(sheet=sheet, communities=chosen, actor=request.user, seen=seen)
        except Overtaken as refusal:
            messages.info(request, str(refusal))
            return redirect(request.path)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            names = _(", ").join(each.name for each in chosen)
            if chosen:
                messages.success(request, _("Confirmed: %(names)s.") % {"names": names})
            else:
                messages.error(request, _("No community is ticked; nothing was confirmed."))
        return redirect(sheet)
    found = changes.against_previous(sheet, request.user)
    moved: dict[int, Decimal] = defaultdict(Decimal)
    for change in found.changes:
        moved[change.line.community_id] += change.difference
    lines = SheetLine.objects.filter(sheet=sheet, community__in=keys).order_by().values("community")
    lines = lines.annotate(people=Count("pk", filter=heads.PAID), net=YuanSum("net"))
    totals = {row["community"]: row for row in lines}
    digests = workflow.line_digests(sheet, communities)
    rows = [
        (each, totals[each.pk], moved[each.pk] if found.previous else None, digests[each.pk]) for each in communities
    ]
    context = {"sheet": sheet, "month": month, "rows": rows, "back": sheet.get_absolute_url()}
    return render(request, "subsidies/month/confirm_several.html", context)
