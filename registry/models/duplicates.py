"""Pairs of records that were checked and are two persons."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Record
from registry.models.members import Member


class DistinctQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """Pairs both of whom the user sees."""
        people = Member.objects.visible_to(user, perm).values("pk")
        return self.filter(first__in=people, second__in=people)


class DistinctPersons(Record):
    """非同一人: two members who look alike on the register and are not the same person.

    Until it is decided, it is what somebody who may not decide has stated.
    """

    changed_with = "registry.change_member"

    first = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("one"))
    second = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("the other"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    is_decided = models.BooleanField(_("decided"), default=True)

    objects = DistinctQuerySet.as_manager()

    class Meta:
        verbose_name = _("two persons")
        verbose_name_plural = _("two persons")
        constraints = [
            models.UniqueConstraint("first", "second", name="distinct_persons_once"),
            models.CheckConstraint(name="distinct_persons_in_order", condition=Q(first__lt=F("second"))),
        ]

    def __str__(self):
        return f"{self.first} ≠ {self.second}"
