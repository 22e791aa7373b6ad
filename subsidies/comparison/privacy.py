"""How long old spreadsheets that were compared are kept."""

from datetime import date

from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from registry.models import ProvisionKey
from registry.provisions.retention import Rule, declare
from subsidies.comparison import services
from subsidies.models import ParallelRun


def over(until: date) -> QuerySet[ParallelRun]:
    return ParallelRun.objects.filter(created_at__date__lte=until).annotate(since=TruncDate("created_at"))


def sweep(until: date) -> int:
    rows = list(over(until).defer("content"))
    for run in rows:
        services.remove(run, actor=None)
    return len(rows)


declare(
    Rule(
        ProvisionKey.KEEP_COMPARISON,
        _("Old spreadsheets that were compared, with their rows"),
        _("the day of the comparison"),
        _("deleted by itself"),
        over,
        sweep=sweep,
    )
)
