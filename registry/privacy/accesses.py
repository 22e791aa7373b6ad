"""Who saw or took what of whom, from the audit log."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from registry.models import Act, AuditEntry, Member
from registry.records.audit import with_whom

# Of one person, or of many at once; a page on which numbers are masked leaves no entry.
ACTS = [Act.REVEAL, Act.FILE, Act.VIEW, Act.SEARCH, Act.EXPORT]


def accesses_of(keys: Iterable[int]) -> QuerySet[AuditEntry]:
    """The entries that name one of these people."""
    return AuditEntry.objects.filter(act__in=ACTS, details__member__in=list(keys))


def accesses() -> QuerySet:
    """All such entries, each with `whom`, the present name of the person, where it names one."""
    return with_whom(AuditEntry.objects.filter(act__in=ACTS)).select_related("user")


def of_words(words: str) -> Q:
    """Entries that name a person whom the words find."""
    keys = Member.objects.search(words).values_list("pk", flat=True)[:200]
    return Q(details__member__in=list(keys))
