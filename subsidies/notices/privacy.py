"""How long it is kept who objects to a posted list."""

from collections import Counter
from collections.abc import Collection
from datetime import date

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from registry.models import ErasedRow, ProvisionKey
from registry.people.members.privacy import OWNER
from registry.provisions.retention import Reason, Rule, declare, keeps
from registry.records import versions
from subsidies.models import Objection


def over(until: date) -> QuerySet[Objection]:
    """Objections to lists closed by the day whose objectors were not erased."""
    done = ErasedRow.objects.filter(
        erasure__rule=ProvisionKey.KEEP_OBJECTOR, subject=OuterRef("pk"), erased_at__isnull=False
    )
    rows = Objection.objects.filter(~Exists(done), notice__closed_on__lte=until)
    return rows.annotate(since=F("notice__closed_on"))


def erase(keys: Collection[int], reason: Reason) -> Counter[str]:
    return Counter(versions=versions.blank(Objection, keys, rule=reason.rule, actor=reason.actor, reason=reason.words))


declare(
    Rule(
        ProvisionKey.KEEP_OBJECTOR,
        _("Who objects to a posted list, and how to reach them; the objection and its answer stay"),
        _("the day on which the notice is closed"),
        _("blanked in the record and all its versions, once two users agree"),
        over,
        erase=erase,
    )
)


@keeps(_("an objection about the person is not answered"))
def objections() -> QuerySet:
    return Objection.objects.open().filter(member__isnull=False).annotate(owner=OWNER)
