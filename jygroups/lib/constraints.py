"""Rules between rows that a plain constraint cannot enforce on both databases.

PostgreSQL enforces NoOverlap by an exclusion constraint, created in the migrations. All other rules there, and
all rules on SQLite, are triggers. SQLite drops a table's triggers whenever a migration rebuilds it, so
they are removed before each migrate and installed again after it; `manage.py check --database default` reports
missing ones.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

from django.apps import apps as today
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Func, Q, Value
from django.db.models.constraints import BaseConstraint
from django.db.models.sql import Query

END_OF_TIME = "9999-12-31"


class NoOverlap(ExclusionConstraint):
    """No two rows that agree in `fields` share a day from first_day to last_day (inclusive; no last day = open)."""

    def __init__(self, *, name, fields, condition=None, violation_error_message=None):
        self.fields = tuple(fields)
        days = Func("first_day", "last_day", Value("[]"), function="DATERANGE")
        super().__init__(
            name=name,
            expressions=[*((field, "=") for field in self.fields), (days, "&&")],
            condition=condition,
            violation_error_message=violation_error_message,
        )

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        del kwargs["expressions"]
        return path, args, {**kwargs, "fields": self.fields}

    def constraint_sql(self, model, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            return super().constraint_sql(model, schema_editor)
        return None

    def create_sql(self, model, schema_editor):
        return super().create_sql(model, schema_editor) if schema_editor.connection.vendor == "postgresql" else None

    def remove_sql(self, model, schema_editor):
        return super().remove_sql(model, schema_editor) if schema_editor.connection.vendor == "postgresql" else None

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        """The same rule for a form, on either database. Raises ValidationError."""
        fields = {*self.fields, "first_day", "last_day"}
        values = {field: getattr(instance, model._meta.get_field(field).attname) for field in self.fields}
        if fields & set(exclude or ()) or None in values.values() or instance.first_day is None:
            return
        condition = self.condition or Q()
        if not condition.check({f.name: getattr(instance, f.attname) for f in model._meta.concrete_fields}, using):
            return
        rivals = model._default_manager.using(using).filter(condition, **values).exclude(pk=instance.pk)
        rivals = rivals.filter(Q(last_day=None) | Q(last_day__gte=instance.first_day))
        if instance.last_day:
            rivals = rivals.filter(first_day__lte=instance.last_day)
        if rivals.exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def triggers(self, model, connection):
        if connection.vendor != "sqlite":
            return {}
        query = Query(model, alias_cols=False)
        # A plain instance: entered as a context it would switch the foreign keys off.
        editor = connection.SchemaEditorClass(connection)
        compiler = query.get_compiler(connection=connection)
        condition = self._get_condition_sql(compiler, editor, query) or "1"  # type: ignore[attr-defined]
        columns = [model._meta.get_field(field).column for field in self.fields]
        table = model._meta.db_table
        same = " AND ".join(f"a.{column} = b.{column}" for column in columns) or "1"
        return {
            f"{self.name}_{event}": f"""
                CREATE TRIGGER {self.name}_{event} AFTER {event} ON {table} BEGIN
                    SELECT RAISE(ABORT, '{self.name}')
                    FROM (SELECT * FROM {table} WHERE {condition}) a JOIN (SELECT * FROM {table} WHERE {condition}) b
                    ON {same} AND a.id <> b.id
                    AND a.first_day <= coalesce(b.last_day, '{END_OF_TIME}')
                    AND b.first_day <= coalesce(a.last_day, '{END_OF_TIME}')
                    WHERE a.id = NEW.id;
                END"""
            for event in ("insert", "update")
        }


class Guard(BaseConstraint, ABC):
    """A rule enforced by triggers on both databases: some changes of a row are refused.

    A subclass defines them as SQL over the rows OLD and NEW, by the kind of change.
    """

    def constraint_sql(self, model, schema_editor):
        return None

    create_sql = remove_sql = constraint_sql

    def validate(self, *args, **kwargs):
        """Do nothing: a form cannot check this, the database does."""

    @abstractmethod
    def refused(self, model, connection) -> dict[str, str]:
        """For each of insert, update and delete that may be refused, the condition under which it is."""

    def triggers(self, model, connection):
        table = model._meta.db_table
        statements = {}
        for event, condition in self.refused(model, connection).items():
            name = f"{self.name}_{event}"
            if connection.vendor == "sqlite":
                statements[name] = (
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} "
                    f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
                )
            else:  # the condition of a trigger there may not look into other tables; that of a function may
                row = "OLD" if event == "delete" else "NEW"
                # The path keeps a temporary table from standing in for one that the condition reads.
                statements[name] = f"""
                    CREATE OR REPLACE FUNCTION {name}() RETURNS trigger
                    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
                    BEGIN
                        IF {condition} THEN RAISE EXCEPTION '{self.name}' USING ERRCODE = 'check_violation'; END IF;
                        RETURN {row};
                    END $$;
                    CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"""
        return statements

    def __eq__(self, other):
        return type(other) is type(self) and other.deconstruct() == self.deconstruct()

    __hash__ = BaseConstraint.__hash__


class Blank(NamedTuple):
    """A column that may take this one value (None: null) where `allowed` is true: SQL over OLD and the table."""

    column: str
    value: str | None
    allowed: str
    table: str


class Frozen(Guard):
    """Closed rows stay unchanged: no update, no deletion, and no new row beside them.

    `closed` is SQL over `{row}`. Columns in `open_columns` may change all the same. A row may become closed unless
    it is `closed` by another one, its parent: then none enters (`closes_itself` false). What `blanks` name may be
    blanked as they allow it, and one of the open columns in no other way.
    """

    def __init__(
        self,
        *,
        name: str,
        closed: str,
        open_columns: tuple[str, ...] = (),
        closes_itself: bool = False,
        blanks: tuple[Blank, ...] = (),
    ):
        self.closed, self.open_columns, self.closes_itself = closed, tuple(open_columns), closes_itself
        self.blanks = blanks  # of tables of versions alone, which are in no migration
        super().__init__(name=name)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return (
            path,
            args,
            kwargs
            | {
                "closed": self.closed,
                "open_columns": self.open_columns,
                "closes_itself": self.closes_itself,
            },
        )

    def refused(self, model, connection):
        columns = [field.column for field in model._meta.concrete_fields]
        renewed = [] if is_erased(model) else renewed_columns(model)
        changed = " OR ".join(
            filter(None, (self._changed(column, connection, is_renewed=column in renewed) for column in columns))
        )
        old, new = (f"({self.closed.format(row=row)})" for row in ("OLD", "NEW"))
        if self.closes_itself:
            return {"update": f"{old} AND ({changed})", "delete": old}
        return {"insert": new, "update": f"({old} OR {new}) AND ({changed})", "delete": old}

    def _changed(self, column: str, connection, *, is_renewed: bool) -> str:
        """Under which condition the column is changed as it may not be; empty where it may be in any way.

        A renewed one gets other ciphertexts, but is not emptied where nothing is ever erased.
        """
        is_sqlite = connection.vendor == "sqlite"
        blanks = [each for each in self.blanks if each.column == column]
        allowed = " OR ".join(dict.fromkeys(each.allowed for each in blanks))
        if column in self.open_columns:
            emptied = f"COALESCE(OLD.{column}, '') <> '' AND COALESCE(NEW.{column}, '') = ''"
            if blanks:
                return f"({emptied} AND NOT ({allowed}))"
            return f"({emptied})" if is_renewed else ""
        changed = f"OLD.{column} {'IS NOT' if is_sqlite else 'IS DISTINCT FROM'} NEW.{column}"
        if not blanks:
            return changed
        value = "NULL" if blanks[0].value is None else f"'{blanks[0].value}'"
        is_blank = f"NEW.{column} {'IS' if is_sqlite else 'IS NOT DISTINCT FROM'} {value}"
        return f"({changed} AND NOT ({is_blank} AND ({allowed})))"


class Moves(Guard):
    """A field changes from one value to another only as listed."""

    def __init__(self, *, name: str, field: str, allowed: tuple[tuple[str, str], ...]):
        self.field, self.allowed = field, tuple((str(source), str(target)) for source, target in allowed)
        super().__init__(name=name)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"field": self.field, "allowed": self.allowed}

    def refused(self, model, connection):
        column = model._meta.get_field(self.field).column
        listed = ", ".join(f"'{source}>{target}'" for source, target in self.allowed)
        moved = f"OLD.{column} <> NEW.{column}"
        return {"update": f"{moved} AND OLD.{column} || '>' || NEW.{column} NOT IN ({listed})"}


class Fixed(Guard):
    """A field never changes from the value that it was created with."""

    def __init__(self, *, name: str, field: str):
        self.field = field
        super().__init__(name=name)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"field": self.field}

    def refused(self, model, connection):
        column = model._meta.get_field(self.field).column
        return {"update": f"OLD.{column} <> NEW.{column}"}


class Requires(Guard):
    """A row is added only where `condition` is true: SQL over NEW, which may read other tables; null is refused."""

    def __init__(self, *, name: str, condition: str):
        self.condition = condition
        super().__init__(name=name)

    def deconstruct(self):
        path, args, kwargs = super().deconstruct()
        return path, args, kwargs | {"condition": self.condition}

    def refused(self, model, connection):
        return {"insert": f"NOT COALESCE(({self.condition}), FALSE)"}


class AppendOnly(Guard):
    """Rows are added and never changed or deleted; only the database's owner can remove this trigger."""

    def refused(self, model, connection):
        true = "1" if connection.vendor == "sqlite" else "TRUE"
        return {"update": true, "delete": true}


