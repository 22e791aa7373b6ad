"""What the registry asks and tells the stipends."""

from django.dispatch import receiver
from django.utils.translation import gettext as _

from registry.records import signals, versions
from subsidies.corrections import services as corrections
from subsidies.models import Objection, Sheet, SheetLine, State
from subsidies.month import sheets


@receiver(signals.import_built_upon)
def sheets_computed_with_it(sender, members: set[int], since, **kwargs) -> str:
    """Sheets past draft that were computed with what the import wrote."""
    lines = SheetLine.objects.exclude(sheet__state=State.DRAFT).filter(computed_at__gt=since)
    keys = {sheet for member, sheet in lines.values_list("member", "sheet") if member in members}
    if not keys:
        return ""
    names = _(", ").join(map(str, Sheet.objects.filter(pk__in=keys).select_related("subdistrict")))
    return _("Already computed with it and past draft: %(sheets)s.") % {"sheets": names}


@receiver(signals.members_leaving)
def leave_the_drafts(sender, members: set[int], **kwargs) -> None:
    sheets.forget(members)


@receiver(signals.members_merged)
def one_ledger(sender, survivor, other, actor, reason: str, **kwargs) -> None:
    """Who went into another leaves the drafts; what is owed to or by the one is owed to or by the other."""
    sheets.forget({other.pk})
    corrections.take_over(survivor=survivor, other=other, actor=actor, reason=reason)
    for objection in Objection.objects.filter(member=other, notice__closed_on=None):  # those of closed ones are frozen
        objection.member = survivor
        versions.save(objection, actor=actor, reason=reason)
