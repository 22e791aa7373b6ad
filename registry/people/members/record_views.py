"""A person's record: edited, handed over, and its numbers shown."""

from copy import copy

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.shortcuts import get_permitted
from registry.access.passwords.views import recently_confirmed, remember_confirmed
from registry.models import Act, Community, Member
from registry.people.members.forms import HandOverForm, MemberForm, RevealForm
from registry.records import audit, locks, undo, versions
from registry.records.pages import answer

NUMBERS = {
    "id_number": gettext_lazy("ID number"),
    "phone": gettext_lazy("Phone"),
    "account": gettext_lazy("Bank account"),
}


def permitted_member(request, pk: int, perm: str) -> Member:
    """The person, where a post of the user's at the community that keeps the record gives the permission.

    For a POST the row is locked, after the writers' lock, as services take the two.
    """
    if request.method == "POST":
        locks.hold(locks.WRITERS)
    return get_permitted(request, Member.objects.select_related("community__subdistrict"), perm, pk=pk)


def trail(member: Member) -> list:
    """The way to a page about the person."""
    return [member.community.subdistrict, member.community, copy(member)]  # as they are, not as a form has them


@require_http_methods(["GET", "POST"])
@permission_required("registry.change_member", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    member = permitted_member(request, pk, "registry.change_member")
    context = {"title": _("Edit the record of %(name)s") % {"name": member.name}, "trail": trail(member)}
    form = MemberForm(request.POST or None, instance=member)
    if form.is_valid():
        if form.edited:
            versions.save(form.instance, actor=request.user, reason=form.cleaned_data["reason"])
            undo.offer(request, _("The record of %(name)s is saved.") % {"name": member.name}, [member])
        return redirect(member)
    return answer(request, form, here=_("Edit"), back=member.get_absolute_url(), **context)


@require_http_methods(["GET", "POST"])
@permission_required("registry.hand_over_member", raise_exception=True)
@transaction.atomic
def hand_over(request, pk):
    """Within the subdistrict: offices stay where they are, the record is kept by another community."""
    member = permitted_member(request, pk, "registry.hand_over_member")
    communities = Community.objects.visible_to(request.user, "registry.hand_over_member")
    communities = communities.filter(subdistrict=member.community.subdistrict_id)
    form = HandOverForm(request.POST or None, instance=member, communities=communities)
    if form.is_valid():
        if form.edited:
            versions.save(form.instance, actor=request.user, reason=_("handed over"))
            words = {"name": member.name, "community": form.instance.community}
            undo.offer(request, _("The record of %(name)s is kept by %(community)s now.") % words, [member])
        return redirect(member)
    return answer(
        request,
        form,
        title=_("Hand over the record of %(name)s") % {"name": member.name},
        here=_("Hand over"),
        sentence=_(
            "From then on the chosen community edits the record, its employment and its files. Offices are not "
            "touched: who is in office stays so, and is paid as before."
        ),
        submit=_("Hand over"),
        trail=trail(member),
        back=member.get_absolute_url(),
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.reveal_member", raise_exception=True)
@transaction.atomic
def reveal(request, pk, field):
    """A whole number, once, to who says what for and is known by the password; each look stands in the audit log."""
    member = permitted_member(request, pk, "registry.reveal_member")
    if field not in NUMBERS:
        raise Http404
    confirmed = recently_confirmed(request)
    form = RevealForm(request.POST or None, request=request, confirmed=confirmed)
    number = ""
    if form.is_valid():
        if not confirmed:
            remember_confirmed(request)
        audit.record(
            Act.REVEAL,
            member.name,
            user=request.user,
            address=request.META["REMOTE_ADDR"],
            member=member.pk,
            field=field,
            purpose=form.cleaned_data["purpose"],
        )
        number = getattr(member, field)
    context = {"member": member, "form": form, "number": number, "field": field, "label": NUMBERS[field]}
    context |= {"trail": trail(member), "title": _("Show a number")}
    template = "registry/_reveal.html" if request.htmx else "registry/reveal.html"
    return render(request, template, context, status=422 if form.errors else 200)
