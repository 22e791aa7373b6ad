"""Users of the site, and the dated posts that give them a role at an area."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager, _user_has_perm  # type: ignore[attr-defined]
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from jygroups.lib import clock
from jygroups.lib.constraints import NoOverlap
from jygroups.lib.transitions import Transition
from registry.models.areas import Community, Subdistrict
from registry.models.base import Edited, Record, days_in_order, on_day
from registry.models.bodies import ResidentsGroup
from registry.models.members import Member
from registry.models.roles import (
    CITY_ROLES,
    GIVES,
    GROUP_ROLES,
    PERMISSIONS,
    POWERFUL,
    SECOND_FACTOR_ROLES,
    SUBDISTRICT_ROLES,
    WITHOUT_SIGHT,
    Role,
)


@dataclass(frozen=True)
class Reach:
    """The areas of a user's posts: of those that give a permission, or of all of them for viewing only."""

    posts: list["Post"]
    everywhere: bool
    is_sight: bool  # to see, not to act

    @property
    def subdistricts(self) -> list[int]:
        """Where a post is at the subdistrict itself."""
        return [post.subdistrict_id for post in self.posts if post.subdistrict_id]

    def covers(self, subdistrict: int) -> bool:
        """Whether the whole subdistrict with this key is reached."""
        return self.everywhere or subdistrict in self.subdistricts

    @property
    def communities(self) -> models.QuerySet[Community]:
        """Where a post is, and all of a subdistrict's; not those of a group's people."""
        own = [post.community_id for post in self.posts if post.community_id]
        return Community.objects.filter(Q(pk__in=own) | Q(subdistrict__in=self.subdistricts))

    @property
    def groups(self) -> list[int]:
        """The groups of which the user is one of the people."""
        return [post.group_id for post in self.posts if post.group_id]


class UserQuerySet(models.QuerySet):
    def visible_to(self, user, perm: str = "") -> Self:
        """Those who hold, held or will hold a post that the user may give; for a user who gives none, the user alone.

        Changed by a user who gives all the posts that they hold or will hold, and never by themselves.
        """
        if perm and not user.has_perm(perm):
            return self.none()
        rows = self._in_sight_of(user)
        if perm in ("", "registry.view_user"):
            return rows
        given = Post.objects.giveable_by(user).values("pk")
        held = Post.objects.exclude(last_day__lt=clock.today()).exclude(state=PostState.REFUSED).exclude(pk__in=given)
        return rows.exclude(pk=user.pk).exclude(pk__in=held.values("user"))

    def _in_sight_of(self, user) -> Self:
        if user.is_superuser:
            return self.all()
        if user.gives_every_post:
            return self.filter(is_superuser=False)
        if not any(post.role in GIVES for post in user.posts_today):
            return self.filter(pk=user.pk)
        return self.filter(is_superuser=False, pk__in=Post.objects.giveable_by(user).values("user"))


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
        held = self.posts.held_on(clock.today())
        return list(held.select_related("subdistrict", "community", "group__committee__community"))

    def has_perm(self, perm: str, obj=None) -> bool:
        """Whether a post of today gives the permission; with a record, whether it does so there."""
        # Django answers yes to everything for a superuser; a record's own rule holds for that one too.
        return super().has_perm(perm) if obj is None else _user_has_perm(self, perm, obj)

    def reach(self, perm: str = "") -> Reach:
        """Where the user has the permission, or without one where the user sees."""
        posts = [post for post in self.posts_today if not perm or perm in PERMISSIONS[post.role]]
        everywhere = self.is_superuser or any(
            post.role in CITY_ROLES and post.role not in WITHOUT_SIGHT for post in posts
        )
        return Reach(posts, everywhere, is_sight=not perm or ".view_" in perm)

    def community_keys(self, perm: str = "") -> frozenset[int]:
        """The primary keys of the communities where the user has the permission, or without one that the user sees.

        Read once for the same posts; like them, as of the time when this user was read.
        """
        reach = self.reach(perm)
        known = self.__dict__.setdefault("_community_keys", {})
        same = (reach.everywhere, reach.is_sight, *(post.pk for post in reach.posts))
        if same not in known:
            known[same] = frozenset(Community.objects.visible_to(self, perm).values_list("pk", flat=True))
        return known[same]

    @property
    def sees_whole_city(self) -> bool:
        return self.reach().everywhere

    @property
    def only_community(self) -> Community | None:
        """The community of a user whose posts are all there, at the community itself; None for any other."""
        found = {post.community for post in self.posts_today}
        return found.pop() if len(found) == 1 and not self.sees_whole_city else None

    @cached_property
    def has_second_factor(self) -> bool:
        """Whether there is one; PostsBackend reads it with the user of a request."""
        return type(self).objects.filter(pk=self.pk).exclude(second_factor__confirmed_at=None).exists()

    @cached_property
    def must_note_codes(self) -> bool:
        """Whether there are recovery codes that the user has not yet confirmed to have noted; read likewise."""
        return type(self).objects.filter(pk=self.pk, second_factor__codes_noted=False).exists()

    @cached_property
    def password_set_at(self) -> datetime | None:
        """When the user chose the present password; None before that was kept."""
        return self.former_passwords.values_list("set_at", flat=True).first()

    @property
    def needs_second_factor(self) -> bool:
        """Whether a post of today, or being the superuser, demands one where SECOND_FACTOR is «required»."""
        demanded = self.is_superuser or any(post.role in SECOND_FACTOR_ROLES for post in self.posts_today)
        return settings.SECOND_FACTOR == "required" and demanded

    @property
    def gives_every_post(self) -> bool:
        return self.is_superuser or any(post.role == Role.SYSTEM_ADMINISTRATOR for post in self.posts_today)


