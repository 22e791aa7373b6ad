"""Bodies of residents' self-government 〔三(一)〕: committees, groups, their terms, and the buildings they cover."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jygroups.lib.constraints import NoOverlap
from registry.models.areas import CityWideQuerySet, Community, ScopedQuerySet
from registry.models.base import Record, days_in_order

# Groups in order, and before them what belongs to none; left to themselves the two databases differ about its place.
COMMITTEE_FIRST = F("group__ordinal").asc(nulls_first=True)


class CommitteeQuerySet(ScopedQuerySet):
    scope_path = "community"


class ResidentsCommittee(Record):
    """居民委员会: one in each community; its supervisory committee (居务监督委员会) is not a row of its own."""

    history_page = "committee"
    changed_with = "registry.change_community"

    community = models.OneToOneField(Community, models.PROTECT, related_name="committee", verbose_name=_("community"))
    established_on = models.DateField(_("established on"), null=True, blank=True)

    objects = CommitteeQuerySet.as_manager()

    class Meta:
        verbose_name = _("residents' committee")
        verbose_name_plural = _("residents' committees")
        ordering = ["community__code"]

    def __str__(self):
        return _("%(community)s residents' committee") % {"community": self.community.name}

    @property
    def trail(self) -> list[Record]:
        """The areas on the way to a page about something of the committee."""
        return self.community.trail


class TermQuerySet(CityWideQuerySet):
    def of(self, day):
        """The term that holds the day, or None."""
        return self.filter(first_day__lte=day, last_day__gte=day).first()


class Term(Record):
    """届: shared by committees and groups 〔三(二) 任期相同〕; a provision has its length."""

    history_page = "term"

    ordinal = models.PositiveSmallIntegerField(_("ordinal"), unique=True)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        ordering = ["first_day"]
        constraints = [
            days_in_order("term_days_in_order"),
            NoOverlap(
                name="term_no_overlap",
                fields=[],
                violation_error_message=_("Another term holds some of these days."),
            ),
        ]

    def __str__(self):
        return _("term %(ordinal)s (%(first)s to %(last)s)") % {
            "ordinal": self.ordinal,
            "first": self.first_day,
            "last": self.last_day,
        }


class GroupQuerySet(ScopedQuerySet):
    scope_path = "committee__community"
    group_path = "pk"

    def standing_on(self, day):
        """Groups not dissolved before the day."""
        return self.filter(Q(dissolved_on=None) | Q(dissolved_on__gt=day))


class ResidentsGroup(Record):
    """居民小组: some buildings or courtyards of a community, with three to five members 〔三(一)(二)〕."""

    history_page = "group"
    changed_with = ""  # adjustment plans change groups

    committee = models.ForeignKey(
        ResidentsCommittee, models.PROTECT, related_name="groups", verbose_name=_("residents' committee")
    )
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    name = models.CharField(_("name"), max_length=50)
    established_on = models.DateField(_("established on"), null=True, blank=True)
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True)
    approved_by = models.ForeignKey(
        "GroupPlan", models.PROTECT, related_name="groups", null=True, blank=True, verbose_name=_("by adjustment plan"),
        help_text=_("The adjustment plan that set it up, or changed or dissolved it last."),
    )  # fmt: skip
    placeholder = models.BooleanField(
        _("placeholder"),
        default=False,
        help_text=_("The number of groups here is assumed until the annex of the document is loaded."),
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("residents' group")
        verbose_name_plural = _("residents' groups")
        ordering = ["committee__community__code", "ordinal"]
        constraints = [
            models.UniqueConstraint(
                "committee",
                "name",
                name="group_name_unique_in_committee",
                violation_error_message=_("This committee already has a group of this name."),
            ),
            models.UniqueConstraint(
                "committee",
                "ordinal",
                name="group_ordinal_unique_in_committee",
                violation_error_message=_("This committee already has a group of this number."),
            ),
            models.CheckConstraint(
                name="group_dissolved_after_established",
                condition=Q(established_on=None)
                | Q(dissolved_on=None)
                | Q(dissolved_on__gte=models.F("established_on")),
                violation_error_message=_("The group would be dissolved before it was established."),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("group", args=[self.pk])

    @property
    def trail(self) -> list[Record]:
        """The areas and the group, on the way to a page about something of the group."""
        return [*self.committee.community.trail, self]


class BuildingQuerySet(ScopedQuerySet):
    scope_path = "community"
    group_path = "group"


class BuildingKind(models.TextChoices):
    BUILDING = "building", pgettext_lazy("kind", "building")
    COURTYARD = "courtyard", _("courtyard")
    ENTRANCE = "entrance", _("entrance")


class Building(Record):
    """楼院: what a group covers 〔三(一) 以若干楼栋或院落为单位〕."""

    history_page = "building"

    community = models.ForeignKey(Community, models.PROTECT, related_name="buildings", verbose_name=_("community"))
    group = models.ForeignKey(
        ResidentsGroup,
        models.PROTECT,
        related_name="buildings",
        null=True,
        blank=True,
        verbose_name=_("covered by group"),
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=BuildingKind, default=BuildingKind.BUILDING)
    households = models.PositiveIntegerField(_("households"), null=True, blank=True)
    residents = models.PositiveIntegerField(_("residents"), null=True, blank=True)

    objects = BuildingQuerySet.as_manager()

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        ordering = ["community__code", COMMITTEE_FIRST, "id"]
        constraints = [
            models.UniqueConstraint(
                "community",
                "name",
                name="building_name_unique_in_community",
                violation_error_message=_("This community already has a building of this name."),
            )
        ]

    def __str__(self):
        return self.name

    def clean(self):
        if self.group and self.group.committee.community_id != self.community_id:
            raise ValidationError({"group": _("This group belongs to another community.")})
