"""People who may be on the register twice: shown to who sees both, merged by the subdistrict."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib import id_numbers
from jygroups.lib.encryption import EncryptedField
from jygroups.lib.refusals import Refused
from registry.models import Appointment, Community, Member
from registry.people.duplicates import services
from registry.people.members.record_views import permitted_member, trail

MERGE = "registry.merge_member"


@require_safe
@permission_required("registry.view_community", raise_exception=True)
def everyone(request):
    may = set(Community.objects.visible_to(request.user, MERGE).values_list("pk", flat=True))
    rows = [
        {"pair": pair, "may_merge": {pair.first.community_id, pair.second.community_id} <= may}
        for pair in services.pairs(request.user)
    ]
    return render(request, "registry/people/duplicates.html", {"rows": rows})


def _two(request, pk, other) -> tuple[Member, Member]:
    """Two people whose records a post of the user's may merge."""
    if pk == other:
        raise Http404
    return permitted_member(request, pk, MERGE), permitted_member(request, other, MERGE)


@require_POST
@permission_required(MERGE, raise_exception=True)
@transaction.atomic
def keep_apart(request, pk, other):
    one, another = _two(request, pk, other)
    services.keep_apart(one, another, actor=request.user)
    words = {"one": one.name, "other": another.name}
    messages.success(request, _("%(one)s and %(other)s are two persons; they are not shown here again.") % words)
    return redirect("duplicates")


@require_http_methods(["GET", "POST"])
@permission_required(MERGE, raise_exception=True)
def merge(request, pk, other):
    """`other` goes into `pk`: first what would happen, to whom; then, by POST, it does."""
    with transaction.atomic():
        survivor, gone = _two(request, pk, other)
    if request.method == "POST":
        try:
            services.merge(
                survivor=survivor,
                other=gone,
                chosen=[name for name in services.CHOSEN if request.POST.get(name) == "other"],
                seen=_seen(request),
                actor=request.user,
                address=request.META["REMOTE_ADDR"],
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
