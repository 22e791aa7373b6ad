"""People who may be on the register twice: shown to who sees both, merged by the subdistrict."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib import cells, id_numbers
from jygroups.lib.encryption import EncryptedField
from jygroups.lib.forms import key
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Member
from registry.people.duplicates import services
from registry.people.members.record_views import permitted_member, trail

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


@require_POST
@permission_required(services.DECIDE, raise_exception=True)
@transaction.atomic
def keep_apart(request, pk, other):
    one, another = _two(request, pk, other, services.DECIDE)
    reason = cells.unwrapped(request.POST.get("reason", ""))[:200]
    if not reason:
        messages.error(request, _("Nothing is decided: give the reason why they are two persons."))
        return _back(request)
    services.keep_apart(one, another, actor=request.user, reason=reason)
    words = {"one": one.name, "other": another.name}
    messages.success(request, _("%(one)s and %(other)s are two persons; nobody is asked about it again.") % words)
    return _back(request)


@require_POST
@permission_required(services.DECIDE, raise_exception=True)
@transaction.atomic
def ask_again(request, pk, other):
    one, another = _two(request, pk, other, services.DECIDE)
    services.ask_again(one, another, actor=request.user)
    words = {"one": one.name, "other": another.name}
    messages.success(request, _("Whether %(one)s and %(other)s are one person is to be decided again.") % words)
    return _back(request)


def _back(request):
    """To the page of the person from which it was decided, else to the list."""
    person = key(request.POST.get("from", ""))
    return redirect("member", person) if person else redirect("duplicates")


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
