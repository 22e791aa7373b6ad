"""What became of a row: each of its versions with who, when and why, and every change in words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from jygroups.lib import id_numbers
from jygroups.lib.encryption import EncryptedField
from registry.models import (
    ATTACHED_TO,
    Appointment,
    Attachment,
    Community,
    EmploymentSpell,
    Member,
    MemberFile,
    Post,
    Record,
    ResidentsCommittee,
    ResidentsGroup,
    Subdistrict,
    User,
)

# The rows whose history has a page, by the word in its address.
KINDS: dict[str, type[Record]] = {
    model.history_page: model for model in apps.get_models() if issubclass(model, Record) and model.history_page
}
AREAS = {Subdistrict, Community, ResidentsGroup}


@dataclass(frozen=True)
class Change:
    """One field of a version: what it was before, and what it is."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Version:
    """What one person did to one row at one moment."""

    at: datetime
    who: str  # empty: the system
    reason: str
    act: str  # + added, ~ changed, - deleted
    row: str  # which row it is, where several are shown together
    changes: list[Change] = field(default_factory=list)


def of_row(row: Record, *, viewer: User) -> list[Version]:
    """The row's versions, newest first; of a member also those of offices, employment and what else belongs there."""
    if isinstance(row, Member):
        return of_member(row, viewer=viewer)
    found, name = [type(row).history.filter(id=row.pk)], str(row._meta.model_name)
    if name in ATTACHED_TO:
        found.append(Attachment.history.filter(**{name: row.pk}))
    return _in_words(found, viewer, owner=name)


def of_member(member: Member, *, viewer: User) -> list[Version]:
    """All that was done to a member and to what the viewer sees of what belongs there, newest first.

    Of a record that was merged into this one too.
    """
    offices = Appointment.history.filter(member=member.pk)
    in_sight = Q(id__in=Appointment.objects.visible_to(viewer).values("pk"))
    # What was deleted is seen by those who see its body.
    gone = ~Q(id__in=Appointment.objects.values("pk")) & Q(
        committee__in=ResidentsCommittee.objects.visible_to(viewer).values("pk")
    )
    files = MemberFile.history.filter(member=member.pk)
    if not Community.objects.visible_to(viewer).filter(pk=member.community_id).exists():
        files = files.none()  # they are seen with the record alone
    records = Member.objects.filter(Q(pk=member.pk) | Q(merged_into=member.pk))
    found = [Member.history.filter(id__in=records.values("pk"))]
    found += [
        kind.history.filter(id__in=rows.values("id"))
        for kind, rows in (
            (Appointment, offices.filter(in_sight | gone)),
            (EmploymentSpell, EmploymentSpell.history.filter(member=member.pk)),
            (MemberFile, files),
        )
    ]
    return _in_words(found, viewer, owner="member")


def of_user(user: User, *, viewer: User) -> list[Version]:
    """All that was done to a user and to those of the posts that the viewer sees, newest first."""
    in_sight = Q(id__in=Post.objects.giveable_by(viewer).values("pk"))
    gone = ~Q(id__in=Post.objects.values("pk")) if viewer.gives_every_post else Q(pk__in=[])
    return _in_words(
        [User.history.filter(id=user.pk), Post.history.filter(in_sight | gone, user=user.pk)], viewer, owner="user"
    )


def _in_words(found: Iterable[models.QuerySet], viewer: User, owner: str = "") -> list[Version]:
    """The versions in words. `owner` is the field that says whose a row is: plain where all have the same."""
    rows: dict[tuple[type, int], list] = defaultdict(list)
    for record in chain.from_iterable(
        records.select_related("history_user").order_by("history_date", "history_id") for records in found
    ):
        rows[type(record), record.id].append(record)
    names = _Names(chain.from_iterable(rows.values()), viewer)
    versions = [
        (record.history_date, record.history_id, version)
        for records in rows.values()
        for record, version in _of_one(records, names, owner)
    ]
    return [version for *_order, version in sorted(versions, key=lambda each: each[:2], reverse=True)]


def _of_one(records: list, names: "_Names", owner: str) -> Iterator[tuple[Any, Version]]:
    """One row's versions, oldest first; those that changed nothing anyone sees are left out."""
    title = _title(records[-1], names)
    for before, record in zip([None, *records], records, strict=False):
        changes = list(_changes(before, record, names, owner))
        if changes or record.history_type != "~":
            yield (
                record,
                Version(
                    at=record.history_date,
                    who=str(record.history_user or ""),
                    reason=_(record.history_change_reason) if record.history_change_reason else "",
                    act=record.history_type,
                    row=title,
                    changes=changes,
                ),
            )


def _changes(before, record, names: "_Names", owner: str) -> Iterator[Change]:
    """The fields in which two versions differ; of a row's first version, all that was filled in."""
    if record.history_type == "-":
        return
    for each in _shown(record):
        was = getattr(before, each.attname) if before else None
        now = getattr(record, each.attname)
        if was == now or (not before and (now in (None, "", False, []) or each.name == owner)):
            continue
        old, new = names.words(each, was) if before else "", names.words(each, now)
        if old == new:
            new = _("%(number)s (another number, alike in what is shown)") % {"number": new}
        yield Change(str(each.verbose_name), old, new)


def _shown(record) -> list[models.Field]:
    """The fields that people fill in, not those that follow from them."""
    return [each for each in record.tracked_fields if each.editable and not each.primary_key]


def _title(record, names: "_Names") -> str:
    """Which row a version is of: 任职 第三居民小组 居民小组长."""
    words = {each.name: names.words(each, getattr(record, each.attname)) for each in _shown(record)}
    which = {
        Appointment: lambda: [words["group" if record.group_id else "committee"], words["position"]],
        EmploymentSpell: lambda: [words["employer" if record.employer else "kind"]],
        Post: lambda: [words["role"]],
        MemberFile: lambda: [words["title"]],
        Attachment: lambda: [words["name"]],
    }.get(record.instance_type, list)()
    return " ".join([str(record.instance_type._meta.verbose_name), *which])


class _Names:
    """Values in words; what the rows refer to is looked up once for each kind, as far as the viewer sees it."""

    def __init__(self, records: Iterable, viewer: User) -> None:
        keys: dict[type[models.Model], set[int]] = defaultdict(set)
        for record in records:
            for each in _shown(record):
                if each.is_relation and (key := getattr(record, each.attname)):
                    keys[each.related_model].add(key)  # type: ignore[index]
        self.related: dict[type[models.Model], dict[int, Any]] = {}
        for model, wanted in keys.items():
            manager = model._default_manager
            # Who gives every post names areas without seeing into them.
            named = model in AREAS and viewer.gives_every_post
            scoped = hasattr(manager, "visible_to") and not named
            rows = manager.visible_to(viewer) if scoped else manager.all()  # type: ignore[attr-defined]
            self.related[model] = rows.select_related().in_bulk(wanted)

    def words(self, each: models.Field, value) -> str:
        if value in (None, "", []):
            return _("empty")
        if each.is_relation:
            row = self.related[each.related_model].get(value)  # type: ignore[index]
            return str(row) if row else _("in another area")
        if isinstance(each, EncryptedField):
            return id_numbers.masked(value)
        if each.choices:
            return str(dict(each.flatchoices).get(value, value))
        if isinstance(value, dict):  # in an order of our own: PostgreSQL keeps none
            return _(", ").join(f"{name} {each}" for name, each in sorted(value.items()))
        if isinstance(value, list):
            return _(", ").join(" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return value.isoformat() if isinstance(value, date) else str(value)
