"""A person's record: edited, handed over, and its numbers shown."""

from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib.shortcuts import get_permitted
from registry.access.passwords.views import asked_purpose, confirm_first, mark_of, recently_confirmed
from registry.models import Act, Community, Member
from registry.people.members.forms import HandOverForm, MemberForm
from registry.records import audit, locks, versions
from registry.records.pages import FormPage, UndoPage

NUMBERS = {
    "id_number": gettext_lazy("ID number"),
    "phone": gettext_lazy("Phone"),
    "account": gettext_lazy("Bank account"),
}


def permitted_member(request, pk: int, perm: str) -> Member:
    """The person, where a post of the user's at the community of the record gives the permission.

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
    """Within the subdistrict: offices stay where they are, the record moves to another community."""

    permission_required = "registry.hand_over_member"
    form_class = HandOverForm
    title = gettext_lazy("Hand over the record of %(name)s")
    here = submit = gettext_lazy("Hand over")
    sentence = gettext_lazy(
        "From then on the chosen community edits the record, its employment and its files. Offices are not "
        "touched: who is in office stays so, and is paid as before."
    )
    reason = gettext_lazy("handed over")
    done = gettext_lazy("The record of %(name)s belongs to %(community)s now.")

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
    """Show a whole number once, to a user who gives a reason and the password; the audit log has an entry each time."""
    member = permitted_member(request, pk, "registry.reveal_member")
    if field not in NUMBERS:
        raise Http404
    if not (recently_confirmed(request) or request.user.has_usable_password()):
        return confirm_first(request, member.get_absolute_url())
    form, purpose = asked_purpose(request)
    number = ""
    if purpose:
        audit.record(
            Act.REVEAL,
            versions.named(member),
            user=request.user,
            member=member.pk,
            field=field,
            purpose=purpose,
        )
        number = getattr(member, field)
    mark = mark_of(request.user, purpose) if number else ""
    context = {"member": member, "form": form, "number": number, "mark": mark, "field": field, "label": NUMBERS[field]}
    context |= {"trail": trail(member), "title": _("Show a number")}
    context["errors_title"] = _("Not shown yet. Please fill in:")
    template = "registry/people/_reveal.html" if request.htmx else "registry/people/reveal.html"
    return render(request, template, context, status=422 if form.errors else 200)
