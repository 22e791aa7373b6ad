"""Giving posts, ending them, and handing one on: by whom, to whom, and never so that nobody keeps users.

A post that submits, endorses, approves or administers (`Post.has_power`) waits until a second person agrees: a leader
of its subdistrict or another administrator, neither the giver nor the receiver. While the site has fewer than two
administrators nobody could agree; `give_on_server` then puts a post into effect, with an entry in the audit log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jygroups.lib import clock
from jygroups.lib.refusals import Refused
from registry.access.posts import independence
from registry.models import (
    GIVES,
    GROUP_ROLES,
    POST_STEPS,
    Act,
    Member,
    Position,
    Post,
    PostState,
    ResidentsGroup,
    Role,
    Subdistrict,
    User,
)
from registry.records import audit, locks, versions
from registry.records.workflow import Workflow

AGREE = POST_STEPS[PostState.IN_EFFECT].permission
DAY = timedelta(days=1)


class PostWorkflow(Workflow[Post]):
    def save(self, step, record, actor, comment):
        record.answered_at = clock.now()
        record.refusal = comment.strip() if step == PostState.REFUSED else ""
        super().save(step, record, actor, comment)


POSTS = PostWorkflow(Post, POST_STEPS, related=("user", "subdistrict", "community", "group__committee__community"))


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
def give(post: Post, *, actor: User) -> Post:
    """Save a new post, which with power waits for a second person.

    Raises ValidationError for one the user holds already, PermissionDenied for what is not the actor's to give.
    """
    _save_new(post, actor=actor, reason=_("Post given"))
    check(actor, post)
    _record(post, "given", actor)
    return post


def _save_new(post: Post, *, actor: User | None, reason: str) -> None:
    post.given_by = actor
    post.state = PostState.WAITING if post.has_power else PostState.IN_EFFECT
    versions.save(post, actor=actor, reason=reason)
    POSTS.record(post.state, post, "", actor=actor)


@transaction.atomic
def give_on_server(post: Post) -> Post:
    """Save a post given by a command. It is in effect at once while there are fewer than two administrators.

    So is the same post where it waits for a second person: it then counts as given by the command.
    """
    locks.hold(locks.WRITERS)
    is_first = administrators() < 2
    waiting = _same_waiting(post) if is_first else None
    if waiting:
        post = waiting
    else:
        _save_new(post, actor=None, reason=_("Post given by a command on the server"))
    if is_first and post.is_waiting:
        post.state, post.given_by = PostState.IN_EFFECT, None
        post.first_day = max(post.first_day, clock.today())
        versions.save(post, actor=None, reason=_("In effect: there are fewer than two administrators"))
    _record(post, "agreed to on the server" if waiting else "given on the server", None, state=post.state)
    return post


def _same_waiting(post: Post) -> Post | None:
    """The post of the same user, role and area that waits, and that has not ended."""
    same = Post.objects.select_for_update().waiting().filter(Q(last_day=None) | Q(last_day__gte=clock.today()))
    return same.filter(
        user=post.user, role=post.role, subdistrict=post.subdistrict, community=post.community, group=post.group
    ).first()


def administrators() -> int:
    """How many users may agree to any post today: superusers and holders of a system administrator's post."""
    held = Post.objects.held_on(clock.today()).filter(role=Role.SYSTEM_ADMINISTRATOR)
    return User.objects.filter(Q(is_superuser=True) | Q(pk__in=held.values("user")), is_active=True).count()


@POSTS.effect(PostState.IN_EFFECT)
def _begin(post: Post, actor: User) -> None:
    """No post gives anything before the day on which the second person agrees."""
    today = clock.today()
    if post.last_day and post.last_day < today:
        raise Refused(_("Its last day has passed; refuse it."))
    if not post.user.is_active:
        raise Refused(_("This user is disabled."))
    if post.given_by and not post.given_by.has_perm("registry.give_post", post):
        text = _("%(giver)s may not give this post any more; refuse it, and let another user give it.")
        raise Refused(text % {"giver": post.given_by})
    if not independence.is_independent(actor, post):
        names = _(", ").join(map(str, independence.others(post, but=actor))) or _("nobody at present")
        text = _(
            "Your password, second factor or account was changed by the one who gave or receives this post in the last "
            "%(days)s days, or by anybody since it was given, so you are no second person. Who may agree: %(names)s."
        )
        raise Refused(text % {"days": independence.LATELY.days, "names": names})
    post.first_day = max(post.first_day, today)