class PostState(models.TextChoices):
    """A post with power waits for a second person; any other is in effect when it is given."""

    WAITING = "waiting", pgettext_lazy("post", "waiting for a second person")
    IN_EFFECT = "in_effect", pgettext_lazy("post", "in effect")
    REFUSED = "refused", pgettext_lazy("post", "refused")


# Each step by the state it leads to; who receives the post takes none of them (PostQuerySet.visible_to).
POST_STEPS = {
    PostState.WAITING: Transition("registry.give_post", (), PostState.WAITING, "given_by"),
    PostState.IN_EFFECT: Transition(
        "registry.agree_post", (PostState.WAITING,), PostState.IN_EFFECT, "answered_by", not_by=(PostState.WAITING,)
    ),
    PostState.REFUSED: Transition(
        "registry.agree_post", (PostState.WAITING,), PostState.REFUSED, "answered_by", not_by=(PostState.WAITING,),
        needs_comment=True,
    ),
}  # fmt: skip


class PostQuerySet(models.QuerySet):
    def held_on(self, day) -> Self:
        """The posts that give something on the day: neither waiting nor refused."""
        return self.filter(on_day(day), state=PostState.IN_EFFECT)

    def waiting(self) -> Self:
        return self.filter(state=PostState.WAITING)

    def with_power(self) -> Self:
        """The posts that a second person agrees to, held today or to come."""
        return self.filter(role__in=POWERFUL).exclude(state=PostState.REFUSED).exclude(last_day__lt=clock.today())

    def visible_to(self, user, perm: str = "") -> Self:
        """The posts that the user may give and end, and those that wait for the user as a second person.

        To give and end, of any other holder than the user; to agree, also of any other giver.
        """
        if not user.is_active or (perm and not user.has_perm(perm)):
            return self.none()
        if perm == "registry.agree_post":
            return self.filter(self._answered_by(user)).exclude(user=user).exclude(given_by=user)
        if perm == "registry.give_post":
            return self.giveable_by(user).exclude(user=user)
        return self.giveable_by(user) if perm else self.filter(self._given_by(user) | self._answered_by(user))

    def giveable_by(self, user) -> Self:
        """The posts, the user's own too, of the roles and in the areas in which the user gives posts."""
        return self.filter(self._given_by(user))

    def answerable_by(self, user) -> Self:
        """The posts with power, the user's own too, in the areas in which the user agrees to such posts."""
        return self.filter(self._answered_by(user))

    def _answered_by(self, user) -> Q:
        """The posts with power at the user's subdistricts; to who administers users, all of them."""
        powerful = Q(role__in=POWERFUL)
        if user.gives_every_post:
            return powerful
        return powerful & Q(subdistrict__in=user.reach("registry.agree_post").subdistricts)

    def _given_by(self, user) -> Q:
        if not user.is_active:
            return Q(pk__in=[])
        if user.gives_every_post:
            return Q(pk__isnull=False)  # an empty Q would vanish beside another
        given = Q(pk__in=[])
        for post in user.posts_today:
            roles = GIVES.get(post.role, [])
            for path in ("community", "group__committee__community"):
                given |= Q(**{"role__in": roles, f"{path}__subdistrict": post.subdistrict_id})
        return given


