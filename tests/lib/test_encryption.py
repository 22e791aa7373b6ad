"""Personal numbers at rest."""

import base64

import pytest
from django.core.exceptions import FieldError
from django.db import connection

from jygroups.lib import encryption
from registry.models import Member
from registry.records import versions
from subsidies.models import SheetLine
from tests import factories


def stored(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [value for (value,) in cursor.fetchall()]


ACCOUNT = Member._meta.get_field("account")
KEY, OTHER_KEY = "0" * 32, "1" * 32


def test_what_is_encrypted_is_decrypted_again_and_never_looks_the_same():
    one, two = (ACCOUNT.encrypted("6228480001", KEY) for _time in range(2))
    assert one != two
    assert one.startswith(f"a2:{KEY}:account:k1:")
    assert ACCOUNT.decrypted(one) == ACCOUNT.decrypted(two) == "6228480001"


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:-6] + "AAAA==",
        lambda s: s.replace("k1", "k2"),
        lambda s: s.replace(KEY, OTHER_KEY),
        lambda s: "plain",
        lambda s: "a1:k1:***",
        lambda s: "a2:k1:***",
        lambda s: s.replace("a2:", "a1:"),
    ],
)
def test_a_value_tampered_with_is_not_decrypted(change):
    with pytest.raises(encryption.Unreadable):
        ACCOUNT.decrypted(change(ACCOUNT.encrypted("6228480001", KEY)))


def test_a_value_is_read_in_no_other_column_and_no_other_table():
    stored = ACCOUNT.encrypted("6228480001", KEY)
    for model, name in [(Member, "id_number"), (Member.history.model, "account"), (SheetLine, "account")]:
        with pytest.raises(encryption.Unreadable):
            model._meta.get_field(name).decrypted(stored.replace(":account:", f":{name}:"))


def test_what_an_older_key_encrypted_is_decrypted_when_a_newer_one_stands_first(settings):
    old = ACCOUNT.encrypted("6228480001", KEY)
    settings.DATA_KEYS = {"k2": base64.b64encode(b"2" * 32).decode(), **settings.DATA_KEYS}
    assert ACCOUNT.decrypted(old) == "6228480001"
    assert ACCOUNT.encrypted("6228480001", KEY).startswith(f"a2:{KEY}:account:k2:")


def test_numbers_are_nowhere_in_clear_in_the_register_or_its_history(community):
    number = factories.id_number()
    person = factories.member(community, id_number=number, phone="13900000000", account="6228480001234567")
    person.name = "李四"
    person.save()
    for table in (Member._meta.db_table, Member.history.model._meta.db_table):
        for column, clear in [("id_number", number), ("phone", "13900000000"), ("account", "6228480001234567")]:
            values = stored(table, column)
            assert values
            assert all(value.startswith("a2:") and ":k1:" in value and clear not in value for value in values)
    assert Member.objects.get().id_number == number
    assert {version.account for version in Member.history.all()} == {"6228480001234567"}


def test_a_person_is_found_by_id_number(community):
    person, other = factories.member(community), factories.member(community)
    assert Member.objects.with_id_numbers([person.id_number, factories.id_number()]) == [person]
    assert other.id_number_index != person.id_number_index


def test_the_index_follows_its_source_however_it_is_written(community):
    person = factories.member(community, account="6228480001234567")
    first = person.account_index
    person.account = "6228480001234568"
    person.save(update_fields=["account", "account_index"])
    assert stored(Member._meta.db_table, "account_index") == [encryption.blind_index("6228480001234568")] != [first]
    person.account = "6228480001234569"
    versions.update([person], fields=["account", "account_index"], actor=None, reason="test")
    assert stored(Member._meta.db_table, "account_index") == [encryption.blind_index("6228480001234569")]
    assert Member.objects.get().account == "6228480001234569"


def test_an_encrypted_field_cannot_be_searched_by_mistake(community):
    with pytest.raises(FieldError):
        Member.objects.filter(id_number="62029919700101001X").exists()


def test_a_key_of_another_installation_finds_nobody(community, settings):
    person = factories.member(community)
    settings.INDEX_KEY = "another"
    assert Member.objects.with_id_numbers([person.id_number]) == []


def test_a_file_is_decrypted_with_the_key_it_was_encrypted_with(settings):
    content = bytes(range(256)) * 10
    stored = encryption.encrypt_file(content)
    assert content[:64] not in stored
    assert encryption.decrypt_file(stored) == content
    settings.DATA_KEYS = {"k2": settings.DATA_KEYS["k1"]}
    with pytest.raises(encryption.Unreadable):
        encryption.decrypt_file(stored)
