"""Giving posts, ending them, and handing one on: by whom, to whom, and never so that nobody keeps users."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.models import (
    GIVES,
    GROUP_ROLES,
    Act,
    Member,
    Position,
    Post,
    ResidentsGroup,
    Role,
    Subdistrict,
    User,
    on_day,
)
from registry.records import audit, locks, versions

DAY = timedelta(days=1)


def check(actor: User, post: Post) -> None:
    """Raises PermissionDenied where the actor may not give and end the saved post."""
    if not actor.has_perm("registry.give_post", post):
        raise PermissionDenied


def giveable(actor: User) -> tuple[list[Role], QuerySet[Subdistrict]]:
    """The roles whose posts the actor gives, and the subdistricts in which."""
    if actor.gives_every_post:
        return list(Role), Subdistrict.objects.all()
    own = [post for post in actor.posts_today if post.role in GIVES]
    given = {role for post in own for role in GIVES[post.role]}
    subdistricts = Subdistrict.objects.filter(pk__in=[post.subdistrict_id for post in own])
    return [role for role in Role if role in given], subdistricts


@transaction.atomic
def give(post: Post, *, actor: User, address: str | None = None) -> Post:
    """Save a new post. Raises ValidationError for one the user holds already, PermissionDenied for what is not his to
    give."""
    versions.save(post, actor=actor, reason=_("Post given"))
    check(actor, post)
    _record(post, "given", actor, address)
    return post


@transaction.atomic
def end(post: Post, *, last_day: date, actor: User, address: str | None = None) -> None:
    """Let the post's last day be another one, earlier or later."""
    check(actor, post)
    with somebody_keeps_users():
        post.last_day = last_day
        versions.save(post, actor=actor, reason=_("Post ended"))
    _record(post, "ended", actor, address)


@transaction.atomic
def withdraw(post: Post, *, actor: User, address: str | None = None) -> None:
    """Take back a post that has not begun."""
    check(actor, post)
    if post.first_day <= timezone.localdate():
        raise ValidationError(_("The post has begun; end it instead."))
    with somebody_keeps_users():
        _record(post, "withdrawn", actor, address)
        versions.remove(post, actor=actor, reason=_("Post withdrawn"))


@transaction.atomic
def transfer(post: Post, *, to: User, first_day: date, actor: User, address: str | None = None) -> Post:
    """Hand the post on in one act: its holder's ends on the day before, the other's runs from the day on.

    The new post ends when the old one would have. Raises ValidationError where the old one does not hold on both days.
    """
    check(actor, post)
    if post.first_day >= first_day or (post.last_day and post.last_day < first_day):
        raise ValidationError(
            {"first_day": _("The present holder has to hold the post on this day and the day before.")}
        )
    if not to.is_active:
        raise ValidationError({"to": _("This user is disabled.")})
    new = Post(
        user=to, role=post.role, subdistrict=post.subdistrict, community=post.community, group=post.group,
        first_day=first_day, last_day=post.last_day,
    )  # fmt: skip
    with somebody_keeps_users():
        post.last_day = first_day - DAY
        versions.save(post, actor=actor, reason=_("Post handed on"))
        try:
            versions.save(new, actor=actor, reason=_("Post handed on"))
        except ValidationError as error:
            raise ValidationError({"to": error.messages}) from error
    check(actor, new)
    _record(post, "handed on", actor, address, to=to.username)
    _record(new, "given", actor, address)
    return new


def carry(
    *, member: Member, of: ResidentsGroup, to: ResidentsGroup | None, position: str, day: date, actor: User | None
) -> None:
    """The member's own posts at a group go over to another group from the day on, or end the day before."""
    role = Role.GROUP_LEADER if position == Position.GROUP_LEADER else Role.GROUP_MEMBER
    for post in Post.objects.filter(user__member=member, group=of, role__in=GROUP_ROLES).filter(on_day(day)):
        if (post.group, post.role) == (to, role):
            continue
        new = Post(user=post.user, role=role, group=to, first_day=day, last_day=post.last_day)
        _end_before(post, day, actor)
        if to is not None:
            versions.save(new, actor=actor, reason=_("Post handed on"))
            _record(new, "given", actor, None)


def close(*, group: ResidentsGroup, day: date, actor: User | None) -> None:
    """No post at a group that is dissolved on the day outlasts it."""
    for post in Post.objects.filter(group=group).filter(Q(last_day=None) | Q(last_day__gte=day)):
        _end_before(post, day, actor)


def _end_before(post: Post, day: date, actor: User | None) -> None:
    if post.first_day >= day:
        _record(post, "withdrawn", actor, None)
        versions.remove(post, actor=actor, reason=_("Post withdrawn"))
        return
    post.last_day = day - DAY
    versions.save(post, actor=actor, reason=_("Post ended"))
    _record(post, "ended", actor, None)


def _record(post: Post, what: str, actor: User | None, address: str | None, **details) -> None:
    audit.record(
        Act.POST,
        f"{post.user.username} · {post}",
        user=actor,
        address=address,
        what=what,
        first_day=post.first_day.isoformat(),
        last_day=post.last_day.isoformat() if post.last_day else None,
        **details,
    )


@contextmanager
def somebody_keeps_users() -> Iterator[None]:
    """Refuse what would end sooner the days on which somebody is a system administrator. Raises ValidationError."""
    locks.hold(locks.WRITERS)
    before = _kept_until()
    yield
    after = _kept_until()
    if after < before:
        raise ValidationError(
            _("From %(day)s on nobody would keep users. Give another system administrator's post first.")
            % {"day": after + DAY}
        )


def _kept_until() -> date:
    """The last day up to which, from today, there is a system administrator without a gap."""
    today = timezone.localdate()
    until = today - DAY
    posts = Post.objects.filter(Q(last_day=None) | Q(last_day__gte=today), role=Role.SYSTEM_ADMINISTRATOR)
    for post in posts.filter(user__is_active=True).order_by("first_day"):
        if post.first_day > until + DAY:
            break
        until = max(until, post.last_day or date.max - DAY)
    return until
