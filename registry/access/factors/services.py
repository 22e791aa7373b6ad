"""The second factor: an app set up, its code asked for at the sign-in, removed; and the recovery codes."""

import os
from datetime import datetime, timedelta
from math import ceil

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils.translation import gettext as _
from django_otp.oath import TOTP

from jygroups.lib import clock
from jygroups.lib.codes import readable_code
from jygroups.lib.digests import blind_indexes
from jygroups.lib.refusals import Overtaken, Refused
from registry.access.backend import PostsBackend
from registry.access.posts.independence import is_another
from registry.access.sessions import services as sessions
from registry.models import Act, AuditEntry, RecoveryCode, SecondFactor, User
from registry.records import audit

SECRET_BYTES = 20
STEPS_OFF = 1  # a code counts 30 seconds before and after its own 30
FREE_FAILURES = 3  # wrong codes before the first wait
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
RECOVERY_CODES = 10
ASKED, REMOVED = "removal asked for", ["removed", "removed on the server"]  # in the log
# Something was done with a user's factor, as the log has it: `user`, `what`, and `actor`, none for the server.
recorded = Signal()


@transaction.atomic
def being_set_up(user: User, *, renewed: bool = False) -> SecondFactor:
    """The user's factor with the secret of an app that no code has confirmed yet, the first one or another.

    Renewed, it has another secret than before.
    """
    factor, _created = SecondFactor.objects.select_for_update().get_or_create(user=user)
    if renewed or not factor.pending:
        factor.pending = os.urandom(SECRET_BYTES).hex()
        factor.save()
    return factor


@transaction.atomic
def set_up(user: User, code: str) -> list[str] | None:
    """Confirm the pending app by a code of it; an app that there was before ends. None for a wrong code.

    Returns the recovery codes of a first factor; else none, as those there are stay. Raises Refused where too many
    wrong codes came.
    """
    factor = being_set_up(user)
    if not _accepted(factor, code, secret=factor.pending):
        return None
    what = "app changed" if factor.secret else "set up"
    factor.secret, factor.pending = factor.pending, ""
    return confirm(factor, what)


def confirm(factor: SecondFactor, what: str, **details: str) -> list[str]:
    """Save the factor, of which an app or a passkey was confirmed; the recovery codes if it is the first of them."""
    is_first = factor.confirmed_at is None
    factor.confirmed_at = factor.confirmed_at or clock.now()
    factor.save()
    factor.user.__dict__.pop("has_second_factor", None)
    _record(factor.user, what, factor.user, **details)
    return _new_codes(factor) if is_first else []


@transaction.atomic
def check(user: User, code: str) -> bool:
    """Whether it is a code of the app or a recovery code, each of which counts once.

    Raises Refused while the user has to wait after wrong ones.
    """
    factor = SecondFactor.objects.select_for_update().get(user=user, confirmed_at__isnull=False)
    return _accepted(factor, code)


def authenticate(username: str, password: str, code: str) -> User | None:
    """The user of the name, if both the password and a code of the second factor are right; None whatever is wrong.

    A wrong code counts only after the right password, so that nobody else makes the user wait.
    """
    user = PostsBackend().authenticate(None, username=username, password=password)
    if user is None or not user.has_second_factor:
        return None
    try:
        return user if check(user, code) else None
    except Refused:
        return None


@transaction.atomic
def renew_codes(user: User) -> list[str]:
    """New recovery codes; the former ones end."""
    factor = SecondFactor.objects.select_for_update().get(user=user, confirmed_at__isnull=False)
    _record(user, "recovery codes renewed", user)
    return _new_codes(factor)


def note_codes(user: User) -> None:
    """The user confirms having noted the recovery codes."""
    SecondFactor.objects.filter(user=user).update(codes_noted=True)
    user.__dict__.pop("must_note_codes", None)


@transaction.atomic
def remove(user: User, *, actor: User, reason: str = "") -> bool:
    """Remove a factor: one's own where no post demands it, or that of a user one keeps, who has lost it.

    Returns whether it is removed: that of a user with power waits until a second person agrees. The reason is shown to
    the user at the next set-up.
    """
    if user.needs_second_factor if user == actor else not actor.has_perm("registry.keep_user", user):
        raise PermissionDenied
    if user != actor and needs_two(user):
        asked = {"removal_by": actor, "removal_at": clock.now(), "removal_reason": reason}
        SecondFactor.objects.filter(user=user).update(**asked)
        _record(user, ASKED, actor, reason=reason)
        return False
    _delete(user, but_sessions=user == actor)
    _record(user, "removed", actor, **({"reason": reason} if reason else {}))
    return True