@transaction.atomic
def answer(step: PostState, post: Post, *, actor: User, seen: int, comment: str = "") -> Post:
    """Agree to a waiting post, or refuse it with a reason. Raises Refused, Overtaken, ValidationError."""
    POSTS.take(step, post, actor=actor, seen=seen, comment=comment)
    _record(post, "agreed to" if step == PostState.IN_EFFECT else "refused", actor, reason=post.refusal)
    return post


@transaction.atomic
def end(post: Post, *, last_day: date, actor: User) -> None:
    """Let the post's last day be another one, earlier or later."""
    check(actor, post)
    _in_effect(post)
    if post.has_power and post.last_day and last_day > post.last_day:
        raise ValidationError(
            {
                "last_day": _("It was agreed to up to %(day)s: give a new post from the day after.")
                % {"day": post.last_day}
            }
        )
    with somebody_keeps_users():
        post.last_day = last_day
        versions.save(post, actor=actor, reason=_("Post ended"))
    _record(post, "ended", actor)


@transaction.atomic
def withdraw(post: Post, *, actor: User) -> None:
    """Take back a post that has not begun, or that waits for a second person."""
    check(actor, post)
    if post.state != PostState.WAITING and post.first_day <= clock.today():
        raise ValidationError(_("The post has begun; end it instead."))
    with somebody_keeps_users():
        _record(post, "withdrawn", actor)
        versions.remove(post, actor=actor, reason=_("Post withdrawn"))


@transaction.atomic
def transfer(post: Post, *, to: User, first_day: date, actor: User) -> Post:
    """Hand the post on in one act: its holder's ends on the day before, the other's runs from the day on.

    The new post ends when the old one would have; with power it waits for a second person, and the old one ends all
    the same. Raises ValidationError where the old one does not hold on both days.
    """
    check(actor, post)
    _in_effect(post)
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
            _save_new(new, actor=actor, reason=_("Post handed on"))
        except ValidationError as error:
            raise ValidationError({"to": error.messages}) from error
    check(actor, new)
    _record(post, "handed on", actor, to=to.username)
    _record(new, "given", actor)
    return new


def _in_effect(post: Post) -> None:
    if post.state != PostState.IN_EFFECT:
        raise ValidationError(_("It is not in effect."))


def carry(
    *, member: Member, of: ResidentsGroup, to: ResidentsGroup | None, position: str, day: date, actor: User | None
) -> None:
    """The member's own posts at a group go over to another group from the day on, or end the day before."""
    role = Role.GROUP_LEADER if position == Position.GROUP_LEADER else Role.GROUP_MEMBER
    for post in Post.objects.filter(user__member=member, group=of, role__in=GROUP_ROLES).held_on(day):
        if (post.group, post.role) == (to, role):
            continue
        new = Post(user=post.user, role=role, group=to, first_day=day, last_day=post.last_day)
        _end_before(post, day, actor)
        if to is not None:
            versions.save(new, actor=actor, reason=_("Post handed on"))
            _record(new, "given", actor)


def close(*, group: ResidentsGroup, day: date, actor: User | None) -> None:
    """No post at a group that is dissolved on the day outlasts it."""
    for post in Post.objects.filter(group=group).filter(Q(last_day=None) | Q(last_day__gte=day)):
        _end_before(post, day, actor)


def _end_before(post: Post, day: date, actor: User | None) -> None:
    if post.first_day >= day:
        _record(post, "withdrawn", actor)
        versions.remove(post, actor=actor, reason=_("Post withdrawn"))
        return
    post.last_day = day - DAY
    versions.save(post, actor=actor, reason=_("Post ended"))
    _record(post, "ended", actor)


def _record(post: Post, what: str, actor: User | None, **details) -> None:
    audit.record(
        Act.POST,
        f"{post.user.username} · {post.in_words}",
        user=actor,
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
    today = clock.today()
    until = today - DAY
    posts = Post.objects.filter(
        Q(last_day=None) | Q(last_day__gte=today), role=Role.SYSTEM_ADMINISTRATOR, state=PostState.IN_EFFECT
    )
    for post in posts.filter(user__is_active=True).order_by("first_day"):
        if post.first_day > until + DAY:
            break
        until = max(until, post.last_day or date.max - DAY)
    return until
