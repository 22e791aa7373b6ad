"""What is kept and erased by nobody by itself: the records of the groups' work, and the log of what was done."""

from django.db.models import F
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from registry.models import Activity, AuditEntry, ProvisionKey
from registry.provisions.retention import Rule, declare

declare(
    Rule(
        ProvisionKey.KEEP_WORK,
        _("Minutes, visits, reports, trainings, evaluations, plans and elections, with texts typed by hand"),
        _("the day of the meeting or act"),
        _("appraised with the archive, never erased by itself"),
        lambda until: Activity.objects.filter(day__lte=until).annotate(since=F("day")),
    )
)
declare(
    Rule(
        ProvisionKey.KEEP_LOG,
        _("Who did what, when and from where; users and their posts"),
        _("the day of the act"),
        _("only ever added to: the chain of the log would break"),
        lambda until: AuditEntry.objects.filter(at__date__lte=until).annotate(since=TruncDate("at")),
    )
)
