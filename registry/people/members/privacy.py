"""How long the data of who left office is kept, and what keeps it longer."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy as _

from jygroups.lib import clock
from registry.models import (
    Appointment,
    Community,
    ElectionLine,
    EmploymentSpell,
    ErasedRow,
    Evaluation,
    Member,
    MemberFile,
    PlanPerson,
    PlanState,
    Post,
    PostState,
    ProvisionKey,
    Transfer,
)
from registry.provisions.retention import Reason, Rule, declare, keeps, obstacles
from registry.records import files, versions

SINCE = _("the last day of the last office; of who never held one, the day of the record")
OWNER = Coalesce("member__merged_into", "member")  # the person to whom a row belongs after a merge


def left() -> Any:
    """People without an office today or to come, each with `since`."""
    offices = Appointment.objects.filter(member=OuterRef("pk")).order_by()
    last = offices.values("member").annotate(last=Max("last_day")).values("last")
    rows = Member.objects.filter(merged_into=None, erased_at=None)
    rows = rows.filter(~Exists(offices.filter(Q(last_day=None) | Q(last_day__gte=clock.today()))))
    return rows.annotate(since=Coalesce(Subquery(last), TruncDate("created_at")))


def _over(key: ProvisionKey, until: date) -> QuerySet:
    """Those whose period is over and of whom this was not erased since."""
    done = ErasedRow.objects.filter(erasure__rule=key, subject=OuterRef("pk"), is_left_out=False)
    done = done.filter(erased_at__date__gte=OuterRef("since"))
    return left().filter(~Exists(done), since__lte=until)


def over_contact(until: date) -> QuerySet:
    return _over(ProvisionKey.KEEP_CONTACT, until)


def over_files(until: date) -> QuerySet:
    kept = MemberFile.objects.filter(Q(member=OuterRef("pk")) | Q(member__merged_into=OuterRef("pk")))
    return _over(ProvisionKey.KEEP_FILES, until).filter(Exists(kept))


def over_identity(until: date) -> QuerySet:
    return left().filter(since__lte=until)


def free(rows: QuerySet) -> QuerySet:
    """Those of the people whom no obstacle keeps."""
    for obstacle in obstacles():
        rows = rows.exclude(pk__in=obstacle.people().order_by().values("owner"))
    return rows


def merged_into(keys: Collection[int]) -> dict[int, int]:
    """The records that were merged into these."""
    return dict(Member.objects.filter(merged_into__in=keys).values_list("pk", "merged_into"))  # type: ignore[arg-type]


def erase_contact(keys: Collection[int], reason: Reason) -> Counter[str]:
    return Counter(versions=_blank(Member, keys, reason))


def erase_files(keys: Collection[int], reason: Reason) -> Counter[str]:
    rows = list(MemberFile.objects.filter(member__in=keys))
    files.remove_all(rows, actor=reason.actor, reason=reason.words)
    return Counter(files=len(rows), versions=_blank(MemberFile, keys, reason))


def erase_identity(keys: Collection[int], reason: Reason) -> Counter[str]:
    """What the register knows of the person beside the days in office, and so contact and papers too."""
    found = erase_files(keys, reason)
    found["versions"] += _blank(Member, keys, reason, erased_at=clock.now())
    for model in (Appointment, EmploymentSpell, Evaluation, ElectionLine):
        found["versions"] += _blank(model, keys, reason)
    return found


def _blank(model, keys: Collection[int], reason: Reason, **also) -> int:
    return versions.blank(model, keys, rule=reason.rule, actor=reason.actor, reason=reason.words, **also)


for key, what, over, erase, after in (
    (
        ProvisionKey.KEEP_CONTACT,
        _("Phone, bank and account number on the record"),
        over_contact,
        erase_contact,
        _("blanked in the record and all its versions, once two users agree"),
    ),
    (
        ProvisionKey.KEEP_FILES,
        _("Papers kept with the record: copies of identity card and bank card, evidence"),
        over_files,
        erase_files,
        _("deleted with their content, names blanked in all versions, once two users agree"),
    ),
    (
        ProvisionKey.KEEP_IDENTITY,
        _("Name, ID number, birth date, sex, source, employers, remarks and notes on offices"),
        over_identity,
        erase_identity,
        _("blanked in the record and all its versions, once two users agree; days in office stay, of nobody known"),
    ),
):
    declare(Rule(key, what, SINCE, after, over, free, erase, merged_into))


@keeps(_("a transfer to another subdistrict is under way"))
def transfers() -> QuerySet:
    return Transfer.objects.waiting().annotate(owner=OWNER)


@keeps(_("signs in: a post is held or to come"))
def signs_in() -> QuerySet:
    held = Post.objects.exclude(last_day__lt=clock.today()).exclude(state=PostState.REFUSED)
    return held.filter(user__member__isnull=False).annotate(owner=F("user__member"))


@keeps(_("is party secretary of a community"))
def party_secretaries() -> QuerySet:
    return Community.objects.filter(party_secretary__isnull=False).annotate(owner=F("party_secretary"))


@keeps(_("stands in a re-election that is not carried out yet"))
def elections() -> QuerySet:
    return ElectionLine.objects.filter(member__isnull=False, election__carried_out_at=None).annotate(owner=OWNER)


@keeps(_("stands in an adjustment plan that is not in force yet"))
def plans() -> QuerySet:
    ended = [PlanState.REJECTED, PlanState.APPLIED]
    return PlanPerson.objects.filter(member__isnull=False).exclude(plan__state__in=ended).annotate(owner=OWNER)
