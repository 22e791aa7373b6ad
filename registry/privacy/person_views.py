"""All that the system has of one person: on a page, on paper, as a file; for who keeps the record, and for oneself."""

from functools import partial
from typing import Any

import django_filters
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jygroups.lib import clock, shown
from jygroups.lib.shortcuts import get_permitted
from registry.access.passwords.views import hand_out
from registry.models import Act, AuditEntry, Member, User
from registry.privacy import accesses
from registry.privacy.parts import as_workbook, copy_of, numbered
from registry.privacy.tables import AccessTable
from registry.records import audit, versions
from registry.records.filters import Choice, DayFilter, Words
from registry.records.list_pages import ListPage
from registry.records.pages import RecordPage

COPY = "registry.copy_member"


def _answer(request, member: Member, trail: list, back: str):
    """The copy as a page, or on a POST as a file with whole numbers."""
    if request.method == "POST":
        name = _("Personal data of %(name)s.xlsx") % {"name": member.name}
        return hand_out(request, name, partial(_file, member, request.user), back=back)
    if not (request.user.member_id == member.pk and _seen_today(request.user)):
        audit.record(Act.VIEW, versions.named(member), user=request.user, member=member.pk)
    parts = numbered(copy_of(member))
    context = {"member": member, "parts": parts, "trail": trail, "now": clock.now(), "address": back}
    return render(request, "registry/privacy/copy.html", context)


def _seen_today(user: User) -> bool:
    """Whether the log shows a look at the own data today: one entry a day is enough of these."""
    return AuditEntry.objects.filter(
        act=Act.VIEW, user=user, details__member=user.member_id, at__date=clock.today()
    ).exists()


def _file(member: Member, user: User, purpose: str) -> bytes:
    details: dict[str, Any] = {"what": "personal copy", "member": member.pk, "purpose": purpose, "lines": 1}
    audit.record(Act.EXPORT, versions.named(member), user=user, **details)
    title = _("Copy of personal data: %(name)s") % {"name": member.name}
    return as_workbook(title, partial(copy_of, member, whole=True), note=shown.moment(clock.now()))


class PersonalData(RecordPage):
    """Of a person whose record the user keeps."""

    http_method_names = ["get", "post"]
    permission_required = COPY

    def get_record(self):
        rows = Member.objects.select_related("community__subdistrict")
        return get_permitted(self.request, rows, COPY, lock=False, **self.kwargs)

    def get(self, request, **kwargs):
        member = self.record
        trail = [*member.community.trail, member]
        return _answer(request, member, trail, reverse("personal-data", args=[member.pk]))

    post = get


@require_http_methods(["GET", "POST"])
def own(request):
    """Of the person that the user is."""
    member = request.user.member
    if member is None:
        messages.info(request, _("Your sign-in is tied to no person of the register."))
        return redirect("account")
    return _answer(request, member, [], reverse("own-data"))


class AccessFilter(django_filters.FilterSet):
    """Whom, who, what, and from which day to which, both inclusive."""

    q = Words(method="by_words")
    user = django_filters.ModelChoiceFilter(
        queryset=User.objects.all(), label=gettext_lazy("Who"), empty_label=gettext_lazy("all")
    )
    act = Choice(choices=[(each.value, each.label) for each in accesses.ACTS], label=gettext_lazy("What"))
    since = DayFilter(field_name="at", lookup_expr="date__gte", label=gettext_lazy("From day"))
    until = DayFilter(field_name="at", lookup_expr="date__lte", label=gettext_lazy("To day"))

    def by_words(self, rows, _name, words):
        return rows.filter(accesses.of_words(words))


class AccessLog(ListPage):
    """谁看过: who saw whole numbers, opened papers, looked somebody up by number, took files."""

    model = AuditEntry
    permission_required = "registry.view_auditentry"
    table_class = AccessTable
    filterset_class = AccessFilter
    template_name = "registry/privacy/accesses.html"
    title = gettext_lazy("Who saw whose data")
    empty = gettext_lazy("Nobody has seen or taken anything yet.")

    def get_queryset(self):
        return accesses.accesses().order_by("-pk")
