"""What the site's role may do in PostgreSQL: rows alone, and no change of what is only added to.

The owner of the database migrates it. The site connects as another role, the application, which alters and empties no
table and removes no trigger, so that the guards of constraints.py bind it. Its privileges follow from the models.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections

from jygroups.lib import constraints

READ, ADDED_TO = ["SELECT"], ["SELECT", "INSERT"]
ALL_ROWS = [*ADDED_TO, "UPDATE", "DELETE"]
# Who may add to this table works for the site; a role that only reads is left as it is.
OF_EVERY_SITE = "django_content_type"
HELD = """
    SELECT relname, privilege FROM pg_class,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND has_table_privilege(pg_class.oid, privilege)
    UNION ALL
    SELECT relname, privilege FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid,
        unnest(ARRAY['SELECT', 'USAGE', 'UPDATE']) privilege
    WHERE relnamespace = 'public'::regnamespace AND has_sequence_privilege(seqrelid, privilege)
    UNION ALL
    SELECT 'the schema', 'CREATE' WHERE has_schema_privilege('public', 'CREATE')
    UNION ALL
    SELECT 'the database', 'TEMPORARY' WHERE has_database_privilege(current_database(), 'TEMPORARY')
"""
SEQUENCES = """
    SELECT relname FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
    WHERE relnamespace = 'public'::regnamespace
"""
HELD_OF_COLUMNS = """
    SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        AND NOT has_table_privilege(pg_class.oid, 'UPDATE') AND has_column_privilege(pg_class.oid, attnum, 'UPDATE')
    ORDER BY attnum
"""
SITES = """
    SELECT DISTINCT grantee FROM information_schema.role_table_grants
    WHERE table_name = %s AND privilege_type = 'INSERT' AND grantee NOT IN (current_user, 'PUBLIC')
"""
IS_OWNER = """
    SELECT rolsuper OR pg_has_role(rolname, relowner, 'MEMBER')
    FROM pg_roles, pg_class WHERE rolname = %s AND pg_class.oid = 'django_migrations'::regclass
"""


def _of_model(model) -> list[str]:
    if constraints.is_history(model):
        written = constraints.written_columns(model)
        return [*ADDED_TO, f"UPDATE ({', '.join(written)})"] if written else ADDED_TO
    guards = model._meta.constraints
    return ADDED_TO if any(isinstance(each, constraints.AppendOnly) for each in guards) else ALL_ROWS


def of_models(apps=apps) -> dict[str, list[str]]:
    """The application's privileges for each table, and to read what has been migrated."""
    models = {model._meta.db_table: _of_model(model) for model in apps.get_models(include_auto_created=True)}
    return {"django_migrations": READ} | models


def wanted(connection, apps=apps) -> dict[str, list[str]]:
    """Those for the tables that exist, and to read the sequences, which a backup holds."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        sequences = {name: READ for (name,) in cursor.fetchall()}
    return {table: privileges for table, privileges in of_models(apps).items() if table in tables} | sequences


def statements(role: str, connection, apps=apps) -> Iterator[str]:
    """What the owner executes, in one transaction; a repeated execution gives the same."""
    quote = connection.ops.quote_name
    yield f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {quote(role)}"
    yield f"REVOKE TEMPORARY ON DATABASE {quote(connection.settings_dict['NAME'])} FROM PUBLIC, {quote(role)}"
    for table, privileges in wanted(connection, apps).items():
        yield f"REVOKE ALL ON {quote(table)} FROM {quote(role)}"
        yield f"GRANT {', '.join(privileges)} ON {quote(table)} TO {quote(role)}"


def current_role(connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


def is_owner(role: str, connection) -> bool | None:
    """Whether it can do all with the tables, as their owner, a member of that or a superuser; None: no such role."""
    with connection.cursor() as cursor:
        cursor.execute(IS_OWNER, [role])
        found = cursor.fetchone()
    return found and found[0]


def grant(role: str, connection, apps=apps) -> None:
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(statements(role, connection, apps)))


def renew(using=DEFAULT_DB_ALIAS, apps=apps, **kwargs) -> None:
    """After a migration, which may have made tables: the grants again, to the roles that have them."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(SITES, [OF_EVERY_SITE])
            roles = [role for (role,) in cursor.fetchall()]
        for role in roles:
            if not is_owner(role, connection):  # whose own privileges are listed too where a superuser migrates
                grant(role, connection, apps)


def differences(connection) -> dict[str, tuple[list[str], list[str]]]:
    """What the current role may do beyond `wanted`, and what of that it lacks.

    By table and sequence, and for the schema and the database.
    """
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        held: dict[str, set[str]] = {}
        for table, privilege in cursor.fetchall():
            held.setdefault(table, set()).add(privilege)
        cursor.execute(HELD_OF_COLUMNS)
        columns: dict[str, list[str]] = {}
        for table, column in cursor.fetchall():
            columns.setdefault(table, []).append(column)
    for table, names in columns.items():
        held.setdefault(table, set()).add(f"UPDATE ({', '.join(names)})")
    due = {table: set(each) for table, each in wanted(connection).items()}
    pairs = {table: (held.get(table, set()), due.get(table, set())) for table in sorted({*held, *due})}
    return {table: (sorted(has - may), sorted(may - has)) for table, (has, may) in pairs.items() if has != may}
