"""Users: adding, renaming, letting in and keeping out; one-time passwords, locks, and the person a user is."""

from datetime import datetime

from axes.models import AccessAttempt
from axes.utils import reset
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from jygroups.lib.codes import readable_code
from registry.access.passwords import former
from registry.access.posts import services as posts
from registry.access.sessions import services as sessions
from registry.models import GROUP_ROLES, Act, Member, Post, SignInCode, User
from registry.records import audit, versions


def check(actor: User, user: User) -> None:
    """Raises PermissionDenied where the actor may not change the user."""
    if not actor.has_perm("registry.keep_user", user):
        raise PermissionDenied


@transaction.atomic
def add(user: User, *, post: Post | None, actor: User, without_password: bool = False) -> str:
    """Save a new user, with a first post where one is given, and answer the one-time password.

    Without a password the user signs in at the identity provider alone. Who does not give every post has to give one,
    else the new user would be in nobody's sight.
    """
    if not actor.has_perm("registry.keep_user") or not (post or actor.gives_every_post):
        raise PermissionDenied
    password = "" if without_password else readable_code()
    user.set_password(password or None)
    user.must_change_password = not without_password
    versions.save(user, actor=actor, reason=_("User added"))
    what = "no password" if without_password else "first"
    audit.record(Act.PASSWORD, user.username, user=actor, what=what)
    if post:
        post.user = user
        posts.give(post, actor=actor)
    return password


@transaction.atomic
def change(user: User, *, actor: User) -> None:
    """Save a user's name and sign-in name."""
    check(actor, user)
    versions.save(user, actor=actor, reason=_("User changed"))


@transaction.atomic
def set_active(user: User, active: bool, *, actor: User) -> None:
    """Let in or keep out. Who is kept out is so from the next request on; posts stay as they are."""
    check(actor, user)
    with posts.somebody_keeps_users():
        user.is_active = active
        versions.save(user, actor=actor, reason=_("User let in") if active else _("User kept out"))
        if not active:
            SignInCode.objects.filter(user=user).delete()
            sessions.end_all(user)


@transaction.atomic
def set_one_time_password(user: User, *, actor: User) -> str:
    """Set a password that has to be changed at the next sign-in. Ends the user's sessions and lifts a lock."""
    check(actor, user)
    password = readable_code()
    user.set_password(password)
    user.must_change_password = True
    versions.save(user, actor=actor, reason=_("One-time password set"))
    SignInCode.objects.filter(user=user).delete()
    sessions.end_all(user)
    reset(username=user.username)
    audit.record(Act.PASSWORD, user.username, user=actor, what="one-time")
    return password


@transaction.atomic
def set_own_password(user: User, password: str, *, session: str | None = None) -> None:
    """Set the password the user chose. Ends the user's sessions but for the one with this key."""
    is_own = user.has_usable_password() and not user.must_change_password
    before = user.password if is_own else ""
    user.set_password(password)
    user.must_change_password = False
    versions.save(user, actor=user, reason=_("Password changed"))
    former.keep(user, before)
    SignInCode.objects.filter(user=user).delete()
    sessions.end_all(user, but=session)
    audit.record(Act.PASSWORD, user.username, user=user, what="own")


@transaction.atomic
def unlock(user: User, *, actor: User) -> None:
    """Remove the locks after wrong passwords, for all addresses, before they end."""
    check(actor, user)
    reset(username=user.username)
    audit.record(Act.PASSWORD, user.username, user=actor, what="unlocked")


def people_of(user: User, *, actor: User):
    """The members a user may be tied to: who held office in the groups in which the user has a post."""
    groups = Post.objects.giveable_by(actor).filter(user=user, role__in=GROUP_ROLES).values("group")
    return Member.objects.visible_to(actor).filter(appointments__group__in=groups).distinct()


@transaction.atomic
def tie(user: User, member: Member | None, *, actor: User) -> None:
    """Say which person the user is."""
    if not actor.has_perm("registry.tie_member", user):
        raise PermissionDenied
    if member and not people_of(user, actor=actor).filter(pk=member.pk).exists():
        raise ValidationError({"member": _("This person holds no office in the user's group.")})
    user.member = member
    versions.save(user, actor=actor, reason=_("Tied to a member"))


def failed_tries(user: User) -> tuple[int, datetime | None]:
    """How many wrong passwords came since the last right one, and when the last of them."""
    found = AccessAttempt.objects.filter(username=user.username).aggregate(
        count=Sum("failures_since_start"), last=Max("attempt_time")
    )
    return found["count"] or 0, found["last"]
