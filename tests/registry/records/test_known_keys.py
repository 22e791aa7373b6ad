"""Keys: a wrong or lost one is named, all is encrypted again with a new one, and SM4 and SM3 do the same work."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection

from jygroups.lib import constraints, encryption, keys, store
from jygroups.lib.binding import EncryptedTable
from jygroups.lib.months import Month
from registry.models import Act, AuditEntry, KnownKey, Member, Subdistrict
from registry.records import audit, key_rotation, known_keys, seal_keys
from subsidies.models import SheetLine
from subsidies.month import seals, sheets
from tests import factories
from tests.lib.test_binding import execute

ACCOUNT = "6228480000000000017"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def noted(db):
    known_keys.record_first()


@pytest.fixture
def member(community):
    return factories.member(community, "张三", account=ACCOUNT)


@pytest.fixture
def closed_sheet(community, group, standard):
    factories.appointment(factories.member(community, "李四", account=ACCOUNT), group)
    [sheet] = sheets.prepare(Month(2026, 10), Subdistrict.objects.filter(pk=community.subdistrict_id))
    factories.brought_to(sheet, "approved")
    return sheet


def stored() -> list[str]:
    """Every stored value of a column with personal numbers."""
    found = []
    for model in apps.get_models():
        rows = EncryptedTable(model, DEFAULT_DB_ALIAS)
        if rows.fields:
            found += [
                bytes(value).decode(errors="replace") if not isinstance(value, str) else value
                for batch in rows.batches("1 = 1") for row in batch for value in row[3:] if value
            ]  # fmt: skip
    return found


def key_ids() -> set[str]:
    return {value.split(":")[3] for value in stored()}


class TestFingerprints:
    def test_a_lost_key_is_named_with_what_to_do(self, noted, member, settings):
        assert known_keys.problems() == []
        settings.DATA_KEYS = {"k9": keys.data_key()}
        [problem] = known_keys.problems()
        assert "k1" in problem
        assert keys.fingerprint(settings.INDEX_KEY) != keys.fingerprint(keys.digest_key())
        with pytest.raises(ImproperlyConfigured, match="k1"):
            known_keys.refuse_wrong_keys()
        with pytest.raises(CommandError, match="k1"):
            call_command("rotate_keys")

    @pytest.mark.parametrize("name", ["INDEX_KEY", "SEAL_KEY"])
    def test_another_key_is_named_by_check(self, noted, settings, name, capsys):
        setattr(settings, name, keys.digest_key())
        with pytest.raises(Exception, match=name):
            call_command("check", databases=["default"])

    def test_erased_people_who_stand_first_do_not_make_a_right_key_wrong(self, noted, member, community):
        factories.member(community, "李四")
        Member.objects.filter(pk=member.pk).update(id_number="")
        assert not known_keys.problems()

    @pytest.mark.parametrize("content", [b"", b"a text"])
    def test_a_foreign_file_among_the_stored_ones_is_named_by_check(self, noted, settings, content):
        (settings.FILES_DIR / "ab").mkdir(parents=True)
        (settings.FILES_DIR / "ab" / "abef").write_bytes(content)
        with pytest.raises(SystemCheckError, match="abef"):
            call_command("check", databases=["default"])

    def test_another_key_under_the_same_id_is_named(self, noted, member, settings):
        settings.DATA_KEYS = {"k1": keys.data_key()}
        [problem] = known_keys.problems()
        assert keys.fingerprint(settings.DATA_KEYS["k1"]) in problem

    @pytest.mark.usefixtures("as_owner")
    def test_wrong_keys_are_not_noted_for_a_database_that_has_numbers(self, member, settings, unguarded):
        unguarded()
        KnownKey.objects.all().delete()
        settings.DATA_KEYS = {"k1": keys.data_key()}
        known_keys.record_first()
        assert not KnownKey.objects.exists()
        assert known_keys.problems() != []

    def test_a_fingerprint_says_nothing_of_its_key(self, noted, settings):
        for known in KnownKey.objects.all():
            assert known.fingerprint not in known_keys.first(known.kind)[1]
            assert len(known.fingerprint) == 16


class TestGuarded:
    @pytest.mark.parametrize(
        "change",
        [
            "DELETE FROM registry_knownkey",
            "DELETE FROM registry_knownkey WHERE kind = 'DATA_KEYS'",
            "INSERT INTO registry_knownkey (created_at, updated_at, kind, key_id, fingerprint, state) "
            "VALUES (CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'SEAL_KEY', '', '0123456789abcdef', 'retired')",
            "UPDATE registry_knownkey SET entry_id = NULL",
            "UPDATE registry_knownkey SET fingerprint = '0123456789abcdef'",
            "UPDATE registry_knownkey SET key_id = 'k9' WHERE kind = 'DATA_KEYS'",
            "UPDATE registry_knownkey SET state = 'next' WHERE state = 'in_use'",
            "UPDATE registry_knownkey SET state = 'retired' WHERE kind = 'SEAL_KEY' AND state = 'in_use'",
            "UPDATE registry_knownkey SET state = 'retired', entry_id = (SELECT max(id) FROM registry_auditentry "
            "WHERE act = 'keys') WHERE kind = 'INDEX_KEY' AND state = 'in_use'",
        ],
    )
    def test_the_database_lets_only_a_rotation_change_known_keys(self, noted, member, settings, change):
        with pytest.raises(IntegrityError):
            execute(change)
        settings.OLD_SEAL_KEYS, settings.SEAL_KEY = [settings.SEAL_KEY], keys.digest_key()
        settings.OLD_INDEX_KEYS, settings.INDEX_KEY = [settings.INDEX_KEY], keys.digest_key()
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        call_command("rotate_keys")
        with pytest.raises(IntegrityError):
            execute(change)

    @pytest.mark.parametrize("name", ["INDEX_KEY", "SEAL_KEY"])
    @pytest.mark.usefixtures("as_owner")
    def test_keys_recorded_while_the_clock_was_ahead_can_be_rotated(self, noted, settings, name):
        constraints.remove_triggers()
        KnownKey.objects.update(created_at=datetime(2100, 1, 1, tzinfo=UTC))
        constraints.install_triggers()
        setattr(settings, f"OLD_{name}S", [getattr(settings, name)])
        setattr(settings, name, keys.digest_key())
        call_command("rotate_keys")
        assert (known_keys.problems(), known_keys.due()) == ([], {})

    def test_no_entry_from_before_a_key_was_recorded_changes_its_state(self, noted, settings):
        settings.OLD_INDEX_KEYS, settings.INDEX_KEY = [settings.INDEX_KEY], keys.digest_key()
        call_command("rotate_keys")
        settings.INDEX_KEY = keys.digest_key()
        key_rotation._begin("INDEX_KEY")
        with pytest.raises(IntegrityError):
            execute("UPDATE registry_knownkey SET state = 'retired', entry_id = (SELECT max(id) FROM "
                    "registry_auditentry WHERE act = 'keys') WHERE state = 'next'")  # fmt: skip

    @pytest.mark.usefixtures("as_owner")
    @pytest.mark.parametrize("name", ["DATA_KEYS", "INDEX_KEY", "SEAL_KEY"])
    def test_a_row_that_is_gone_beside_an_audit_log_is_reported_and_not_made_again(self, noted, unguarded, name):
        unguarded()
        KnownKey.objects.filter(kind=name).delete()
        assert known_keys.problems() == []  # of a new database
        audit.record(Act.EXPORT, "甲")
        known_keys.record_after_migrate(None, DEFAULT_DB_ALIAS)
        [problem] = known_keys.problems()
        assert name in problem

    @pytest.mark.usefixtures("as_owner")
    def test_a_seal_key_stays_retired_by_the_audit_log_when_its_row_is_altered(self, noted, unguarded, settings):
        audit.record(Act.EXPORT, "甲")
        settings.OLD_SEAL_KEYS, settings.SEAL_KEY = [settings.SEAL_KEY], keys.digest_key()
        call_command("rotate_keys")
        unguarded()
        for change in ("entry_id = NULL", "state = 'next'"):
            execute(f"UPDATE registry_knownkey SET {change} WHERE kind = 'SEAL_KEY' AND fingerprint = "
                    f"'{keys.fingerprint(settings.OLD_SEAL_KEYS[0])}'")  # fmt: skip
            seal_keys._found.clear()
            assert audit.verify().faults == []
            assert seal_keys.retired()[settings.OLD_SEAL_KEYS[0]].entry == AuditEntry.objects.get(act=Act.KEYS).pk


def test_known_keys_of_an_earlier_version_are_upgraded_and_come_back(committed, noted):
    """Of a rotation of DATA_KEYS under way, of one of INDEX_KEY and back, and of a retired SEAL_KEY."""
    before = {"DATA_KEYS k1": 1, "DATA_KEYS k2": 2, "INDEX_KEY": 3, "INDEX_KEY 4": 4, "SEAL_KEY 5": 5, "INDEX_KEY 3": 3}
    day = "2026-01-01 00:00:00+00:00"
    call_command("migrate", "registry", "0029", verbosity=0)
    try:
        execute("DELETE FROM registry_knownkey WHERE name <> 'SEAL_KEY'")
        for name, fingerprint in before.items():
            execute("INSERT INTO registry_knownkey (created_at, updated_at, name, fingerprint) "
                    f"VALUES ('{day}', '{day}', '{name}', '{fingerprint}')")  # fmt: skip
        call_command("migrate", "registry", "0030", verbosity=0)
        assert set(KnownKey.objects.values_list("kind", "key_id", "state")) == {
            ("DATA_KEYS", "k1", "in_use"),
            ("DATA_KEYS", "k2", "next"),
            ("INDEX_KEY", "", "in_use"),
            ("INDEX_KEY", "", "next"),
            ("SEAL_KEY", "", "in_use"),
            ("SEAL_KEY", "", "retired"),
        }
        call_command("migrate", "registry", "0029", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM registry_knownkey")
            assert {name for [name] in cursor.fetchall()} == {*before, "SEAL_KEY"} - {"INDEX_KEY 3"}
        execute("DELETE FROM registry_knownkey WHERE name <> 'SEAL_KEY'")
    finally:
        call_command("migrate", verbosity=0)


class TestRotation:
    def test_rows_histories_and_files_come_under_the_new_key_and_the_old_one_can_go(
        self, noted, member, clerk, settings
    ):
        member.phone = "13900000000"
        member.save()
        digest, number = store.put(b"a paper"), member.id_number
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        assert key_ids() == {"k1"}
        call_command("rotate_keys")
        assert key_ids() == {"k2"}
        settings.DATA_KEYS = {"k2": settings.DATA_KEYS["k2"]}
        assert known_keys.problems() == []
        again = Member.objects.get(pk=member.pk)
        assert (again.id_number, again.account, again.phone) == (number, ACCOUNT, "13900000000")
        assert {row.id_number for row in Member.history.all()} == {number}
        assert store.get(digest) == b"a paper"

    def test_an_upgrade_does_not_ask_for_the_old_key_again_and_nothing_is_logged_twice(self, noted, member, settings):
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        call_command("rotate_keys")
        known_keys.record_first()  # as after a migration
        call_command("rotate_keys")
        assert AuditEntry.objects.filter(act=Act.KEYS).count() == 1
        settings.DATA_KEYS = {"k2": settings.DATA_KEYS["k2"]}
        assert known_keys.problems() == []

    def test_closed_lines_come_along_and_their_seals_stand(self, noted, closed_sheet, settings):
        lines = {line.pk: (line.id_number, line.account) for line in SheetLine.objects.all()}
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        call_command("rotate_keys")
        assert key_ids() == {"k2"}
        assert {line.pk: (line.id_number, line.account) for line in SheetLine.objects.all()} == lines
        for line in SheetLine.objects.all():
            assert line.digest == seals.line_digest(line)

    def test_interrupted_it_goes_on_from_there(self, noted, community, settings, monkeypatch):
        for number in range(5):
            factories.member(community, f"甲{number}")
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        monkeypatch.setattr("jygroups.lib.binding.BATCH", 2)
        replace, calls = EncryptedTable.replace, []

        def breaking(self, batch):
            calls.append(len(batch))
            if len(calls) == 2:
                raise KeyboardInterrupt
            replace(self, batch)

        monkeypatch.setattr(EncryptedTable, "replace", breaking)
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_keys")
        assert key_ids() == {"k1", "k2"}
        assert known_keys.problems() == []
        monkeypatch.setattr(EncryptedTable, "replace", replace)
        call_command("rotate_keys")
        assert key_ids() == {"k2"}

    def test_what_was_changed_between_reading_and_writing_stays(self, noted, member, settings):
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        rows = EncryptedTable(Member, DEFAULT_DB_ALIAS)
        [batch] = rows.batches("1 = 1")
        member.account = "6228480000000000099"
        member.save()
        rows.replace(batch)
        assert Member.objects.get(pk=member.pk).account == "6228480000000000099"

    def test_an_unreadable_value_ends_it_and_is_named(self, noted, member, settings):
        with connection.cursor() as cursor:
            cursor.execute("SELECT id_number FROM registry_member WHERE id = %s", [member.pk])
            [number] = cursor.fetchone()
            damaged = number[:-6] + ("AAAA==" if not number.endswith("AAAA==") else "BBBB==")
            cursor.execute("UPDATE registry_member SET id_number = %s WHERE id = %s", [damaged, member.pk])
        settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
        with pytest.raises(CommandError):
            call_command("rotate_keys")


def test_killed_before_the_seal_key_is_retired_the_new_one_is_not_needed(noted, settings, monkeypatch):
    old = settings.SEAL_KEY
    settings.SEAL_KEY, settings.OLD_SEAL_KEYS = keys.digest_key(), [old]

    def dies(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, "_put_in_use", dies)
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_keys")
    settings.SEAL_KEY, settings.OLD_SEAL_KEYS = old, []
    assert (known_keys.problems(), known_keys.due_in_words()) == ([], [])


class TestAlgorithms:
    def test_sm4_and_sm3_do_the_same_work_beside_the_others(self, noted, member, settings):
        settings.DATA_KEYS = {"s1": keys.data_key(sm=True), **settings.DATA_KEYS}
        call_command("rotate_keys")
        assert key_ids() == {"s1"}
        assert Member.objects.get(pk=member.pk).account == ACCOUNT
        settings.INDEX_KEY = keys.digest_key(sm=True)
        digest = encryption.blind_index(ACCOUNT)
        assert (len(digest), digest == encryption.blind_index(ACCOUNT)) == (64, True)
        assert digest != keys.digest(settings.INDEX_KEY.removeprefix(keys.SM3), ACCOUNT.encode())

    def test_a_changed_byte_or_another_place_is_refused_under_sm4(self, settings):
        settings.DATA_KEYS = {"s1": keys.data_key(sm=True)}
        field = Member._meta.get_field("account")
        value = field.encrypted(ACCOUNT, "a" * 32)
        assert field.decrypted(value) == ACCOUNT
        for other in (value.replace("a" * 32, "b" * 32), value[:-5] + ("A" if value[-5] != "A" else "B") + value[-4:]):
            with pytest.raises(encryption.Unreadable):
                field.decrypted(other)

    def test_a_known_answer_of_hmac_sm3(self):
        """Computed with `printf text | openssl dgst -sm3 -hmac sm3:key`."""
        assert keys.digest("sm3:key", b"text") == "ce2d67b4f861b0c9553df4a733bce1b9412fd8bd2fe09c022bd19a635ae191ea"
        assert keys.digest("key", b"text").startswith("6afa9046a9579cad")


class TestGiven:
    def test_ids_and_keys_that_are_given_twice_are_refused_without_showing_a_key(self):
        for given, named in (
            ("k1:new,k1:aged", "k1"),
            ("k2:aged,k1:aged", keys.fingerprint("aged")),
            ("k1,aged", "id:key"),
        ):
            with pytest.raises(ImproperlyConfigured, match=named) as refusal:
                keys.by_id("DATA_KEYS", given.split(","))
            assert "aged" not in str(refusal.value)
        with pytest.raises(ImproperlyConfigured, match=f"SEAL_KEY.*{keys.fingerprint('aged')}"):
            keys.listed("SEAL_KEY", ["aged", "new", " aged"])
        with pytest.raises(ImproperlyConfigured, match="INDEX_KEY"):
            keys.listed("INDEX_KEY", [" "])

    def test_blanks_around_the_parts_do_not_count(self):
        assert keys.by_id("DATA_KEYS", [" k2 : sm4:new ", "k1:aged", ""]) == {"k2": "sm4:new", "k1": "aged"}
        assert keys.listed("SEAL_KEY", ["new", " aged "]) == ["new", "aged"]


class TestKeyFile:
    def test_the_command_makes_a_file_for_its_owner_alone_and_replaces_none(self, tmp_path):
        path = tmp_path / "keys.env"
        command = [sys.executable, "-m", "jygroups.lib.keys", str(path)]
        assert subprocess.run(command, check=False).returncode == 0
        assert path.stat().st_mode & 0o777 == 0o600
        made = path.read_text()
        assert [line.split("=")[0] for line in made.splitlines()] == list(keys.NAMES)
        again = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (again.returncode, path.read_text()) == (1, made)
        shown = subprocess.run([*command[:-1], "--sm"], check=False, capture_output=True, text=True).stdout
        assert "DATA_KEYS=k1:sm4:" in shown
        assert "SEAL_KEY=sm3:" in shown
