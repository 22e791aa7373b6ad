"""Taking a loaded import back, while nothing has been built on it: all of it or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import models, transaction
from django.utils.translation import gettext as _

from jygroups.lib.refusals import Refused
from registry.models import Act, ImportRun, ImportState, Record, User
from registry.records import audit, locks, signals, versions

# Each before what it refers to.
ORDER = ["distinctpersons", "appointment", "employmentspell", "building", "member", "residentsgroup"]
NAMED = 5  # of those in the way
KEPT = {"id", "created_at", "updated_at", "version"}  # about the row, not its content


@dataclass
class Obstacle:
    """What stands in the way, in words, and each record of it; as the signal's receivers give it."""

    text: str
    records: list[models.Model] = field(default_factory=list)

    def links(self, user: User) -> Iterator[tuple[str, str]]:
        """Name and address of each record, or of what it is about, whose page the user may see."""
        for record in self.records:
            about = [getattr(record, name, None) for name in ("member", "group", "committee")]
            for each in filter(None, [record, *about]):
                view = f"{each._meta.app_label}.view_{each._meta.model_name}"
                if hasattr(each, "get_absolute_url") and user.has_perm(view, each):
                    yield str(each), each.get_absolute_url()
                    break

    def __str__(self):
        return self.text


@dataclass
class Plan:
    """What taking it back does: counts of rows by model, and what stands in the way."""

    removed: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)


def plan(run: ImportRun) -> Plan:
    created, changed = _keys(run, "created"), _keys(run, "changed")
    return Plan(
        {_plural(name): len(keys) for name, keys in created.items()},
        {_plural(name): len(keys) for name, keys in changed.items()},
        list(_obstacles(run)),
    )


@transaction.atomic
def undo(run: ImportRun, *, actor: User) -> None:
    """Delete what it added and restore what it changed. Raises Refused."""
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.state != ImportState.LOADED:
        raise Refused(_("It cannot be undone: it is %(state)s.") % {"state": run.get_state_display()})
    locks.hold(locks.WRITERS)
    if obstacles := list(_obstacles(run)):
        raise Refused(" ".join(map(str, obstacles)))
    reason = _("undone: %(file)s") % {"file": run.name}
    created, changed = _keys(run, "created"), _keys(run, "changed")
    for name in ORDER:
        _restore(apps.get_model("registry", name), changed.get(name, {}), actor, reason)
    try:
        signals.members_leaving.send(ImportRun, members=set(created.get("member", ())))
        for name in ORDER:
            versions.delete(_rows(apps.get_model("registry", name), created.get(name, {})), actor=actor, reason=reason)
    except models.ProtectedError as error:
        raise Refused(_("Something else has been registered on this since; correct it instead.")) from error
    run.state = ImportState.UNDONE
    run.save()
    counts = {"removed": sum(map(len, created.values())), "restored": sum(map(len, changed.values()))}
    audit.record(Act.UNDO, run.name, user=actor, what="import", **counts)


def _keys(run: ImportRun, what: str) -> dict[str, dict[int, int]]:
    """By model, in order, the key of each row and that of the version the import gave it."""
    written = run.written.get(what, {})
    return {name: {int(key): version for key, version in written[name].items()} for name in ORDER if name in written}


def _plural(name: str) -> str:
    return str(apps.get_model("registry", name)._meta.verbose_name_plural)


def _batches(keys) -> Iterator[list[int]]:
    keys = list(keys)
    for place in range(0, len(keys), versions.BATCH):
        yield keys[place : place + versions.BATCH]


def _rows(model: type[Record], keys) -> list[Record]:
    return [row for batch in _batches(keys) for row in model._base_manager.filter(pk__in=batch)]


def _restore(model: type[Record], changed: dict[int, int], actor: User, reason: str) -> None:
    """Give each row the values of the version before the import's."""
    before = {}
    for batch in _batches(changed):
        for version in model.history.filter(id__in=batch).order_by("history_id"):
            if version.history_id < changed[version.id]:
                before[version.id] = version
    rows = _rows(model, changed)
    names = set()
    for row in rows:
        for name in list(_differences(row, before[row.pk])):
            setattr(row, name, getattr(before[row.pk], name))
            names.add(name)
    versions.update(rows, fields=sorted(names), actor=actor, reason=reason)


# What stands in the way --------------------------------------------------------------------------------------


def _obstacles(run: ImportRun) -> Iterator[Obstacle]:
    created, changed = _keys(run, "created"), _keys(run, "changed")
    for name in ORDER:
        model = apps.get_model("registry", name)
        ours = created.get(name, {}) | changed.get(name, {})
        if later := _changed_since(model, ours):
            text = _("%(kind)s changed since: %(count)s (%(names)s).")
            words = {"kind": _plural(name), "count": len(later), "names": _named(model, later)}
            yield Obstacle(text % words, [*_rows(model, later)])
        yield from _references(model, created.get(name, {}), created, changed)
    members = set(created.get("member", ())) | set(changed.get("member", ())) | _holders(created, changed)
    for _receiver, answer in signals.import_built_upon.send(ImportRun, members=members, since=run.loaded_at):
        if answer:
            yield Obstacle(*answer)


def _changed_since(model: type[Record], ours: dict[int, int]) -> list[int]:
    """The keys of those that differ from what the import wrote, or are gone."""
    newest = versions.newest(model, list(ours))
    later = [key for key, version in ours.items() if newest.get(key) != version]
    rows = {row.pk: row for row in _rows(model, later)}
    written = {
        version.id: version
        for batch in _batches(ours[key] for key in later)
        for version in model.history.filter(history_id__in=batch)
    }
    return [key for key in later if key not in rows or list(_differences(rows[key], written[key]))]


def _differences(row: Record, version) -> Iterator[str]:
    """The fields in which a row differs from a version."""
    for each in row._meta.concrete_fields:
        if each.name not in KEPT and getattr(row, each.attname) != getattr(version, each.attname):
            yield each.attname


def _holders(created, changed) -> set[int]:
    """The people whose offices and employments it wrote."""
    return {
        row.member_id  # type: ignore[attr-defined]
        for name in ("appointment", "employmentspell")
        for row in _rows(apps.get_model("registry", name), [*created.get(name, ()), *changed.get(name, ())])
    }


def _references(model: type[Record], keys, created, changed) -> Iterator[Obstacle]:
    """Rows of the registry that refer to those it added, and that it has not written itself."""
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and isinstance(relation, models.ForeignObjectRel)):
            continue
        other = relation.related_model
        if other._meta.app_label != "registry" or relation.on_delete is not models.PROTECT:
            continue
        name = other._meta.model_name
        ours = created.get(name, {}) | changed.get(name, {})
        found = [
            row
            for batch in _batches(keys)
            for row in other._base_manager.filter(**{f"{relation.field.name}__in": batch})
            if row.pk not in ours
        ]
        if found:
            named = dict.fromkeys(getattr(row, relation.field.attname) for row in found)
            words = {"kind": other._meta.verbose_name_plural, "names": _named(model, named), "count": len(found)}
            yield Obstacle(_("%(kind)s added since for %(names)s: %(count)s.") % words, found)


def _named(model: type[Record], keys) -> str:
    """Some of them by name; who is gone has none."""
    rows = _rows(model, list(keys)[:NAMED])
    names = [str(getattr(row, "member", row)) for row in rows]
    return _(", ").join(dict.fromkeys(names)) + ("…" if len(list(keys)) > NAMED else "")
