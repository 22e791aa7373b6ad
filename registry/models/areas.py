"""Areas: the subdistricts of the city and their communities; and who sees what of them."""

from typing import TYPE_CHECKING, Self

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.encryption import BoundRows
from registry.models.base import Record

if TYPE_CHECKING:
    from registry.models.users import User


class ScopedQuerySet(BoundRows):
    """Rows that belong to a community, and the part of them one user may see."""

    scope_path: str  # the lookup from a row to its community
    group_path: str = ""  # the lookup from a row to its residents' group, where a group's own people see it

    def visible_to(self, user: "User") -> Self:
        """The rows in the user's areas of sight: all, some, or none. The only gate there is."""
        if not user.is_active:
            return self.none()
        if user.sees_whole_city:
            return self.all()
        # pk__in, not a join: a to-many path must not repeat rows.
        seen = models.Q(**{f"{self.scope_path}__in": user.communities()})
        if self.group_path:
            seen |= models.Q(**{f"{self.group_path}__in": user.own_groups()})
        return self.filter(pk__in=self.model._base_manager.filter(seen).values("pk"))


class SubdistrictQuerySet(ScopedQuerySet):
    scope_path = "communities"


class Subdistrict(Record):
    """街道: part of a city, led by a subdistrict office."""

    code = models.CharField(
        _("statistics code"),
        max_length=9,
        unique=True,
        validators=[RegexValidator(r"^\d{9}$", _("A subdistrict's statistics code has 9 digits."))],
    )
    name = models.CharField(_("name"), max_length=50)

    objects = SubdistrictQuerySet.as_manager()

    class Meta:
        verbose_name = _("subdistrict")
        verbose_name_plural = _("subdistricts")
        ordering = ["code"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("subdistrict", args=[self.code])


class CommunityQuerySet(ScopedQuerySet):
    scope_path = "pk"


class Community(Record):
    """社区: the smallest area, with one residents' committee."""

    code = models.CharField(
        _("statistics code"),
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"^\d{12}$", _("A community's statistics code has 12 digits."))],
    )
    name = models.CharField(_("name"), max_length=50)
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="communities", verbose_name=_("subdistrict")
    )
    party_secretary = models.ForeignKey(
        "Member", models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("party secretary")
    )

    objects = CommunityQuerySet.as_manager()

    class Meta:
        verbose_name = _("community")
        verbose_name_plural = _("communities")
        ordering = ["code"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("community", args=[self.code])
