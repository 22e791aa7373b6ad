"""Employment elsewhere, which decides whether a person is paid 〔三(三) 非在职〕."""

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from jygroups.lib.forms import ReasonForm
from registry.models import EmploymentSpell
from registry.people.members.forms import EmploymentEndForm, EmploymentForm
from registry.people.members.record_views import permitted_member, trail
from registry.records import undo, versions
from registry.records.pages import answer

CHANGE = "registry.change_employmentspell"


@require_http_methods(["GET", "POST"])
@permission_required("registry.add_employmentspell", raise_exception=True)
@transaction.atomic
def add(request, pk):
    member = permitted_member(request, pk, "registry.add_employmentspell")
    return _edited(request, EmploymentForm, EmploymentSpell(member=member), _("Register an employment"))


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def edit(request, pk):
    return _edited(request, EmploymentForm, _spell(request, pk), _("Edit an employment"))


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def end(request, pk):
    return _edited(request, EmploymentEndForm, _spell(request, pk), _("End an employment"))


@require_http_methods(["GET", "POST"])
@permission_required(CHANGE, raise_exception=True)
@transaction.atomic
def remove(request, pk):
    """Take away what was never true; an employment that is over is ended instead."""
    spell = _spell(request, pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        versions.remove(spell, actor=request.user, reason=form.cleaned_data["reason"])
        return redirect(spell.member)
    context = {
        "title": _("Take an employment away"),
        "consequences": [
            _("%(name)s will not count as employed on these days any more: %(spell)s.")
            % {"name": spell.member.name, "spell": spell},
            _("Months computed from now on pay these days if nothing else stands against it. If the employment was "
              "true and is over, go back and end it instead."),
        ],
    }  # fmt: skip
    context |= {"form": form, "submit": _("Take away"), "back": spell.member.get_absolute_url()}  # type: ignore[dict-item]
    status = 422 if form.errors else 200
    return render(request, "components/confirm.html", {**context, "trail": trail(spell.member)}, status=status)


def _spell(request, pk) -> EmploymentSpell:
    """The employment of a person whose record the user keeps; the person is locked first, then it."""
    visible = EmploymentSpell.objects.visible_to(request.user)
    member = permitted_member(request, get_object_or_404(visible, pk=pk).member_id, CHANGE)
    rows = visible.select_for_update(of=("self",)) if request.method == "POST" else visible
    spell = get_object_or_404(rows, pk=pk, member=member)
    spell.member = member
    return spell


def _edited(request, form_class, spell: EmploymentSpell, title: str):
    form = form_class(request.POST or None, instance=spell)
    if form.is_valid():
        if form.edited or not spell.pk:
            versions.save(form.instance, actor=request.user)
            undo.offer(request, _("Employment saved: %(spell)s.") % {"spell": spell}, [spell])
        return redirect(spell.member)
    return answer(
        request,
        form,
        title=f"{spell.member.name} · {title}",
        here=title,
        sentence=_(
            "A month whose reference date lies within these days, the first and last included, pays nothing "
            "〔三(三) who is employed is not paid〕. Days in office while employed still count as service, unless the "
            "Standard says otherwise."
        ),
        trail=trail(spell.member),
        back=spell.member.get_absolute_url(),
    )
