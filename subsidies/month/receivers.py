"""Receivers of the registry's signals."""

from django.dispatch import receiver
from django.utils.translation import gettext as _

from registry.records import merging, signals, versions
from registry.records.merging import Merge, on_merge
from subsidies.models import CorrectionState, Sheet, SheetLine, State
from subsidies.month import sheets


@receiver(signals.import_built_upon)
def sheets_computed_with_it(sender, members: set[int], since, **kwargs) -> tuple[str, list[Sheet]] | None:
    """The sheets past draft that were computed with rows of the import."""
    lines = SheetLine.objects.exclude(sheet__state=State.DRAFT).filter(computed_at__gt=since)
    keys = {sheet for member, sheet in lines.values_list("member", "sheet") if member in members}
    if not keys:
        return None
    found = [*Sheet.objects.filter(pk__in=keys).select_related("subdistrict")]
    names = _(", ").join(map(str, found))
    return _("Already computed with it and past draft: %(sheets)s.") % {"sheets": names}, found


@receiver(signals.members_leaving)
def leave_the_drafts(sender, members: set[int], **kwargs) -> None:
    sheets.forget(members)


@on_merge("subsidies.SheetLine.member")
def leave_the_drafts_when_merged(merge: Merge, rows) -> None:
    """Keep lines past draft; compute a draft again without the merged record."""
    sheets.forget({merge.other.pk})


@on_merge("subsidies.Correction.member")
def decided_corrections(merge: Merge, rows) -> None:
    """Move decided corrections to the surviving record; proposals are deleted and proposed again."""
    for row in rows.filter(state=CorrectionState.PROPOSED):
        versions.remove(row, actor=merge.actor, reason=merge.reason)
    merge.move(rows.exclude(state=CorrectionState.PROPOSED))


@on_merge("subsidies.Objection.member")
def objections_to_open_notices(merge: Merge, rows) -> None:
    """Move objections to open notices; those to closed notices are frozen."""
    merge.move(rows.filter(notice__closed_on=None))


on_merge("subsidies.DebtNotice.member", "subsidies.ParallelLine.member")(merging.stays)