def is_history(model) -> bool:
    """Whether its rows are versions of another model's."""
    return model._meta.pk.name == "history_id"


def renewed_columns(model) -> list[str]:
    """Ciphertexts and lookup digests, which a rotation of keys writes again."""
    return [field.column for field in model._meta.concrete_fields if getattr(field, "is_renewed", False)]


def is_erased(model) -> bool:
    """Whether an erasure blanks rows of this table itself; a model as of a migration is as today's."""
    try:
        return bool(getattr(today.get_model(model._meta.label), "blanked", ()))
    except LookupError:
        return False


def blanks_of(model) -> tuple[Blank, ...]:
    """What an erasure may blank in a table of versions; a model as of a migration has the blanks of today's."""
    try:
        blanks = today.get_model(model._meta.label).instance_type.blanks()
    except (LookupError, AttributeError):
        return ()
    columns = {field.column for field in model._meta.concrete_fields}
    return tuple(each for each in blanks if each.column in columns)


def written_columns(model) -> list[str]:
    """The columns of a table of versions that are ever written again, as the trigger of the table allows."""
    written = {*renewed_columns(model), *(each.column for each in blanks_of(model))}
    return [field.column for field in model._meta.concrete_fields if field.column in written]


def _of_history(model, tables) -> list[Frozen]:
    """Of a table of versions: nothing of them changes but ciphertexts and lookup digests, when keys are rotated.

    And what an erasure may blank, once there are erasures.
    """
    if not is_history(model):
        return []
    name, renewed = f"{model._meta.db_table}_append_only", tuple(renewed_columns(model))
    blanks = tuple(each for each in blanks_of(model) if each.table in tables)
    closed = "{row}.history_id IS NOT NULL"
    return [Frozen(name=name, closed=closed, open_columns=renewed, closes_itself=True, blanks=blanks)]


