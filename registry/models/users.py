"""Users of the site, and the dated posts that give them a role at an area."""

from functools import cached_property
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from jygroups.lib.constraints import NoOverlap
from registry.models.areas import Community, Subdistrict
from registry.models.base import Edited, Record, days_in_order, on_day
from registry.models.bodies import ResidentsGroup
from registry.models.members import Member


class Role(models.TextChoices):
    """What a post lets its holder do; registry/roles.py has the permissions behind each."""

    SYSTEM_ADMINISTRATOR = "system_administrator", _("system administrator")
    CIVIL_AFFAIRS = "civil_affairs", _("civil affairs officer")
    FINANCE = "finance", _("finance officer")
    AUDITOR = "auditor", _("auditor")
    CLERK = "clerk", _("subdistrict clerk")
    LEADER = "leader", _("subdistrict leader")
    SECRETARY = "secretary", _("community secretary")
    GROUP_LEADER = "group_leader", _("group leader")
    GROUP_MEMBER = "group_member", _("group member")


CITY_ROLES = [Role.SYSTEM_ADMINISTRATOR, Role.CIVIL_AFFAIRS, Role.FINANCE, Role.AUDITOR]
SUBDISTRICT_ROLES = [Role.CLERK, Role.LEADER]
GROUP_ROLES = [Role.GROUP_LEADER, Role.GROUP_MEMBER]


def area_of(role: str) -> str:
    """The field of a post that says where: subdistrict, community, group; empty for the city."""
    if role in CITY_ROLES:
        return ""
    if role in SUBDISTRICT_ROLES:
        return "subdistrict"
    return "group" if role in GROUP_ROLES else "community"


# Keeps users and posts; people's records are no business of this one.
WITHOUT_SIGHT = [Role.SYSTEM_ADMINISTRATOR]
# Whose posts a role gives and ends, within its own area; and so whom among the users it sees.
GIVES: dict[str, list[Role]] = {
    Role.SYSTEM_ADMINISTRATOR: list(Role),
    Role.CLERK: [Role.SECRETARY, *GROUP_ROLES],
}


class UserQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Those who hold, held or will hold a post that the user may give; for who gives none, the user alone."""
        if user.is_superuser:
            return self.all()
        if user.gives_every_post:
            return self.filter(is_superuser=False)
        if not any(post.role in GIVES for post in user.posts_today):
            return self.filter(pk=user.pk)
        return self.filter(is_superuser=False, pk__in=Post.objects.visible_to(user).values("user"))


class Accounts(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Users."""


class User(Edited, AbstractUser):
    """用户: who signs in. Sight and permissions come from posts alone, but for the superuser kept for repair."""

    first_name = last_name = None  # type: ignore[assignment]  # a Chinese name is one field
    groups = user_permissions = None  # type: ignore[assignment]  # posts alone give permissions
    date_joined = None  # type: ignore[assignment]  # created_at, as of every row
    name = models.CharField(_("full name"), max_length=50)
    member = models.OneToOneField(
        Member,
        models.PROTECT,
        related_name="user",
        null=True,
        blank=True,
        verbose_name=_("member"),
        help_text=_("For a group's own people: the person this user is."),
    )
    must_change_password = models.BooleanField(
        _("has a one-time password"),
        default=False,
        help_text=_("The next sign-in leads to the page where an own password is chosen, and nowhere else."),
    )

    objects = Accounts()  # type: ignore[misc]
    history = HistoricalRecords(excluded_fields=["password", "last_login"])
    REQUIRED_FIELDS = ["name"]

    class Meta(AbstractUser.Meta):
        ordering = ["username"]

    def __str__(self):
        return self.get_full_name()

    def save(self, *args, update_fields=None, **kwargs):
        if update_fields is not None and set(update_fields) == {"last_login"}:
            # Signing in is no edit: it leaves no version.
            return self.save_base(update_fields=frozenset(update_fields), raw=True)
        return super().save(*args, update_fields=update_fields, **kwargs)

    def get_absolute_url(self):
        return reverse("user", args=[self.pk])

    def get_full_name(self) -> str:
        return self.name or self.username

    get_short_name = get_full_name

    @cached_property
    def posts_today(self) -> list["Post"]:
        today = timezone.localdate()
        return list(
            self.posts.filter(on_day(today)).select_related("subdistrict", "community", "group__committee__community")
        )

    @property
    def sees_whole_city(self) -> bool:
        return self.is_superuser or any(
            post.role in CITY_ROLES and post.role not in WITHOUT_SIGHT for post in self.posts_today
        )

    @property
    def gives_every_post(self) -> bool:
        return self.is_superuser or any(post.role == Role.SYSTEM_ADMINISTRATOR for post in self.posts_today)

    def communities(self) -> models.QuerySet[Community]:
        """The communities where the user has a post, or whose subdistrict has; not those of a group's people."""
        return Community.objects.filter(
            Q(pk__in=[post.community_id for post in self.posts_today if post.role == Role.SECRETARY])
            | Q(subdistrict__in=[post.subdistrict_id for post in self.posts_today if post.role in SUBDISTRICT_ROLES])
        )

    def own_groups(self) -> list[int]:
        """The groups of which the user is one of the people."""
        return [post.group_id for post in self.posts_today if post.group_id is not None]


class PostQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """The posts that the user may give and end, whoever holds them."""
        if not user.is_active:
            return self.none()
        if user.gives_every_post:
            return self.all()
        given = Q(pk__in=[])
        for post in user.posts_today:
            roles = GIVES.get(post.role, [])
            for path in ("community", "group__committee__community"):
                given |= Q(**{"role__in": roles, f"{path}__subdistrict": post.subdistrict_id})
        return self.filter(given)


def _area(*, roles, area: str | None) -> Q:
    fields = {field: field != area for field in ("subdistrict", "community", "group")}
    return Q(role__in=roles, **{f"{field}__isnull": empty for field, empty in fields.items()})


class Post(Record):
    """岗位: a role at the city, a subdistrict, a community or a group, from a day to a day, both inclusive."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    subdistrict = models.ForeignKey(
        Subdistrict,
        models.PROTECT,
        related_name="posts",
        null=True,
        blank=True,
        verbose_name=_("subdistrict"),
    )
    community = models.ForeignKey(
        Community, models.PROTECT, related_name="posts", null=True, blank=True, verbose_name=_("community")
    )
    group = models.ForeignKey(
        ResidentsGroup,
        models.PROTECT,
        related_name="posts",
        null=True,
        blank=True,
        verbose_name=_("residents' group"),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["user", "first_day"]
        constraints = [
            days_in_order("post_days_in_order"),
            models.CheckConstraint(
                name="post_area_fits_role",
                condition=_area(roles=CITY_ROLES, area=None)
                | _area(roles=SUBDISTRICT_ROLES, area="subdistrict")
                | _area(roles=[Role.SECRETARY], area="community")
                | _area(roles=GROUP_ROLES, area="group"),
                violation_error_message=_("Give the area that goes with the role, and no other."),
            ),
            # Where the area is empty the rule for it says nothing.
            *(
                NoOverlap(
                    name=f"post_once_per_{area}",
                    fields=["user", "role", area],
                    violation_error_message=_("This user already holds this post on some of these days."),
                )
                for area in ("subdistrict", "community", "group")
            ),
            NoOverlap(
                name="post_once_in_the_city",
                fields=["user", "role"],
                condition=Q(role__in=CITY_ROLES),
                violation_error_message=_("This user already holds this post on some of these days."),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} · {self.area or '–'}"

    @property
    def area(self):
        return self.group or self.community or self.subdistrict

    @property
    def subdistrict_of_area(self) -> int | None:
        """The key of the subdistrict the area is or lies in; None for the city."""
        community = self.group.committee.community if self.group else self.community
        return community.subdistrict_id if community else self.subdistrict_id

    @property
    def area_in_words(self) -> str:
        """雄关街道, 福民社区, 福民社区第一居民小组, 嘉峪关市."""
        if self.group:
            return f"{self.group.committee.community}{self.group}"
        return str(self.area or settings.CITY_NAME)
