"""Whether the second person is another: a user let in by the giver or the receiver of a post may be either of them.

With a one-time password, a removed second factor or a changed sign-in name a user can sign in as the one changed.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from jygroups.lib import clock
from registry.models import POST_STEPS, Act, AuditEntry, Post, PostState, Role, User
from registry.models.roles import roles_with

LATELY = timedelta(days=30)


def let_in_by(user: User) -> set[int]:
    """The keys of the users who lately set a password of the user, removed a second factor or changed the account.

    Also of those who did so with one of them.
    """
    since = clock.now() - LATELY
    found: set[int] = set()
    new = {user.pk}
    while new:
        found |= new
        new = _who_let_in(new, since) - found
    return found - {user.pk}


def _who_let_in(users: set[int], since: datetime) -> set[int]:
    """The keys of those who did it with one of the users later than `since`, read from versions and audit entries.

    Adding a user does not count: a second person has agreed to the user's post afterwards.
    """
    versions = User.history.filter(id__in=users).order_by()
    changed = versions.filter(history_date__gt=since, history_user__isnull=False).exclude(history_type="+")
    entries = AuditEntry.objects.filter(
        act__in=[Act.PASSWORD, Act.SECOND_FACTOR],
        at__gt=since,
        subject__in=versions.values("username"),
        user__isnull=False,
    ).exclude(details__what__in=["unlocked", "first", "removal asked for", "removal refused", "removal withdrawn"])
    askers = entries.order_by().filter(details__has_key="asked_by").values_list("details__asked_by", flat=True)
    asked_by = User.objects.filter(username__in=[*askers])  # the removal of a factor
    done_by = entries.order_by().values_list("user", flat=True)
    return {*changed.values_list("history_user", flat=True), *done_by, *asked_by.values_list("pk", flat=True)}


def is_independent(user: User, post: Post) -> bool:
    """Whether neither the giver nor the receiver of the post let the user in lately, nor anybody since it was given."""
    return is_another(user, than={post.given_by_id, post.user_id}, since=post.created_at)


def is_another(user: User, *, than: set[int | None], since: datetime) -> bool:
    """Whether none of those let the user in lately, nor anybody since the moment."""
    return not let_in_by(user) & than and _who_let_in({user.pk}, since) <= {user.pk}


def without_second_person(posts: list[Post]) -> set[int]:
    """The keys of the waiting ones among the posts to which nobody agrees: there is only the giver or the receiver."""
    permission = POST_STEPS[PostState.IN_EFFECT].permission
    held = Post.objects.held_on(clock.today()).filter(user__is_active=True)
    leaders = held.filter(role__in=roles_with(permission), subdistrict__isnull=False).values_list("user", "subdistrict")
    administrators = held.filter(role=Role.SYSTEM_ADMINISTRATOR).values("user")
    everywhere = User.objects.filter(Q(is_superuser=True) | Q(pk__in=administrators), is_active=True)
    able = {*leaders, *((pk, None) for pk in everywhere.values_list("pk", flat=True))}
    return {
        post.pk
        for post in posts
        if post.is_waiting
        and not {user for user, area in able if area in (None, post.subdistrict_id)} - {post.given_by_id, post.user_id}
    }


def others(post: Post, *, but: User) -> list[User]:
    """Who else may agree to the post today."""
    permission = POST_STEPS[PostState.IN_EFFECT].permission
    held = Post.objects.held_on(clock.today()).filter(
        Q(role=Role.SYSTEM_ADMINISTRATOR) | Q(role__in=roles_with(permission), subdistrict=post.subdistrict)
    )
    users = User.objects.filter(Q(is_superuser=True) | Q(pk__in=held.values("user")), is_active=True)
    return [user for user in users.exclude(pk=but.pk) if user.has_perm(permission, post) and is_independent(user, post)]
