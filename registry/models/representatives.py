"""Residents' representatives 〔二(二) 推荐选举本小组的社区居民代表〕."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.models.activities import Activity
from registry.models.areas import ScopedQuerySet
from registry.models.base import Record
from registry.models.bodies import ResidentsGroup, Term


class RepresentativeQuerySet(ScopedQuerySet):
    scope_path = "group__committee__community"
    group_path = "group"


class Representative(Record):
    """居民代表: who speaks for a group's residents in the residents' assembly of the community, for one term."""

    history_page = "representative"

    group = models.ForeignKey(
        ResidentsGroup, models.PROTECT, related_name="representatives", verbose_name=_("residents' group")
    )
    term = models.ForeignKey(Term, models.PROTECT, related_name="representatives", verbose_name=_("term"))
    name = models.CharField(pgettext_lazy("person", "name"), max_length=50)
    household = models.CharField(_("household"), max_length=100, blank=True, help_text=_("Such as: building 3, 2-301."))
    meeting = models.ForeignKey(
        Activity,
        models.SET_NULL,
        related_name="representatives",
        null=True,
        blank=True,
        verbose_name=_("recommended by the meeting"),
    )
    last_day = models.DateField(_("ended on"), null=True, blank=True, help_text=_("Empty: to the end of the term."))

    objects = RepresentativeQuerySet.as_manager()

    class Meta:
        verbose_name = _("residents' representative")
        verbose_name_plural = _("residents' representatives")
        ordering = ["group__committee__community__code", "group__ordinal", "pk"]
        constraints = [
            models.UniqueConstraint(
                "group",
                "term",
                "name",
                "household",
                name="representative_once_a_term",
                violation_error_message=_("This person represents the group in this term already."),
            )
        ]

    def __str__(self):
        return self.name
