"""To-do lines of decisions beside the sheets: corrections, debts, and holds that have ended."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jygroups.lib import clock
from jygroups.lib.shown import signed
from jygroups.lib.yuan import YuanSum
from registry.models import User
from registry.records.todo import Line, Urgency, source
from subsidies.corrections import debts, holds
from subsidies.models import Correction, DebtNotice, Hold, Stage


@source(15, needs="subsidies.view_sheet")
def lines(user: User, today: date) -> Iterator[Line]:
    """A line for each kind of decision that waits for the user."""
    for permission, stage in (
        ("subsidies.decide_correction", Stage.DECIDE),
        ("subsidies.decide_large_correction", Stage.FINANCE),
    ):
        if user.has_perm(permission):
            yield from _corrections(user, permission, stage)
    if user.has_perm(debts.NOTIFY):
        yield from _debts(user)
    if user.has_perm("subsidies.hold_payment"):
        yield from _holds(user)


def _corrections(user: User, permission: str, stage: Stage) -> Iterator[Line]:
    rows = Correction.objects.visible_to(user, permission)
    keys = rows.at(stage).order_by().values("pk")
    found = Correction.objects.filter(pk__in=keys).aggregate(count=Count("pk"), yuan=YuanSum("difference"))
    if not found["count"]:
        return
    if stage == Stage.FINANCE:
        text = ngettext(
            "%(count)s correction above the clerks' limit waits to be decided, %(yuan)s yuan",
            "%(count)s corrections above the clerks' limit wait to be decided, %(yuan)s yuan together",
            found["count"],
        )
    else:
        text = ngettext(
            "%(count)s correction of a closed month waits to be decided, %(yuan)s yuan",
            "%(count)s corrections of closed months wait to be decided, %(yuan)s yuan together",
            found["count"],
        )
    words = {"count": found["count"], "yuan": signed(found["yuan"])}
    yield Line(Urgency.YOU, text % words, f"{reverse('corrections')}?stage={stage}", _("Decide"))


def _debts(user: User) -> Iterator[Line]:
    """People with a debt and no notice, and those whose last day to pay has passed."""
    rows = Correction.objects.visible_to(user, debts.NOTIFY).debts()
    people = {each.member_id for each in rows}
    notices = DebtNotice.objects.filter(Q(member__in=people) | Q(member__merged_into__in=people)).order_by()
    owing = notices.annotate(person=Coalesce("member__merged_into", "member")).values_list("person")
    newest: dict[int, date] = dict(owing.annotate(day=Max("pay_by")))
    if count := len(people - newest.keys()):
        text = ngettext(
            "%(count)s person for whom no month will come owes money and was sent no notice",
            "%(count)s people for whom no month will come owe money and were sent no notice",
            count,
        )
        yield Line(Urgency.YOU, text % {"count": count}, reverse("debts"), _("See"))
    if count := sum(1 for day in newest.values() if day < clock.today()):
        text = ngettext(
            "%(count)s person did not repay by the day that the notice gave",
            "%(count)s people did not repay by the day that the notice gave",
            count,
        )
        yield Line(Urgency.WRONG, text % {"count": count}, reverse("debts"), _("See"))


def _holds(user: User) -> Iterator[Line]:
    over = Hold.objects.filter(member__in=holds.holdable_by(user), release="")
    if count := over.filter(last_month__lt=clock.today().replace(day=1)).count():
        text = ngettext(
            "%(count)s hold is over: decide whether what was held is paid",
            "%(count)s holds are over: decide whether what was held is paid",
            count,
        )
        yield Line(Urgency.YOU, text % {"count": count}, f"{reverse('holds')}?state=held", _("Release"))
