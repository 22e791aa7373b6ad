"""A person's record: edited, handed over, and its numbers shown."""

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.shortcuts import get_permitted
from registry.access.passwords.views import recently_confirmed, remember_confirmed
from registry.models import Act, Community, Member
from registry.people.members.forms import HandOverForm, MemberForm, RevealForm
from registry.records import audit, locks, versions
from registry.records.pages import FormPage, UndoPage

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


class MemberPage(FormPage):
    """A form about a person."""

    def get_record(self):
        return permitted_member(self.request, self.kwargs["pk"], self.permission_required)

    def words(self):
        return {"name": self.record.name}

    def trail(self):
        return trail(self.record)


def trail(member: Member) -> list:
    """The way to a page about the person."""
    return [*member.community.trail, member]


class EditMember(MemberPage, UndoPage):
    permission_required = "registry.change_member"
    form_class = MemberForm
    title = gettext_lazy("Edit the record of %(name)s")
    here = gettext_lazy("Edit")
    done = gettext_lazy("The record of %(name)s is saved.")

    def act(self, form):
        versions.save(form.save(commit=False), actor=self.actor, reason=form.cleaned_data["reason"])


class HandOver(MemberPage, UndoPage):
    """Within the subdistrict: offices stay where they are, the record is kept by another community."""

    permission_required = "registry.hand_over_member"
    form_class = HandOverForm
    title = gettext_lazy("Hand over the record of %(name)s")
    here = submit = gettext_lazy("Hand over")
    sentence = gettext_lazy(
        "From then on the chosen community edits the record, its employment and its files. Offices are not "
        "touched: who is in office stays so, and is paid as before."
    )
    reason = gettext_lazy("handed over")
    done = gettext_lazy("The record of %(name)s is kept by %(community)s now.")

    def words(self):
        return {"name": self.record.name, "community": self.record.community}

    def get_form_kwargs(self):
        communities = Community.objects.visible_to(self.actor, self.permission_required)
        communities = communities.filter(subdistrict=self.record.community.subdistrict_id)
        return super().get_form_kwargs() | {"communities": communities}


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
    template = "registry/people/_reveal.html" if request.htmx else "registry/people/reveal.html"
    return render(request, template, context, status=422 if form.errors else 200)
