"""The role that the site connects as in PostgreSQL: it works with rows, and changes neither the past nor the guards."""

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from jygroups.lib import grants
from jygroups.lib.months import Month
from registry.models import Member
from subsidies.models import SheetLine, Step
from subsidies.month import sheets, workflow
from tests import databases, factories

application = pytest.mark.skipif(not databases.APPLICATION, reason="DATABASE_URL names no role: ?options=-c%20role=…")
ONLY_ADDED_TO = sorted(table for table, each in grants.of_models().items() if "DELETE" not in each)


def execute(statement: str, *params) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


@pytest.fixture
def approved(community, group, standard, clerk, leader, finance):
    for name, account in (("李建荣", "6228480000000000011"), ("王淑芬", "6228480000000000029")):
        factories.appointment(factories.member(community, name, account=account), group)
    [sheet] = sheets.prepare(Month(2024, 5), [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    for step, actor in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=actor)
    return sheet


def found() -> list[str]:
    messages = checks.run_checks(tags=[checks.Tags.database], include_deployment_checks=True, databases=["default"])
    return sorted(each.id for each in messages)


def test_what_is_only_added_to_follows_from_the_guards():
    """The audit log, events, payments, certificates and every table of versions, among others."""
    assert {"registry_auditentry", "subsidies_sheetevent", "subsidies_payment", "subsidies_certificate"} < {
        *ONLY_ADDED_TO
    }
    versions = [table for table in ONLY_ADDED_TO if "_historical" in table]
    assert len(versions) > 40
    privileges = grants.of_models()
    assert privileges["registry_historicalvisit"] == ["SELECT", "INSERT"]
    renewed = "id_number, id_number_index", "phone, bank, account, account_index"
    written = f"name, pinyin, initials, {renewed[0]}, birth_date, sex, {renewed[1]}, source, history_change_reason"
    assert privileges["registry_historicalmember"] == ["SELECT", "INSERT", f"UPDATE ({written})"]
    assert privileges["registry_member"] == ["SELECT", "INSERT", "UPDATE", "DELETE"]
    assert privileges["django_migrations"] == ["SELECT"]


def test_sqlite_has_no_roles(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "sqlite")
    with pytest.raises(CommandError, match="SQLite"):
        call_command("grant_application", "site")


@application
@pytest.mark.django_db
class TestApplication:
    def test_it_does_the_tests_and_may_do_what_the_command_grants(self):
        assert grants.current_role(connection) == databases.APPLICATION
        assert grants.differences(connection) == {}
        assert found() == []

    def test_it_neither_changes_nor_deletes_what_is_only_added_to(self):
        for table in ONLY_ADDED_TO:
            with connection.cursor() as cursor:
                [column, *_] = connection.introspection.get_table_description(cursor, table)
            for statement in (
                f"DELETE FROM {table}",
                f'UPDATE {table} SET "{column.name}" = NULL',
                f"TRUNCATE {table}",
            ):
                with pytest.raises(ProgrammingError, match="permission denied"):
                    execute(statement)

    @pytest.mark.parametrize(
        "statement",
        [
            "TRUNCATE subsidies_sheetline CASCADE",
            "ALTER TABLE subsidies_sheetline DISABLE TRIGGER ALL",
            "ALTER TABLE subsidies_sheetline DROP CONSTRAINT sheetline_account_bound",
            "ALTER TABLE subsidies_sheetline OWNER TO CURRENT_USER",
            "DROP TRIGGER line_frozen_once_approved_update ON subsidies_sheetline",
            "DROP FUNCTION line_frozen_once_approved_update() CASCADE",
            "CREATE OR REPLACE FUNCTION line_frozen_once_approved_update() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$",
            "CREATE TRIGGER aaa BEFORE UPDATE ON subsidies_sheetline FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "CREATE RULE aaa AS ON INSERT TO registry_auditentry DO INSTEAD NOTHING",
            "DROP TABLE registry_auditentry",
            "DROP INDEX registry_auditentry_pkey",
            "SET session_replication_role = replica",
            "SELECT setval('registry_auditentry_id_seq', 1)",
            "SELECT nextval('registry_auditentry_id_seq')",
            "CREATE TABLE subsidies_stand_in (id bigint)",
            "COPY registry_member TO PROGRAM 'cat'",
            "CREATE TEMPORARY TABLE subsidies_sheet (id bigint, state text, standard_id bigint)",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('registry', '9999', now())",
        ],
    )
    def test_it_can_neither_remove_a_guard_nor_empty_a_table(self, statement):
        with pytest.raises(ProgrammingError, match="permission denied|must be (owner|superuser)"):
            execute(statement)

    def test_it_cannot_exchange_the_accounts_of_approved_lines(self, approved):
        one, other = SheetLine.objects.order_by("pk")
        exchanged = "UPDATE subsidies_sheetline SET account = (SELECT account FROM subsidies_sheetline WHERE id = %s)"
        with pytest.raises(IntegrityError):
            execute(f"{exchanged} WHERE id = %s", other.pk, one.pk)
        with pytest.raises(IntegrityError):
            execute("DELETE FROM subsidies_sheetline")

    def test_no_temporary_table_stands_in_for_one_that_a_guard_reads(self, approved, as_owner):
        execute(
            "CREATE TEMPORARY TABLE subsidies_sheet AS SELECT id, 'draft' AS state, standard_id FROM subsidies_sheet"
        )
        with pytest.raises(IntegrityError):
            execute("UPDATE subsidies_sheetline SET gross = gross + 999, net = net + 999")

    def test_it_writes_renewed_ciphertexts_into_versions(self, community):
        person = factories.member(community)
        Member.history.filter(id=person.pk).update(account_index="x")
        with pytest.raises(ProgrammingError), transaction.atomic():
            Member.history.filter(id=person.pk).update(history_type="-")
        with pytest.raises(IntegrityError), transaction.atomic():  # only an erasure that two users agreed to
            Member.history.filter(id=person.pk).update(name="别人")


@application
@pytest.mark.django_db
class TestCommand:
    def test_it_gives_the_same_when_repeated_and_takes_what_is_too_much(self, as_owner):
        role = databases.APPLICATION
        execute(f"GRANT TRUNCATE, UPDATE ON registry_auditentry TO {role}")
        execute(f"REVOKE INSERT ON registry_visit FROM {role}")
        execute(f"GRANT UPDATE ON SEQUENCE registry_auditentry_id_seq TO {role}")  # to number entries again
        execute(f"REVOKE SELECT ON SEQUENCE registry_visit_id_seq FROM {role}")
        execute(f"GRANT CREATE ON SCHEMA public TO {role}")
        execute(f'GRANT TEMPORARY ON DATABASE "{connection.settings_dict["NAME"]}" TO {role}')
        databases.act_as(role)
        assert grants.differences(connection) == {
            "registry_auditentry": (["TRUNCATE", "UPDATE"], []),
            "registry_auditentry_id_seq": (["UPDATE"], []),
            "registry_visit": ([], ["INSERT"]),
            "registry_visit_id_seq": ([], ["SELECT"]),
            "the database": (["TEMPORARY"], []),
            "the schema": (["CREATE"], []),
        }
        assert found() == ["jygroups.W004"] * 6
        databases.act_as("none")
        for _time in range(2):
            call_command("grant_application", role)
        databases.act_as(role)
        assert found() == []

    def test_a_migration_renews_the_grants(self, as_owner):
        execute(f"REVOKE INSERT ON registry_visit FROM {databases.APPLICATION}")
        grants.renew()
        databases.act_as(databases.APPLICATION)
        assert grants.differences(connection) == {}

    def test_the_owner_as_the_sites_role_is_warned_of(self, as_owner):
        assert found() == ["jygroups.W003"]

    def test_it_names_a_role_that_does_not_exist_or_owns_the_tables(self, as_owner):
        with pytest.raises(CommandError, match="nobody"):
            call_command("grant_application", "nobody")
        with pytest.raises(CommandError):
            call_command("grant_application", connection.settings_dict["USER"])

    def test_an_empty_database_is_named(self, as_owner, monkeypatch):
        monkeypatch.setattr(type(connection.introspection), "table_names", lambda *args: [])
        with pytest.raises(CommandError, match="setup"):
            call_command("grant_application", databases.APPLICATION)

    def test_called_by_the_application_it_says_who_has_to_call_it(self):
        with pytest.raises(CommandError, match="DATABASE_URL"):
            call_command("grant_application", databases.APPLICATION)

    def test_it_prints_the_statements_and_executes_none(self, as_owner, capsys):
        execute(f"REVOKE INSERT ON registry_visit FROM {databases.APPLICATION}")
        call_command("grant_application", databases.APPLICATION, is_printed=True)
        assert f'GRANT SELECT, INSERT ON "registry_auditentry" TO "{databases.APPLICATION}";' in capsys.readouterr().out
        databases.act_as(databases.APPLICATION)
        assert list(grants.differences(connection)) == ["registry_visit"]
