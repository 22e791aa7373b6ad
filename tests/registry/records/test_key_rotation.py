"""INDEX_KEY is rotated: the same people and files are found before and after, whatever comes between."""

import fcntl
import io

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction

from jygroups.lib import key_use, keys, store
from jygroups.lib.binding import EncryptedTable
from jygroups.lib.digests import blind_indexes
from jygroups.lib.encryption import blind_index, encrypt_file
from registry.access.factors import services as factors
from registry.access.passwords import codes
from registry.models import Act, AuditEntry, KnownKey, Member, MemberFile, RecoveryCode, SecondFactor
from registry.people.duplicates import likeness
from registry.records import audit, backups, files, key_rotation, known_keys
from tests import factories

ACCOUNT = "6228480000000000017"
PAPER = b"%PDF-1.7 a paper"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def members(community, clerk):
    """Five people, the first with a former account and a paper; the keys are noted."""
    found = [factories.member(community, f"甲{number}", account=ACCOUNT[:-1] + str(number)) for number in range(5)]
    found[0].account = ACCOUNT
    found[0].save()
    factories.file(found[0], clerk, content=PAPER)
    known_keys.record_first()
    return found


def given_new(settings, *names: str, sm: bool = False) -> None:
    """A new key before the one in use, as an operator gives it."""
    for name in names:
        old = getattr(settings, f"OLD_{name}S")
        setattr(settings, f"OLD_{name}S", [getattr(settings, name), *old])
        setattr(settings, name, keys.digest_key(sm=sm))


def found(member: Member) -> list:
    """All by which a person is found."""
    again = Member.objects.get(pk=member.pk)
    return [
        [each.pk for each in Member.objects.with_id_numbers([again.id_number])],
        [*Member.objects.filter(account_index=blind_index(again.account)).values_list("pk", flat=True)],
        [*Member.history.filter(account_index=blind_index(ACCOUNT)).values_list("id", flat=True)],
    ]


def is_under_new_key() -> bool:
    """Whether each lookup digest, of versions too, is by the first key."""
    return all(
        rows.is_current(row)
        for rows in key_rotation._tables() for batch in rows.batches("1 = 1") for row in batch
    )  # fmt: skip


