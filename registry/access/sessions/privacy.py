"""How long it is kept where from and with which device somebody signed in."""

from datetime import date

from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from registry.models import ProvisionKey, Session
from registry.provisions.retention import Rule, declare


def expired(until: date) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__date__lte=until).annotate(since=TruncDate("expire_date"))


def sweep(until: date) -> int:
    return Session.objects.filter(expire_date__date__lte=until).delete()[0]


declare(
    Rule(
        ProvisionKey.KEEP_SESSION,
        _("Sessions: address and device of who signed in; the log of sign-ins is kept apart"),
        _("the day on which the session expires"),
        _("deleted by itself"),
        expired,
        sweep=sweep,
    )
)