def _area(*, roles, area: str | None) -> Q:
    fields = {field: field != area for field in ("subdistrict", "community", "group")}
    return Q(role__in=roles, **{f"{field}__isnull": empty for field, empty in fields.items()})


class Post(Record):
    """岗位: a role at the city, a subdistrict, a community or a group, from a day to a day, both inclusive."""

    history_page = "post"
    changed_with = "registry.give_post"

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("user"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    subdistrict = models.ForeignKey(
        Subdistrict, models.PROTECT, related_name="posts", null=True, blank=True, verbose_name=_("subdistrict")
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
    state = models.CharField(_("state"), max_length=10, choices=PostState, default=PostState.IN_EFFECT)
    given_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("given by"),
        help_text=_("Empty: by a command on the server, or before two people were needed."),
    )  # fmt: skip
    answered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", null=True, editable=False, verbose_name=_("agreed or refused by")
    )
    answered_at = models.DateTimeField(_("agreed or refused at"), null=True, editable=False)
    refusal = models.CharField(_("reason of the refusal"), max_length=200, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["user", "first_day"]
        permissions = [("agree_post", "Can agree to a post that another user gave")]
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
                    condition=~Q(state=PostState.REFUSED),
                    violation_error_message=_("This user already holds this post on some of these days."),
                )
                for area in ("subdistrict", "community", "group")
            ),
            NoOverlap(
                name="post_once_in_the_city",
                fields=["user", "role"],
                condition=Q(role__in=CITY_ROLES) & ~Q(state=PostState.REFUSED),
                violation_error_message=_("This user already holds this post on some of these days."),
            ),
            models.CheckConstraint(
                name="post_second_person_is_another",
                condition=Q(answered_by=None) | ~(Q(answered_by=F("given_by")) | Q(answered_by=F("user"))),
            ),
            models.CheckConstraint(
                name="post_with_power_agreed_to_by_two",
                condition=~Q(role__in=POWERFUL, state=PostState.IN_EFFECT, given_by__isnull=False, answered_by=None),
            ),
            models.CheckConstraint(
                name="post_waiting_until_answered", condition=~Q(state=PostState.WAITING) | Q(answered_by=None)
            ),
            models.CheckConstraint(
                name="post_refused_with_a_reason", condition=~Q(state=PostState.REFUSED) | ~Q(refusal="")
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} · {self.area or '–'}"

    @property
    def has_power(self) -> bool:
        """Whether it submits, endorses, approves or administers, and so needs a second person."""
        return self.role in POWERFUL

    @property
    def is_waiting(self) -> bool:
        return self.state == PostState.WAITING

    @property
    def in_words(self) -> str:
        """中山街道 街道经办人."""
        return f"{self.area_in_words} {self.get_role_display()}"

    @property
    def area(self):
        return self.group or self.community or self.subdistrict

    @property
    def area_in_words(self) -> str:
        """中山街道, 幸福社区, 幸福社区第一居民小组, 某市."""
        if self.group:
            return f"{self.group.committee.community}{self.group}"
        return str(self.area or settings.CITY_NAME)