def _delete(user: User, *, but_sessions: bool = False) -> None:
    SecondFactor.objects.filter(user=user).delete()
    if not but_sessions:
        sessions.end_all(user)
    user.__dict__.pop("has_second_factor", None)


def needs_two(user: User) -> bool:
    """Whether the user has power, so that two people are needed to remove the factor: one who has both it and the
    password acts as the user."""
    return user.is_superuser or user.posts.with_power().exists()


def waiting_removal(user: User) -> SecondFactor | None:
    """The user's factor, if its removal waits for a second person."""
    return SecondFactor.objects.filter(user=user, removal_by__isnull=False).select_related("removal_by").first()


@transaction.atomic
def agree_to_removal(factor: SecondFactor, *, actor: User, seen: str) -> None:
    """Remove the factor as the second person. `seen` is the moment of the asking. Raises Overtaken, Refused."""
    factor = _asked(factor, actor, seen)
    asker, asked_at, user = factor.removal_by, factor.removal_at, factor.user
    assert asker
    assert asked_at
    if not asker.has_perm("registry.keep_user", user):
        text = _("%(who)s may not remove it any more; refuse it, and let another user ask for it.")
        raise Refused(text % {"who": asker})
    if asker == actor or not is_another(actor, than={asker.pk, user.pk}, since=asked_at):
        raise Refused(
            _(
                "You asked for it yourself, or your password, second factor or account was changed lately by the one "
                "who did or by %(user)s, or by anybody since, so you are no second person."
            )
            % {"user": user}
        )
    _delete(user)
    _record(user, "removed", actor, reason=factor.removal_reason, asked_by=asker.username)


@transaction.atomic
def refuse_removal(factor: SecondFactor, *, actor: User, seen: str, reason: str) -> None:
    """Leave the factor as it is; who asked for the removal withdraws it so. Raises Overtaken."""
    factor = _asked(factor, actor, seen)
    what = "removal withdrawn" if factor.removal_by == actor else "removal refused"
    _end_removal(factor)
    _record(factor.user, what, actor, reason=reason)


def end_removal(user: User) -> SecondFactor | None:
    """The user has shown the factor, so that it is not lost: the removal that waits ends. Returns what it was."""
    if factor := waiting_removal(user):
        _end_removal(factor)
        _record(user, "removal ended", user)
    return factor


def _asked(factor: SecondFactor, actor: User, seen: str) -> SecondFactor:
    """The locked factor, if the actor sees that its removal waits as it did then. Raises Overtaken."""
    rows = SecondFactor.objects.visible_to(actor).select_for_update(of=("self",))
    found = rows.filter(pk=factor.pk).select_related("user", "removal_by").first()
    if found is None or moment_of(found) != seen:
        raise Overtaken
    return found


def moment_of(factor: SecondFactor) -> str:
    """When its removal was asked for, as a form holds it."""
    return factor.removal_at.isoformat() if factor.removal_at else ""


def _end_removal(factor: SecondFactor) -> None:
    SecondFactor.objects.filter(pk=factor.pk).update(removal_by=None, removal_at=None, removal_reason="")


@transaction.atomic
def remove_on_server(user: User, *, reason: str, force: bool = False) -> None:
    """Remove a factor by a command. Raises Refused where there is none, or another administrator can do it.

    With `force` those others are not asked, as none of them can sign in either; the log names them.
    """
    if not SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists():
        raise Refused(_("This user has no second factor."))
    active = list(User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("username"))
    others = [each for each in active if each.gives_every_post and each.has_perm("registry.keep_user", user)]
    own = SecondFactor.objects.filter(user=user)
    if needs_two(user) and not ({each for each in active if own.answerable_by(each).exists()} - set(others[:1])):
        others = []  # no two who could
    names = ", ".join(each.username for each in others)
    if others and not force:
        text = _(
            "Another administrator can remove it on the site, so that a second person knows of it: %(names)s. If none "
            "of them can sign in, add --force."
        )
        raise Refused(text % {"names": names})
    _delete(user)
    _record(user, "removed on the server", None, reason=reason, **({"others": names} if names else {}))