def interrupted_after(monkeypatch, batches: int) -> None:
    """A rotation that is killed after so many batches."""
    replace, calls = EncryptedTable.replace, []

    def breaking(self, batch):
        if batch:
            calls.append(len(batch))
        if len(calls) > batches:
            raise KeyboardInterrupt
        replace(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr("jygroups.lib.binding.BATCH", 2)
        patch.setattr(EncryptedTable, "replace", breaking)
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_keys")


@pytest.mark.parametrize("sm", [False, True])
def test_people_files_and_versions_are_found_as_before_and_the_old_key_can_go(members, settings, sm):
    before = [found(member) for member in members]
    given_new(settings, "INDEX_KEY", sm=sm)
    call_command("rotate_keys")
    assert is_under_new_key()
    settings.OLD_INDEX_KEYS = []
    assert (known_keys.problems(), known_keys.due_in_words()) == ([], [])
    assert [found(member) for member in members] == before
    row = MemberFile.objects.get()
    assert (store.get(row.digest), MemberFile.history.get().digest) == (PAPER, row.digest)
    assert [path.name for path in store._contents()] == [row.digest]
    assert KnownKey.objects.get(kind="INDEX_KEY", state="in_use").fingerprint == keys.fingerprint(settings.INDEX_KEY)
    entry = AuditEntry.objects.get(act=Act.KEYS)
    assert (entry.subject, entry.details["what"]) == (keys.fingerprint(settings.INDEX_KEY), "INDEX_KEY")
    assert audit.verify().faults == []


def test_somebody_registered_before_is_not_added_again_after(members, community, settings):
    given_new(settings, "INDEX_KEY")
    call_command("rotate_keys")
    with pytest.raises(ValidationError):
        Member(community=community, name="又一个", id_number=members[1].id_number).full_clean()
    twin = factories.member(community, "甲2", account=members[2].account)
    assert likeness.in_doubt(Member.objects.filter(pk=twin.pk)) == {twin.pk}


def test_killed_in_the_middle_it_goes_on_and_until_then_nothing_starts(members, settings, monkeypatch):
    given_new(settings, "INDEX_KEY")
    interrupted_after(monkeypatch, 1)
    assert not is_under_new_key()
    assert known_keys.problems() == []
    [text] = known_keys.due_in_words()
    assert "rotate_keys" in text
    with pytest.raises(ImproperlyConfigured, match="rotate_keys"):
        known_keys.refuse_wrong_keys()
    with pytest.raises(Exception, match="rotate_keys"):
        call_command("check", databases=["default"])
    call_command("rotate_keys")
    assert is_under_new_key()
    assert known_keys.due_in_words() == []


def test_killed_in_the_middle_it_can_go_back_to_the_old_key(members, settings, monkeypatch):
    old = settings.INDEX_KEY
    given_new(settings, "INDEX_KEY")
    new = settings.INDEX_KEY
    interrupted_after(monkeypatch, 1)
    settings.INDEX_KEY, settings.OLD_INDEX_KEYS = old, []
    [text] = known_keys.problems()  # half of the rows are under the new key
    assert keys.fingerprint(new) in text
    settings.OLD_INDEX_KEYS = [new]
    assert known_keys.due_in_words() != []
    call_command("rotate_keys")
    assert is_under_new_key()
    settings.OLD_INDEX_KEYS = []
    assert (known_keys.problems(), known_keys.due_in_words()) == ([], [])


def test_killed_in_the_middle_it_needs_both_keys_for_encryption_and_can_go_back(members, settings, monkeypatch):
    old, new = dict(settings.DATA_KEYS), {"k2": keys.data_key()}
    settings.DATA_KEYS = new | old
    interrupted_after(monkeypatch, 1)
    assert known_keys.due_in_words() != []
    settings.DATA_KEYS = old
    [text] = known_keys.problems()
    assert "k2" in text
    settings.DATA_KEYS = old | new
    assert known_keys.due_in_words() != []
    call_command("rotate_keys")
    settings.DATA_KEYS = old
    assert (known_keys.problems(), known_keys.due_in_words(), list(key_rotation.of_other_keys())) == ([], [], [])


class TestValuesOfRetiredKeys:
    """As after a restored file or table, or where a process did not share the lock."""

    @pytest.fixture
    def left(self, members, settings, clerk):
        old = dict(settings.DATA_KEYS)
        settings.DATA_KEYS = {"k2": keys.data_key(), **old}
        call_command("rotate_keys")
        call_command("check", databases=["default"])
        new, settings.DATA_KEYS = {"k2": settings.DATA_KEYS["k2"]}, old
        members[3].phone = "13900000001"
        Member.objects.bulk_update(members[3:4], ["phone"])
        digest = store.put(b"another paper")
        settings.DATA_KEYS = new
        return [f"registry_member {members[3].pk}: phone (k1)", f"{digest} (k1)"], new | old

    def test_check_names_table_row_and_column(self, left):
        with pytest.raises(SystemCheckError) as found:
            call_command("check", databases=["default"])
        assert [text for text in left[0] if text not in str(found.value)] == []
        assert str(found.value).count("DATA_KEYS") == 2

    def test_a_repeated_rotation_names_them_and_with_the_old_key_encrypts_them_again(self, left, settings):
        out = io.StringIO()
        with pytest.raises(CommandError) as refusal:
            call_command("rotate_keys", stdout=out)
        assert [text for text in left[0] if text not in out.getvalue()] == []
        assert [text for text in left[0] if text.removesuffix(" (k1)") not in str(refusal.value)] == []
        settings.DATA_KEYS = left[1]
        call_command("rotate_keys", stdout=(out := io.StringIO()))
        assert [text for text in left[0] if text not in out.getvalue()] == []
        assert list(key_rotation.of_other_keys()) == []


@pytest.mark.parametrize("step", ["put", "renamed", "unlink"])
def test_killed_at_a_file_no_row_loses_its_content(members, settings, monkeypatch, step):
    given_new(settings, "INDEX_KEY")

    def dies(*_args, **_kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if step == "put":
            patch.setattr(store, "put", dies)
        elif step == "renamed":
            patch.setattr(key_rotation, "_rename", dies)
        else:
            patch.setattr("pathlib.Path.unlink", lambda path, **_: dies() if len(path.name) == 64 else None)
        with pytest.raises(KeyboardInterrupt):
            call_command("rotate_keys")
    assert store.get(MemberFile.objects.get().digest) == PAPER
    call_command("rotate_keys")
    assert store.get(MemberFile.objects.get().digest) == PAPER
    assert files.sweep(older_than=-1) == 0


def test_a_number_that_cannot_be_read_is_named_before_anything_is_written(members, settings):
    with connection.cursor() as cursor:
        cursor.execute("SELECT account FROM registry_member WHERE id = %s", [members[3].pk])
        [stored] = cursor.fetchone()
        damaged = stored[:-8] + ("AAAAAAA=" if stored[-8:] != "AAAAAAA=" else "BBBBBBB=")
        cursor.execute("UPDATE registry_member SET account = %s WHERE id = %s", [damaged, members[3].pk])
    old = settings.INDEX_KEY
    given_new(settings, "INDEX_KEY")
    with pytest.raises(CommandError, match=f"registry_member {members[3].pk}"):
        call_command("rotate_keys")
    settings.INDEX_KEY, settings.OLD_INDEX_KEYS = old, []
    assert (known_keys.problems(), known_keys.due_in_words()) == ([], [])  # the site starts with the old one


def test_all_that_cannot_be_read_is_named_before_any_key_is_begun_or_retired(members, clerk, settings):
    """Also of a table without lookup digests, which is written again with a new key for encryption."""
    factor = SecondFactor.objects.create(user=clerk, secret="JBSWY3DPEHPK3PXP")
    digest = MemberFile.objects.get().digest
    path = store._path(digest)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM registry_secondfactor WHERE id = %s", [factor.pk])
        [stored] = cursor.fetchone()
        cursor.execute("UPDATE registry_secondfactor SET secret = %s", [stored[:-8] + "AAAAAAA="])
    before = settings.INDEX_KEY, settings.SEAL_KEY, settings.DATA_KEYS
    given_new(settings, "INDEX_KEY", "SEAL_KEY")
    settings.DATA_KEYS = {"k2": keys.data_key(), **settings.DATA_KEYS}
    with pytest.raises(CommandError, match=f"(?s)registry_secondfactor {factor.pk}.*{digest}"):
        call_command("rotate_keys")
    settings.INDEX_KEY, settings.SEAL_KEY, settings.DATA_KEYS = before
    settings.OLD_INDEX_KEYS = settings.OLD_SEAL_KEYS = []
    assert (known_keys.problems(), known_keys.due_in_words()) == ([], [])  # the site starts with the old ones


def test_a_damaged_file_is_named_before_anything_is_written(members, settings):
    digest = MemberFile.objects.get().digest
    path = store._path(digest)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    given_new(settings, "INDEX_KEY")
    with pytest.raises(CommandError, match=digest):
        call_command("rotate_keys")
    assert not KnownKey.objects.filter(state="next").exists()


@pytest.mark.parametrize("name", ["DATA_KEYS", "INDEX_KEY", "SEAL_KEY"])
@pytest.mark.parametrize("length", [20, 32, 43])
def test_a_key_that_was_cut_off_is_refused(members, settings, name, length):
    if name == "DATA_KEYS":
        settings.DATA_KEYS = {"k2": keys.data_key()[:length], **settings.DATA_KEYS}
    else:
        given_new(settings, name)
        setattr(settings, name, getattr(settings, name)[:length])
    with pytest.raises(CommandError, match=name):
        call_command("rotate_keys")
    assert not AuditEntry.objects.filter(act=Act.KEYS).exists()


@pytest.mark.parametrize("name", ["INDEX_KEY", "SEAL_KEY"])
def test_a_new_key_in_the_place_of_the_old_one_is_refused_with_what_to_do(members, settings, name):
    setattr(settings, name, keys.digest_key())
    with pytest.raises(CommandError, match=name):
        call_command("rotate_keys")


def test_keys_in_the_wrong_order_are_named_and_do_no_harm(members, settings):
    before = [found(member) for member in members]
    given_new(settings, "INDEX_KEY")
    call_command("rotate_keys")
    [old], new = settings.OLD_INDEX_KEYS, settings.INDEX_KEY
    settings.INDEX_KEY, settings.OLD_INDEX_KEYS = old, [new]
    [text] = known_keys.due_in_words()
    assert keys.fingerprint(new) in text
    call_command("rotate_keys")  # and back
    assert [found(member) for member in members] == before


class TestAlone:
    @pytest.fixture
    def guarded(self, monkeypatch):
        monkeypatch.setattr(key_use, "CHECKS", [known_keys.refuse_wrong_keys])
        monkeypatch.setattr(key_use, "_shared", None)

    def test_while_the_site_runs_it_is_refused(self, members, settings, guarded):
        blind_index("a process of the site has begun")
        given_new(settings, "INDEX_KEY")
        with pytest.raises(CommandError):
            call_command("rotate_keys")
        assert not KnownKey.objects.filter(state="next").exists()

    def test_a_process_with_the_old_keys_for_encryption_never_writes_beside_or_after_a_rotation(
        self, members, settings, guarded, monkeypatch
    ):
        encrypt_file(b"a process of the site has begun")
        old, new = settings.DATA_KEYS, {"k2": keys.data_key(), **settings.DATA_KEYS}
        settings.DATA_KEYS = new
        with pytest.raises(CommandError):
            call_command("rotate_keys")
        assert AuditEntry.objects.filter(act=Act.KEYS).count() == 0
        key_use._shared.close()  # the process ends
        monkeypatch.setattr(key_use, "_shared", None)
        call_command("rotate_keys")
        settings.DATA_KEYS = old
        with pytest.raises(ImproperlyConfigured, match="k2"):
            encrypt_file(b"another one begins")

    def test_nothing_is_written_with_a_new_key_for_encryption_before_the_rotation(
        self, members, clerk, settings, guarded
    ):
        """So a key with a typing error can still be corrected."""
        old = settings.DATA_KEYS
        settings.DATA_KEYS = {"k2": keys.data_key(), **old}
        with pytest.raises(ImproperlyConfigured, match="rotate_keys"):
            encrypt_file(PAPER)
        with pytest.raises(ImproperlyConfigured, match="rotate_keys"), transaction.atomic():
            SecondFactor.objects.create(user=clerk, secret="A")
        settings.DATA_KEYS = {"k2": keys.data_key(), **old}
        call_command("rotate_keys")
        assert known_keys.problems() == []
        settings.DATA_KEYS = {"k2": keys.data_key(), **old}
        assert any("k2" in text for text in known_keys.problems())

    def test_while_it_runs_no_second_one_and_no_command_begins(self, members, settings, guarded):
        given_new(settings, "INDEX_KEY")
        with (settings.FILES_DIR / ".keys").open("a") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(CommandError):
                call_command("rotate_keys")
            with pytest.raises(ImproperlyConfigured), transaction.atomic():
                factories.member(members[0].community, "乙")

    def test_no_backup_is_begun_during_a_rotation(self, members, settings, guarded, monkeypatch, tmp_path):
        monkeypatch.setattr(backups, "mkstemp", lambda *_: pytest.fail("begun"))
        with (settings.FILES_DIR / ".keys").open("a") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(ImproperlyConfigured):
                backups.write(tmp_path / "a.bak")

    def test_the_keys_are_compared_once_nobody_else_can_rotate(self, members, settings, guarded, monkeypatch):
        def compared():
            with pytest.raises(key_use.InUse), key_use.alone():
                pass
            return ["compared"]

        monkeypatch.setattr(known_keys, "problems", compared)
        given_new(settings, "INDEX_KEY")
        with pytest.raises(CommandError, match="compared"):
            call_command("rotate_keys")

    def test_a_command_with_the_new_key_before_the_rotation_writes_nothing(self, members, settings, guarded):
        given_new(settings, "INDEX_KEY", "SEAL_KEY")
        with pytest.raises(ImproperlyConfigured, match="rotate_keys"), transaction.atomic():
            factories.member(members[0].community, "乙")
        with pytest.raises(ImproperlyConfigured, match="rotate_keys"), transaction.atomic():
            audit.record(Act.EXPORT, "甲")
        call_command("rotate_keys")
        assert factories.member(members[0].community, "乙").pk


def test_codes_made_before_work_while_the_old_key_is_given(members, settings, clerk):
    factor = SecondFactor.objects.create(user=clerk)
    code, _other, *_rest = factors._new_codes(factor)
    given_new(settings, "INDEX_KEY")
    call_command("rotate_keys", stdout=(out := io.StringIO()))
    assert str(RecoveryCode.objects.count()) in out.getvalue()
    assert factors._of_recovery(factor, code)
    assert not factors._of_recovery(factor, code)
    assert len(codes._digests("token")) == 2


def test_a_file_imported_before_is_known_again(settings):
    before = blind_indexes("content")[0]
    given_new(settings, "INDEX_KEY")
    assert before in blind_indexes("content")
