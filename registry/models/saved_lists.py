"""Views of lists that users have saved: filters, order and columns under a name."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.models.areas import Community, Subdistrict
from registry.models.base import Record
from registry.models.documents import DocumentTemplateQuerySet


class SavedViewQuerySet(DocumentTemplateQuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """One's own, which nobody else changes; and to see, those shared with an area that one works in."""
        if not user.is_active:
            return self.none()
        if perm:
            return self.filter(user=user)
        reach = user.reach()
        shared = Q(is_shared=True, user__is_active=True)
        return self.filter(Q(user=user) | (shared if reach.everywhere else shared & self.within(reach)))


class SavedView(Record):
    """列表视图: of one user; shared, it is seen by those who work in the area, or (without one) by all."""

    changed_with = ""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", editable=False, verbose_name=_("user")
    )
    page = models.CharField(_("list"), max_length=60, editable=False)  # the name of its route
    query = models.CharField(_("filters"), max_length=1000, editable=False)  # as in the address; holds no typed words
    title = models.CharField(_("name of the view"), max_length=40)
    is_shared = models.BooleanField(_("shared"), default=False, editable=False)
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("subdistrict")
    )
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("community")
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("view of a list")
        verbose_name_plural = _("views of lists")
        ordering = ["title", "id"]
        permissions = [("share_savedview", "Can share a view of a list")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "title"],
                name="saved_view_name_once",
                violation_error_message=_("You have a view of this name on this list."),
            )
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"{reverse(self.page)}?{self.query}"

    @property
    def area(self) -> Subdistrict | Community | None:
        """With whose users it is shared; None for all."""
        return self.community or self.subdistrict
