"""What tests share: two subdistricts with three communities, and one login per role."""

import gc

import pytest
from django.core.management.commands import flush
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from django.test.client import ClientHandler

from jygroups.lib import constraints, key_use
from jygroups.management.commands import migrate
from registry.models import Provision, Role
from registry.people.areas import services as areas
from registry.provisions import services as provisions
from registry.records import backups, locks
from subsidies.standards import services as standards
from tests import accounting, databases, factories
from tests.processes import Site

key_use.CHECKS.clear()  # a test may give other keys at any time; test_key_rotation.py installs them


def pytest_collection_finish():
    """What is there before the first test stays to the end: it need not be looked through for garbage again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as manage.py has it


def pytest_collection_modifyitems(items):
    """The demo's year first: it is the longest, and on PostgreSQL slower in tables that others have filled."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/subsidies/demo/"))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """A database for this worker, copied from the template instead of migrated."""
    site, own = connection.settings_dict["NAME"], connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        databases.create(own)
        databases.connect(own)
    yield
    with django_db_blocker.unblock():
        databases.disconnect()
        databases.drop(own)
        databases.connect(site)


@pytest.fixture(scope="session")
def sites(django_db_setup, django_db_blocker):
    """Makes a site in a folder; its database is empty, or copied from another site."""
    made = []

    def make(folder, like=None) -> Site:
        name = f"{connection.settings_dict['NAME']}_{len(made)}"
        with django_db_blocker.unblock():
            made.append(like.copy(folder, name) if like else Site.new(folder, name))
        return made[-1]

    yield make
    with django_db_blocker.unblock():
        for site in made:
            databases.drop(site.database)


@pytest.fixture(autouse=True, scope="session")
def locks_only_in_a_transaction_of_the_page():
    """Fail a page that locks rows outside a transaction of its own, which the one around each test would hide.

    PostgreSQL refuses a row's lock there, and lets go of an advisory lock at once; SQLite knows neither.
    """
    depths: list[int] = []  # of the requests under way: how many transactions the test had open
    handle, compile_, hold = ClientHandler.__call__, SQLCompiler.as_sql, locks.hold

    def handle_request(self, environ):
        depths.append(len(connection.atomic_blocks))
        try:
            return handle(self, environ)
        finally:
            depths.pop()

    def check(what: str) -> None:
        if depths and len(connection.atomic_blocks) <= depths[-1]:
            raise TransactionManagementError(f"{what} outside a transaction")

    def compile_and_check(self, *args, **kwargs):
        if self.query.select_for_update:
            check(f"select_for_update of {self.query.model.__name__}")
        return compile_(self, *args, **kwargs)

    def hold_and_check(number: int) -> None:
        check("locks.hold")
        hold(number)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientHandler, "__call__", handle_request)
        patch.setattr(SQLCompiler, "as_sql", compile_and_check)
        patch.setattr(locks, "hold", hold_and_check)
        yield


@pytest.fixture(autouse=True, scope="session")
def the_owner_changes_tables_and_triggers():
    """Where the tests are done by the application. From the removal of triggers to their return all is the owner's."""
    remove, install = constraints.remove_triggers, constraints.install_triggers

    def remove_as_owner(*args, **kwargs):
        before = databases.act_as("none")
        if not databases.REMOVED_BY:
            databases.REMOVED_BY.append(before)
        remove(*args, **kwargs)

    def install_as_owner(*args, **kwargs):
        install(*args, **kwargs)  # which removes them first
        databases.act_as(databases.REMOVED_BY.pop())

    with pytest.MonkeyPatch.context() as patch:
        for command in (migrate.Command, flush.Command):
            patch.setattr(command, "handle", databases.owned(command.handle))
        patch.setattr(backups, "restore", databases.owned(backups.restore))
        patch.setattr(constraints, "remove_triggers", remove_as_owner)
        patch.setattr(constraints, "install_triggers", install_as_owner)
        yield


@pytest.fixture
def as_owner(db):
    """What the guards refuse the owner of the database too; the application has not even the privilege."""
    with databases.as_owner():
        yield


@pytest.fixture(autouse=True, scope="session")
def every_row_of_a_file_is_accounted_for():
    with pytest.MonkeyPatch.context() as patch:
        accounting.assert_on(patch)
        yield


@pytest.fixture(autouse=True)
def laid_down(request):
    """The provisions of the template, again after a test that emptied the tables."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("_django_db_helper")
        databases.act_as(databases.APPLICATION)
        databases.REMOVED_BY.clear()
        if not Provision.objects.exists():
            provisions.load_missing()


@pytest.fixture
def community(db):
    """福民社区, where the secretary is."""
    return factories.community()


@pytest.fixture
def sibling(db):
    """胜利社区, of the same subdistrict."""
    return factories.community("620201001002", "胜利社区")


@pytest.fixture
def stranger(db):
    """大众社区, of the other subdistrict."""
    return factories.community("620201002001", "大众社区")


@pytest.fixture
def group(community):
    return factories.group(community)


@pytest.fixture
def secretary(community):
    return factories.user("secretary", Role.SECRETARY, community=community)


@pytest.fixture
def clerk(community):
    return factories.user("clerk", Role.CLERK, subdistrict=community.subdistrict)


@pytest.fixture
def leader(community):
    return factories.user("leader", Role.LEADER, subdistrict=community.subdistrict)


@pytest.fixture
def finance(db):
    return factories.user("finance", Role.FINANCE)


@pytest.fixture
def civil(db):
    return factories.user("civil", Role.CIVIL_AFFAIRS)


@pytest.fixture
def auditor(db):
    return factories.user("auditor", Role.AUDITOR)


@pytest.fixture
def sysadmin(db):
    return factories.user("sysadmin", Role.SYSTEM_ADMINISTRATOR)


@pytest.fixture
def standard(db):
    """The first Standard."""
    standards.load_missing()


@pytest.fixture
def committed(transactional_db):
    """What a test writes is committed, as other connections have to see it."""
    yield
    constraints.remove_triggers()  # guards refuse to empty tables; flush installs them again


@pytest.fixture
def city(standard):
    """The real areas, terms, groups and the first Standard; no people."""
    areas.load_missing()


@pytest.fixture
def lock_order(monkeypatch):
    """What is locked, in order: "writers", and the names of models of which rows are."""
    order, hold, rows = [], locks.hold, QuerySet.select_for_update

    def writers(number):
        if number == locks.WRITERS:
            order.append("writers")
        hold(number)

    def locked(queryset, *args, **kwargs):
        order.append(queryset.model.__name__)
        return rows(queryset, *args, **kwargs)

    monkeypatch.setattr(locks, "hold", writers)
    monkeypatch.setattr(QuerySet, "select_for_update", locked)
    return order


def drop_guards() -> None:
    """What the database's owner can do: no trigger and no check of ciphertexts is left."""
    connection.check_constraints()  # PostgreSQL alters no table with deferred checks waiting
    constraints.remove_triggers()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = on")
        else:
            for table in ("subsidies_sheetline", "subsidies_paymentitem", "registry_member"):
                for column in ("id_number", "account"):
                    name = f"{table.split('_')[1]}_{column}_bound"
                    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


@pytest.fixture
def unguarded():
    yield drop_guards
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = off")
