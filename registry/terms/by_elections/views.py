"""Vacancies filled between re-elections (补选), and offices held on past their term."""

from dataclasses import replace
from datetime import date
from itertools import groupby

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock
from jygroups.lib.refusals import Overtaken
from registry.models import Appointment, Community, Term, User
from registry.people.bodies import vacancies
from registry.people.bodies.vacancies import Lack
from registry.people.offices import services as offices
from registry.people.offices.queries import communities_waiting, held_over
from registry.records import undo
from registry.records.pages import overtaken
from registry.terms.forms import LeftOverForm
from registry.terms.reelections import queries as elections
from registry.terms.reelections import services as reelection
from registry.terms.reelections.forms import ByElectionForm, people_of
from registry.terms.reelections.places import COMMITTEE, GROUP, SUPERVISION, Office


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_appointment", raise_exception=True)
def by_election(request, code):
    """Somebody takes what is vacant in one of a community's bodies, to the end of the running term."""
    visible = Community.objects.visible_to(request.user).select_related("subdistrict", "committee")
    community = get_object_or_404(visible, code=code)
    if not request.user.has_perm("registry.add_appointment", community):
        raise PermissionDenied
    today = clock.today()
    term = Term.objects.of(today)
    lacking = [each for each in vacancies.find(request.user, today) if each.community.pk == community.pk]
    form = ByElectionForm(
        request.POST or None,
        user=request.user,
        bodies=elections.bodies_on(community, today),
        initial={"first_day": today, "seat": request.GET.get("seat") or _vacant(lacking)},
    )
    if request.method == "POST" and form.is_valid():
        body, office = form.chosen
        member = form.member or form.new
        try:
            proposal = offices.appoint(
                member=member,
                body=body.group or community.committee,
                position=office.position,
                acting=office is Office.ACTING_LEADER,
                first_day=form.cleaned_data["first_day"],
                basis=form.cleaned_data["basis"],
            )
            proposal = replace(proposal, rows=[*proposal.rows, *form.decisions])
            written = offices.carry_out(proposal, actor=request.user)
        except ValidationError as error:
            form.take(error)
        else:
            appointment = next(row for row in written if isinstance(row, Appointment))
            words = {"name": member.name, "position": office.label, "term": appointment.term or "–"}
            undo.offer(request, _("%(name)s is elected %(position)s, to the end of %(term)s.") % words, written)
            return redirect(appointment.group or community)
    return render(
        request,
        "registry/terms/by_election.html",
        {
            "form": form,
            "title": _("By-election"),
            "trail": [community.subdistrict, community],
            "sentence": _("Who is elected now serves to the end of the running term, %(date)s.")
            % {"date": term.last_day}
            if term
            else _("No term runs today; civil affairs has to make one first."),
            "people": people_of(community, request.user),
            "lacking": [
                {"body": each.group or each.committee, "what": Lack(each.lack).label, "seats": each.seats}
                for each in lacking
            ],
            "back": community.get_absolute_url(),
        },
        status=422 if form.errors else 200,
    )


def _vacant(lacking: list[vacancies.Vacancy]) -> str | None:
    """The office that fills the first vacancy, as the form's choice has it."""
    if not lacking:
        return None
    first = lacking[0]
    office = Office.of(vacancies.FILLED_BY[first.lack][-1], acting=False)
    kind = SUPERVISION if office is Office.SUPERVISION_DIRECTOR else COMMITTEE
    return f"{GROUP}-{first.group.pk}:{office}" if first.group else f"{kind}:{office}"


def left_over(user: User, day: date, term: Term | None):
    """Offices past their term that the user may settle one by one.

    Where a re-election is still to be carried out, it decides on all offices together.
    """
    editable = Community.objects.visible_to(user, "registry.change_appointment")
    waiting = communities_waiting(term) if term else []
    return held_over(user, day).filter(committee__community__in=editable).exclude(committee__community__in=waiting)


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_appointment", raise_exception=True)
def overdue(request):
    """Offices held on past their term: each is renewed or ended, several at once."""
    today = clock.today()
    term = Term.objects.of(today)
    found = list(left_over(request.user, today, term))
    forms = [LeftOverForm(request.POST or None, office=office, term=term) for office in found]
    problems: list[str] = []
    valid = [form.is_valid() for form in forms]  # so that each shows its errors
    if request.method == "POST" and all(valid):
        renewed = [form.office for form in forms if form.cleaned_data["act"] == form.RENEW]
        endings = [
            reelection.Ending(form.office, form.cleaned_data["last_day"], form.cleaned_data["end_reason"])
            for form in forms
            if form.cleaned_data["act"] == form.END
        ]
        if not (renewed or endings):
            return redirect("overdue")
        try:
            written = reelection.settle(renewed=renewed, endings=endings, term=term, actor=request.user)
        except Overtaken as error:
            return overtaken(request, error, request.path)
        except ValidationError as error:
            names = {str(office.pk): office.member.name for office in found}
            problems = [f"{names[key]}: {text}" for key, texts in error.message_dict.items() for text in texts]
        else:
            words = {"renewed": len(renewed), "ended": len(endings)}
            undo.offer(request, _("%(renewed)s offices renewed, %(ended)s ended.") % words, written)
            return redirect("overdue")
    return render(
        request,
        "registry/terms/overdue.html",
        {
            "term": term,
            "forms": forms,
            "problems": problems,
            "waiting": _waiting(request.user, today, {office.pk for office in found}) if term else [],
        },
        status=422 if request.method == "POST" else 200,
    )


def _waiting(user: User, day: date, shown: set[int]) -> list[dict]:
    """The communities whose re-election has still to be carried out, with how many offices wait for it."""
    rows = [office for office in held_over(user, day) if office.pk not in shown]
    return [
        {"community": community, "text": ngettext("%(count)s office", "%(count)s offices", count) % {"count": count}}
        for community, of_it in groupby(rows, key=lambda office: office.committee.community)
        if (count := len(list(of_it)))
    ]
