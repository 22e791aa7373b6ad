"""The acts on a roster, each a page of its own, or a form below the roster where the browser can."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import EditForm, key
from jygroups.lib.refusals import add_problems
from registry.models import Appointment, EmploymentSpell, Member
from registry.people.bodies.views import answer, community_of, page_of
from registry.people.offices import services
from registry.people.offices.act_forms import ActForm
from registry.people.offices.appoint_forms import AppointForm
from registry.people.offices.forms import ACTS, EndForm, MoveForm, PersonForm
from registry.people.offices.warnings import of_leaving
from registry.records import locks, pages, undo, versions


@require_http_methods(["GET", "POST"])
def act(request, pk, act):
    """One of the acts, on the target with the key."""
    form_class = ACTS[act]
    if not request.user.has_perm(form_class.permission):
        raise PermissionDenied
    with transaction.atomic():
        if request.method == "POST":
            locks.hold(locks.WRITERS)  # before anything is read that the act is decided by
        target = get_object_or_404(form_class.targets(request.user), pk=pk)
        if not request.user.has_perm(form_class.permission, form_class.permission_on(target)):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else None
        form = form_class(data, user=request.user, target=target, initial=_initial(request))
        body = target.body if isinstance(target, Appointment) else target
        if isinstance(form, AppointForm) and form.is_looking:
            return _looked(request, act, form, body)
        if not form.is_valid():
            return _shown(request, act, form, body)
        if form.proposal is None:
            messages.info(request, _("Nothing was changed."))
            return answer(request, body) if request.htmx else redirect(page_of(body))
        try:
            rows = services.carry_out(form.proposal, actor=request.user)
        except ValidationError as error:
            add_problems(form, error)
            return _shown(request, act, form, body)
    names = dict.fromkeys(row.member.name for row in rows if isinstance(row, Appointment | EmploymentSpell))
    words = {"act": form.proposal.reason, "names": _(", ").join(names)}
    undo.offer(request, _("Saved: %(act)s · %(names)s") % words, rows)
    focus = next((row.pk for row in reversed(rows) if isinstance(row, Appointment)), None)
    return answer(request, body, focus=focus) if request.htmx else redirect(page_of(body))


def _initial(request) -> dict:
    """What a link to the form may fill in: whose row it was on, or the decision in the minutes of a meeting."""
    given = {name: request.GET[name] for name in ("successor", "first_day", "basis") if name in request.GET}
    return given if "successor" not in given or key(given["successor"]) else {}


def _looked(request, act: str, form: AppointForm, body):
    """The number alone has been given, or is asked for: the form goes on with what belongs to it."""
    if form.number and not form.problem:
        given = {name: value for name, value in request.POST.items() if name in form.fields}
        given["id_number"] = form.number
        ready = type(form)(user=request.user, target=form.target, number=form.number, initial=given)
        return _shown(request, act, ready, body)
    if form.is_bound:
        form.is_valid()
    return _shown(request, act, form, body)


def _shown(request, act: str, form: ActForm, body):
    community = community_of(body)
    context = {
        "act": act,
        "form": form,
        "title": f"{form.subject} · {form.title}",
        "submit": form.submit,
        "consequences": of_leaving(form.target) if isinstance(form, EndForm | MoveForm) else [],
        "community": community,
        "trail": body.trail,
        "back": page_of(body),
        "target": form.target,
        "is_edit": isinstance(form, EditForm),
    }
    template = "registry/people/roster/act.html" if request.htmx else "registry/people/roster/act_page.html"
    return pages.answer(request, template=template, **context)


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_member", raise_exception=True)
def person(request, pk):
    """The facts of the person in an office, edited in the row itself."""
    with transaction.atomic():
        office = get_object_or_404(ACTS["office-end"].targets(request.user), pk=pk)
        if not request.user.has_perm("registry.change_member", office.member):
            raise PermissionDenied
        member = Member.objects.select_for_update(of=("self",)).get(pk=office.member_id)
        form = PersonForm(request.POST if request.method == "POST" else None, instance=member)
        if form.is_valid():
            if form.edited:
                versions.save(form.instance, actor=request.user, reason=_("Facts changed"))
                undo.offer(request, _("Saved: %(name)s.") % {"name": member.name}, [form.instance])
            return answer(request, office.body, focus=office.pk) if request.htmx else redirect(page_of(office.body))
    body = office.body
    context = {
        "form": form,
        "office": office,
        "member": member,
        "title": f"{member.name} · {_('Edit')}",
        "back": page_of(body),
        "trail": office.committee.community.trail,
    }
    if request.htmx and not form.errors:
        form.lay_in_row("person-form")
        return render(request, "registry/people/roster/row_edit.html", context)
    template = "registry/people/roster/person.html" if request.htmx else "components/edit.html"
    response = pages.answer(request, template=template, **context)
    if request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#act", "innerHTML"
    return response
