"""Undo what was just saved, while nothing depends on it."""

from collections.abc import Iterable

from django.apps import apps
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import Act, Record, User
from registry.records import audit, locks, versions

SALT = "undo"
LONGEST = 3600  # seconds for which a change can be taken back
MARK = "undo:"  # begins the tag of a message that offers it


def offer(request: HttpRequest, text: str, rows: Iterable[Record]) -> None:
    """Show what has been saved, with a button that takes it back: `rows`, in the order they were saved in.

    Without the button where the user could not change each of them again.
    """
    rows = list(rows)
    if not all(_may_write(alike, request.user) for alike in _by_model(rows)):  # type: ignore[arg-type]
        messages.success(request, text)
        return
    token = signing.dumps(
        {"user": request.user.pk, "rows": [[row._meta.label_lower, _version(row).history_id] for row in rows]},
        salt=SALT,
        compress=True,
    )
    messages.success(request, text, extra_tags=MARK + token)


def _by_model(rows: list[Record]) -> list[list[Record]]:
    found: dict[type[Record], list[Record]] = {}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    return list(found.values())


def _version(row: Record):
    return row.history.filter(version=row.version).order_by("-history_id")[0]


def take_back(token: str, *, actor: User) -> str:
    """Restore each row to the version before, and delete those just made; all or none. Raises Refused.

    Only for the user who saved them, while the permission holds and while each is still as it was saved.
    """
    try:
        data = signing.loads(token, salt=SALT, max_age=LONGEST)
    except signing.SignatureExpired as error:
        raise Refused(_("It is too long ago to be taken back; correct it instead.")) from error
    except signing.BadSignature as error:
        raise Refused(_("This cannot be taken back.")) from error
    if data["user"] != actor.pk:
        raise PermissionDenied
    try:
        with transaction.atomic():
            locks.hold(locks.WRITERS)
            # The last saved goes first: each step leads back to what stood there before.
            names = [_restore(name, key, actor) for name, key in reversed(data["rows"])]
            subject = _(", ").join(dict.fromkeys(reversed(names)))
            kinds = dict.fromkeys(str(apps.get_model(name)._meta.verbose_name) for name, _key in data["rows"])
            audit.record(Act.UNDO, _(", ").join(kinds), user=actor, rows=data["rows"])
    except (IntegrityError, ProtectedError, ValidationError) as error:
        raise Refused(_("Something else has been registered on this since; correct it instead.")) from error
    return subject


def _restore(name: str, history_id: int, actor: User) -> str:
    """Bring one row back, and return whom or what it is about."""
    model = apps.get_model(name)
    saved = model.history.get(history_id=history_id)
    row = model._base_manager.select_for_update(of=("self",)).filter(pk=saved.id, version=saved.version).first()
    if row is None:
        raise Refused(_("It has been changed again since; correct it instead."))
    if not _may_write([row], actor):
        raise PermissionDenied
    subject = str(getattr(row, "member", row))
    if saved.history_type == "+":
        versions.remove(row, actor=actor, reason=_("Undone"))
        return subject
    before = model.history.filter(id=row.pk, history_id__lt=history_id).order_by("-history_id").first()
    if before is None:
        raise Refused(_("This cannot be taken back."))
    for field in before.tracked_fields:
        if field.name not in ("id", "version", "created_at", "updated_at"):
            setattr(row, field.attname, getattr(before, field.attname))
    versions.save(row, actor=actor, reason=_("Undone"))
    return subject


def _may_write(rows: list[Record], actor: User) -> bool:
    """Whether the user may change all these rows of one model."""
    model, keys = type(rows[0]), {row.pk for row in rows}
    if not (needed := model.change_permission()):
        return False
    return model._default_manager.visible_to(actor, needed).filter(pk__in=keys).count() == len(keys)  # type: ignore[attr-defined]