def removals(user: User) -> QuerySet[AuditEntry]:
    """The entries of the user's factor removed by others, newest first."""
    names = User.history.filter(id=user.pk).order_by().values("username")
    entries = AuditEntry.objects.filter(act=Act.SECOND_FACTOR, subject__in=names, details__what__in=REMOVED)
    return entries.exclude(user=user).select_related("user").order_by("-id")


def has_app(user: User) -> bool:
    """Whether an app of the user has been confirmed."""
    return any(factor.secret for factor in SecondFactor.objects.filter(user=user, confirmed_at__isnull=False))


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.objects.filter(factor__user=user, used_at=None).count()


def is_recovery_code(code: str) -> bool:
    """Whether it was meant as one: those of the app are of digits alone."""
    return any(letter.isalpha() for letter in code)


def wait_until(factor: SecondFactor) -> datetime | None:
    """Until when no further code is taken after wrong ones; the wait doubles with each."""
    if factor.failures < FREE_FAILURES or factor.failed_at is None:
        return None
    doubled = min(factor.failures - FREE_FAILURES, 10)
    until = factor.failed_at + min(FIRST_WAIT * 2**doubled, LONGEST_WAIT)
    return until if until > clock.now() else None


def refuse_while_waiting(factor: SecondFactor) -> None:
    """Raises Refused after too many failures."""
    if until := wait_until(factor):
        seconds = ceil((until - clock.now()).total_seconds())
        raise Refused(_("Too many wrong codes. Wait %(seconds)s seconds and try again.") % {"seconds": seconds})


def record_try(factor: SecondFactor, right: bool) -> bool:
    """Count a try as right or wrong, and return which. The factor's row is locked."""
    factor.failures, factor.failed_at = (0, None) if right else (factor.failures + 1, clock.now())
    factor.save()
    if not right:
        _record(factor.user, "wrong code", factor.user)
    return right


def _accepted(factor: SecondFactor, code: str, *, secret: str = "") -> bool:
    """Whether it is a code of the app or a recovery code, or with a secret one of that; counts it."""
    refuse_while_waiting(factor)
    code = _typed(code)
    if len(code) == 6 and code.isascii() and code.isdecimal():
        right = _of_app(factor, code, secret)
    else:
        right = not secret and _of_recovery(factor, code)
    return record_try(factor, right)


def _of_app(factor: SecondFactor, code: str, pending: str) -> bool:
    if not (pending or factor.secret):
        return False
    totp = TOTP(bytes.fromhex(pending or factor.secret))
    totp.time = clock.now().timestamp()
    if not totp.verify(int(code), STEPS_OFF, 0 if pending else factor.newest_step + 1):
        return False
    factor.newest_step = totp.t()
    return True


def _of_recovery(factor: SecondFactor, code: str) -> bool:
    digests = _digests(factor, code)
    if not factor.recovery_codes.filter(digest__in=digests, used_at=None).update(used_at=clock.now()):
        return False
    _record(factor.user, "recovery code used", factor.user)
    return True


def _new_codes(factor: SecondFactor) -> list[str]:
    factor.recovery_codes.all().delete()
    factor.codes_noted = False
    factor.save()
    factor.user.__dict__.pop("must_note_codes", None)
    codes = [readable_code() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(factor=factor, digest=_digests(factor, code)[0]) for code in codes)
    return codes


def _digests(factor: SecondFactor, code: str) -> list[str]:
    """What the code may be stored as; the first one is today's."""
    return blind_indexes(f"recovery code|{factor.row_key}|{_typed(code)}")


def _typed(code: str) -> str:
    """A code however it is written: in blocks, with blanks, in capitals."""
    return "".join(code.split()).replace("-", "").lower()


def _record(user: User, what: str, actor: User | None, **details: str) -> None:
    audit.record(Act.SECOND_FACTOR, user.username, user=actor, what=what, **details)
    recorded.send(SecondFactor, user=user, what=what, actor=actor)
