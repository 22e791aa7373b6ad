"""Areas: the subdistricts of the city and their communities; and who sees what of them."""

from typing import TYPE_CHECKING, Self

from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jygroups.lib.encryption import BoundRows
from registry.models.base import Record

if TYPE_CHECKING:
    from registry.models.users import Reach, User


class ScopedQuerySet(BoundRows):
    """Rows that belong to an area, and the part of them that one user sees or may act on."""

    scope_path: str  # the lookup from a row to its community
    group_path: str = ""  # the lookup from a row to its residents' group, where a group's own people see it
    office_path: str = ""  # the lookup from a row to its subdistrict, where only a post at it or at the city may act

    def visible_to(self, user: "User", perm: str = "") -> Self:
        """The rows that the user may see; with a permission, those for which one of the user's posts gives it.

        To see a row is not enough to act on it: one user may be the secretary of one community and the leader of
        another subdistrict. Every access check goes through this method; a record with a further rule of its own
        adds it in its queryset.
        """
        if not user.is_active:
            return self.none()
        reach = user.reach(perm)
        if reach.everywhere:
            return self.all()
        # pk__in, not a join: a to-many path must not repeat rows.
        return self.filter(pk__in=self.model._base_manager.filter(self.within(reach)).values("pk"))

    def within(self, reach: "Reach") -> models.Q:
        """The rows of the subdistricts, communities and groups of the user's posts, without what the city reaches.

        So a secretary sees the rows of her community, and may act on those without an `office_path`.
        """
        if self.office_path and not reach.is_sight:
            return models.Q(**{f"{self.office_path}__in": reach.subdistricts})
        found = models.Q(**{f"{self.scope_path}__in": reach.communities})
        if self.group_path:
            found |= models.Q(**{f"{self.group_path}__in": reach.groups})
        return found


class CityWideQuerySet(models.QuerySet):
    """Rows of no area: visible to every user, changed with a post at the city."""

    def visible_to(self, user: "User", perm: str = "") -> Self:
        return self.all() if user.is_active and (not perm or user.reach(perm).everywhere) else self.none()


class SubdistrictQuerySet(ScopedQuerySet):
    scope_path = "communities"
    office_path = "pk"


class Subdistrict(Record):
    """街道: part of a city, led by a subdistrict office."""

    history_page = "subdistrict"
    changed_with = ""

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

    history_page = "community"

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

    @property
    def trail(self) -> list[Record]:
        """The areas on the way to a page about something of the community."""
        return [self.subdistrict, self]