def _triggers(connection, apps=today):
    """Each trigger that the models ask for, with its table and statement, where the table exists.

    `apps` are the models as of the database's migrations: before and after a migration backwards, not today's.
    """
    tables = set(connection.introspection.table_names())
    for model in apps.get_models():
        for constraint in [*model._meta.constraints, *_of_history(model, tables)]:
            if model._meta.db_table in tables and hasattr(constraint, "triggers"):
                for name, statement in constraint.triggers(model, connection).items():
                    yield name, model._meta.db_table, statement


def remove_triggers(using=DEFAULT_DB_ALIAS, apps=today, **kwargs):
    """Remove the triggers so that a migration can rebuild tables."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for name, table, _ in _triggers(connection, apps):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if connection.vendor != "sqlite" else ""))


def install_triggers(using=DEFAULT_DB_ALIAS, apps=today, **kwargs):
    """Install the triggers; a repeated call gives the same result."""
    connection = connections[using]
    remove_triggers(using, apps)
    with connection.cursor() as cursor:
        for _, _, statement in _triggers(connection, apps):
            cursor.execute(statement)


def missing(using=DEFAULT_DB_ALIAS) -> list[str]:
    """The triggers that should be in the database and are not."""
    connection = connections[using]
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        present = {name for (name,) in cursor.fetchall()}
    return [name for name, _, _ in _triggers(connection) if name not in present]
