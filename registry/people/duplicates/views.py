"""People who may be on the register twice: shown to who sees both, merged by the subdistrict."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from jygroups.lib import id_numbers
from jygroups.lib.encryption import EncryptedField
from jygroups.lib.forms import ReasonForm, key
from jygroups.lib.refusals import Refused
from jygroups.lib.shown import moment
from registry.models import Appointment, Member
from registry.people.duplicates import services
from registry.people.duplicates.forms import ApartForm
from registry.people.members.record_views import permitted_member, trail
from registry.records.pages import ConfirmPage

MERGE = "registry.merge_member"


@require_safe
@permission_required("registry.view_community", raise_exception=True)
def everyone(request):
    found = services.pairs(request.user)
    return render(request, "registry/people/duplicates.html", {"rows": rights(request.user, found)})


def rights(user, pairs: list[services.Pair]) -> list[dict]:
    """Each pair, with whether the user may merge the two, and whether the user may decide that they are not one."""
    may_merge, may_decide = (_communities(user, perm) for perm in (MERGE, services.DECIDE))
    return [
        {"pair": pair, "may_merge": communities <= may_merge, "may_decide": communities <= may_decide}
        for pair in pairs
        if (communities := {pair.first.community_id, pair.second.community_id})
    ]


def _communities(user, perm: str) -> frozenset[int]:
    return user.community_keys(perm) if user.has_perm(perm) else frozenset()


def _two(request, pk, other, perm) -> tuple[Member, Member]:
    """Two people for whose records a post of the user's gives the permission."""
    if pk == other:
        raise Http404
    return permitted_member(request, pk, perm), permitted_member(request, other, perm)


class DecidePage(ConfirmPage):
    """Deciding about two people; the query's `from` is the person from whose page it is done."""

    permission_required = services.DECIDE

    def get_record(self):
        one, self.other = _two(self.request, self.kwargs["pk"], self.kwargs["other"], services.DECIDE)
        return one

    def words(self):
        return {"one": self.record.name, "other": self.other.name}

    def trail(self):
        return trail(self.record)

    def people(self):
        """Each of the two in words."""
        for each in (self.record, self.other):
            about = {"name": each.name, "number": id_numbers.masked(each.id_number), "community": each.community.name}
            yield _("%(name)s, ID number %(number)s, %(community)s") % about

    def back_url(self):
        person = key(self.request.GET.get("from", ""))
        return reverse("member", args=[person]) if person else reverse("duplicates")


class KeepApart(DecidePage):
    form_class = ApartForm
    title = gettext_lazy("%(one)s and %(other)s are not the same person")
    submit = gettext_lazy("Not the same person")
    done = gettext_lazy("%(one)s and %(other)s are two persons; nobody is asked about it again.")

    def get_form_kwargs(self):
        return {"initial": {"reason": self.pair.stated.reason if self.pair and self.pair.stated else ""}}

    @cached_property
    def pair(self) -> services.Pair | None:
        found = services.pairs(self.actor, self.record)
        return next((pair for pair in found if self.other.pk in (pair.first.pk, pair.second.pk)), None)

    def consequences(self):
        yield from self.people()
        if self.pair:
            yield _("In common: %(reasons)s.") % {"reasons": _("; ").join(self.pair.reasons)}
        yield _("Both records stay, and each is paid for its own offices. Compare the papers of both before.")
        yield _("It is recorded with your name and reason, and can be decided again.")

    def act(self, form):
        services.keep_apart(self.record, self.other, actor=self.actor, reason=form.cleaned_data["reason"])


class AskAgain(DecidePage):
    form_class = ReasonForm
    title = gettext_lazy("Decide again whether %(one)s and %(other)s are one person")
    submit = gettext_lazy("Decide again")
    done = gettext_lazy("Whether %(one)s and %(other)s are one person is to be decided again.")

    def refusal(self):
        return "" if self.decision else _("Nothing is decided about these two.")

    @cached_property
    def decision(self) -> services.Decision | None:
        found = services.decisions(self.actor, self.record)
        return next((each for each in found if each.other.pk == self.other.pk), None)

    def consequences(self):
        yield from self.people()
        if self.decision:
            about = {"who": self.decision.by or "–", "when": moment(self.decision.at), "reason": self.decision.reason}
            yield _("Decided by %(who)s at %(when)s: %(reason)s") % (about | {"reason": about["reason"] or "–"})
        yield _(
            "The decision is revoked. Where the two look like one, no sheet that pays the later record is confirmed or "
            "submitted until somebody decides; months that are approved stay as they are."
        )

    def act(self, form):
        services.ask_again(self.record, self.other, actor=self.actor, reason=form.cleaned_data["reason"])


@require_http_methods(["GET", "POST"])
@permission_required(MERGE, raise_exception=True)
def merge(request, pk, other):
    """`other` goes into `pk`: first what would happen, to whom; then, by POST, it does."""
    with transaction.atomic():
        survivor, gone = _two(request, pk, other, MERGE)
    if request.method == "POST":
        try:
            services.merge(
                survivor=survivor,
                other=gone,
                chosen=[name for name in services.CHOSEN if request.POST.get(name) == "other"],
                seen=_seen(request),
                actor=request.user,
            )
        except Refused as refusal:
            return _page(request, survivor, gone, refusal=str(refusal))
        messages.success(request, _("The two records of %(name)s are one now.") % {"name": survivor.name})
        return redirect(survivor)
    return _page(request, survivor, gone)


def _seen(request) -> tuple[int, int]:
    try:
        return int(request.POST.get("version", "")), int(request.POST.get("other-version", ""))
    except ValueError:
        return 0, 0


def _page(request, survivor: Member, other: Member, refusal: str = ""):
    plan = services.plan(survivor, other)
    visible = Appointment.objects.visible_to(request.user).filter(member__in=[survivor, other])
    context = {
        "survivor": survivor,
        "other": other,
        "plan": plan,
        "visible": set(visible.values_list("pk", flat=True)),
        "fields": [_choice(request, name, survivor, other) for name in services.CHOSEN],
        "refusal": refusal,
        "trail": trail(survivor),
    }
    return render(request, "registry/people/merge.html", context, status=409 if refusal else 200)


def _value(member: Member, name: str) -> str:
    """One field in words, an encrypted number masked."""
    if isinstance(Member._meta.get_field(name), EncryptedField):
        return id_numbers.masked(getattr(member, name))
    return str(getattr(member, f"get_{name}_display", lambda: getattr(member, name))())


def _choice(request, name: str, survivor: Member, other: Member) -> dict:
    """One row to choose from; where only one of the two has something, that is proposed."""

    def words(member: Member) -> str:
        return " ".join(filter(None, (_value(member, each) for each in reversed(services.CHOSEN[name]))))

    mine, theirs = words(survivor), words(other)
    alike = all(getattr(survivor, each) == getattr(other, each) for each in services.CHOSEN[name])
    proposed = "other" if theirs and not mine else "survivor"
    label = _("Bank account") if name == "account" else str(Member._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    chosen = request.POST.get(name, proposed)
    return {"name": name, "label": label, "mine": mine, "theirs": theirs, "alike": alike, "chosen": chosen}
