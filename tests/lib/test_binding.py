"""Encrypted values belong to one row and column: the database and the application refuse them anywhere else."""

import io

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from jygroups.lib import binding, constraints
from jygroups.lib.encryption import EncryptedField, EncryptedFileField, RowKeyField, Unreadable, Unverified
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import ElectionLine, ImportRow, ImportRun, Member
from registry.records import versions
from subsidies.bank import payments
from subsidies.exports import services as exports
from subsidies.models import BankAnswer, BankTemplate, Objection, SheetLine, Step
from subsidies.month import seals, sheets, workflow
from tests import factories

MAY = Month(2024, 5)
ENCRYPTED = [
    model
    for model in apps.get_models()
    if any(isinstance(each, EncryptedField | EncryptedFileField) for each in model._meta.fields)
]


def execute(statement: str, *params) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


@pytest.fixture
def approved(community, group, clerk, leader, finance, standard):
    """May, approved, of two people with accounts."""
    for name, account in [("李建荣", "6228480000000000011"), ("王秀兰", "6228480000000000029")]:
        factories.appointment(factories.member(community, name, account=account), group)
    [sheet] = sheets.prepare(MAY, [community.subdistrict])
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    for step, actor in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=actor)
    return sheet


FOREIGN = [
    "account = (SELECT account FROM {table} other WHERE other.id <> {table}.id LIMIT 1)",
    "account = (SELECT account FROM {table} other WHERE other.id <> {table}.id LIMIT 1), "
    "row_key = (SELECT row_key FROM {table} other WHERE other.id <> {table}.id LIMIT 1)",
    "account = id_number",
    "account = '6228480000000000011'",
    "account = 'a1:k1:AAAA'",
    "row_key = 'another'",
]


@pytest.mark.parametrize("change", FOREIGN)
@pytest.mark.parametrize("table", ["subsidies_sheetline", "subsidies_paymentitem", "registry_member"])
def test_the_database_refuses_a_ciphertext_of_another_row_or_column(approved, finance, table, change):
    payments.first(approved, actor=finance)
    with pytest.raises(IntegrityError):
        execute(f"UPDATE {table} SET {change.format(table=table)}")
    assert list(seals.verify()) == []


def test_no_row_is_copied_with_its_ciphertexts(approved):
    columns = ", ".join(f'"{each.column}"' for each in Member._meta.fields if not each.primary_key)
    values = columns.replace('"id_number_index"', "'x'")
    with pytest.raises(IntegrityError):
        execute(f"INSERT INTO registry_member ({columns}) SELECT {values} FROM registry_member LIMIT 1")


@pytest.mark.parametrize("model", ENCRYPTED, ids=lambda model: model.__name__)
def test_every_table_with_encrypted_values_binds_them(model):
    names = {each.name for each in model._meta.constraints}
    name = model._meta.model_name
    for each in model._meta.fields:
        if isinstance(each, EncryptedField | EncryptedFileField):
            assert f"{name}_{each.name}_bound" in names
    assert f"{name}_row_key_fixed" in names
    assert isinstance(model._meta.get_field("row_key"), RowKeyField)


# What got through is named ------------------------------------------------------------------------------------


@pytest.fixture
def exchanged(approved, unguarded):
    """The accounts of the two lines exchanged by SQL, with the guards removed."""
    unguarded()
    (one, first), (two, second) = stored_accounts()
    execute("UPDATE subsidies_sheetline SET account = %s WHERE id = %s", second, one)
    execute("UPDATE subsidies_sheetline SET account = %s WHERE id = %s", first, two)
    return approved


def stored_accounts() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, account FROM subsidies_sheetline ORDER BY ordinal")
        return cursor.fetchall()


def test_an_exchanged_account_is_not_read_as_anybodys(exchanged):
    for line in SheetLine.objects.all():
        assert isinstance(line.account, Unverified)
        assert not isinstance(line.id_number, Unverified)
        with pytest.raises(Unreadable, match=line.name), transaction.atomic():
            line.save()


def test_an_exchanged_account_with_a_forged_header_is_not_read_either(exchanged):
    for line in SheetLine.objects.all():
        execute(
            "UPDATE subsidies_sheetline SET account = replace(account, substr(account, 4, 32), row_key) WHERE id = %s",
            line.pk,
        )
        assert isinstance(SheetLine.objects.get(pk=line.pk).account, Unverified)


def test_the_lines_are_named_by_the_command_and_by_the_check_before_a_payment(exchanged, django_assert_num_queries):
    with django_assert_num_queries(13):
        found = [*seals.verify_sheet(exchanged), *seals.unchained(exchanged)]
    assert [(each.line.name, each.text) for each in found] == [
        (line.name, "存储的银行账号无法核验") for line in SheetLine.objects.order_by("ordinal")
    ]
    error = io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_seals", stderr=error)
    for line in SheetLine.objects.all():
        assert f"{line.ordinal} {line.name} · 存储的银行账号无法核验" in error.getvalue()


@pytest.mark.parametrize("form", exports.PERSONAL)
def test_no_file_is_made_of_such_a_sheet(exchanged, finance, form):
    BankTemplate.objects.create(name="银行", columns=[])
    with pytest.raises(Refused, match="李建荣"):
        exports.export([exchanged], form, actor=finance)


def test_the_bank_file_is_refused_on_its_page_with_the_line_named(client, exchanged, finance):
    client.force_login(finance)
    session = client.session
    session["confirmed_at"] = 4_000_000_000
    session.save()
    BankTemplate.objects.create(name="银行", columns=[])
    url = reverse("export", args=[MAY, exchanged.subdistrict.code])
    answer = client.post(url, {"format": "bank", "purpose": "发放", "template": BankTemplate.objects.get().pk})
    assert answer.status_code == 422
    assert "李建荣 · 存储的银行账号无法核验" in answer.text


def test_the_pages_of_such_a_sheet_open_and_show_it(client, exchanged, finance):
    client.force_login(finance)
    line = SheetLine.objects.first()
    assert client.get(exchanged.get_absolute_url()).status_code == 200
    assert "存储的银行账号无法核验" in client.get(line.get_absolute_url()).text


def test_a_file_of_an_earlier_payment_is_refused_where_its_account_was_exchanged(approved, finance, unguarded):
    payment = payments.first(approved, actor=finance)
    unguarded()
    item = payment.items.last()
    execute("UPDATE subsidies_paymentitem SET account = (SELECT account FROM subsidies_sheetline LIMIT 1)")
    with pytest.raises(Refused, match=item.name):
        payments.payees(payment)
    assert {each.line for each in seals.verify()} == {item.line for item in payment.items.all()}


def test_a_person_whose_account_was_exchanged_is_shown_and_can_enter_it_again(client, approved, unguarded, secretary):
    unguarded()
    one, two = Member.objects.order_by("pk")
    execute(
        "UPDATE registry_member SET account = (SELECT account FROM registry_member WHERE id = %s) WHERE id = %s",
        two.pk, one.pk,
    )  # fmt: skip
    client.force_login(secretary)
    assert "无法核验" in client.get(one.get_absolute_url()).text
    changed = Member.objects.get(pk=one.pk)
    changed.account = "6228480000000000078"
    versions.save(changed, actor=None)
    assert Member.objects.get(pk=one.pk).account == "6228480000000000078"


# Every way of writing -----------------------------------------------------------------------------------------


def test_rows_are_written_one_by_one_and_many_at_once(community):
    people = [factories.member(community, name, account="6228480000000000011") for name in ("甲", "乙")]
    for person in people:
        person.account = "6228480000000000029"
    versions.update(people, fields=["account", "account_index"], actor=None, reason="")
    assert [person.account for person in people] == ["6228480000000000029"] * 2
    assert {type(person.account) for person in [*people, *Member.objects.all()]} == {str}
    assert {each.account for each in Member.objects.all()} == {"6228480000000000029"}
    person = people[0]
    assert [each.account for each in person.history.all()] == ["6228480000000000029", "6228480000000000011"]
    assert {each.row_key for each in person.history.all()} == {person.row_key}


def test_an_update_without_a_row_is_refused_aloud(community):
    person = factories.member(community)
    with pytest.raises(TypeError, match=r"bulk_update\(\)"), transaction.atomic():
        Member.objects.update(account="6228480000000000011")
    with pytest.raises(TypeError), transaction.atomic():
        ImportRow.objects.bulk_update([ImportRow(pk=1, content="x")], ["content"])
    Member.objects.update(account="")
    assert Member.objects.get(pk=person.pk).account == ""


def test_a_value_is_also_known_to_be_its_rows_where_the_row_is_read_in_part(community, django_assert_num_queries):
    factories.member(community, account="6228480000000000011")
    with django_assert_num_queries(1):
        assert Member.objects.only("account", "row_key").get().account == "6228480000000000011"
    person = Member.objects.defer("account").get()
    assert person.account == "6228480000000000011"


def test_a_recomputed_line_keeps_its_key(community, group, standard):
    factories.appointment(factories.member(community, "李建荣"), group)
    sheets.prepare(MAY, [community.subdistrict])
    before = SheetLine.objects.get()
    sheets.prepare(MAY, [community.subdistrict])
    after = SheetLine.objects.get()
    assert (before.pk, before.row_key, before.id_number) == (after.pk, after.row_key, after.id_number)


# Rows of before -----------------------------------------------------------------------------------------------

EARLIER_MIGRATIONS = {"subsidies": "0005_digests_of_payments", "registry": "0001_initial"}


def migrate(targets: dict[str, str]) -> None:
    for app, name in targets.items():
        call_command("migrate", app, name, verbosity=0)


def values() -> dict[str, list]:
    """All rows in clear."""
    return {
        model.__name__: [
            [getattr(row, each.attname) for each in model._meta.fields if each.name != "row_key"]
            for row in model._base_manager.order_by("pk")
        ]
        for model in ENCRYPTED
    }


def stored() -> list[str]:
    """What the database holds in the encrypted columns that it has, but for what is empty."""
    found, tables = [], connection.introspection.table_names()
    with connection.cursor() as cursor:
        for model in (each for each in ENCRYPTED if each._meta.db_table in tables):
            cursor.execute(f"SELECT * FROM {model._meta.db_table} LIMIT 0")
            present = {name for name, *_rest in cursor.description}
            for each in model._meta.fields:
                if isinstance(each, EncryptedField | EncryptedFileField) and each.column in present:
                    cursor.execute(f"SELECT {each.column} FROM {model._meta.db_table}")
                    found += [bytes(value, "ascii") if isinstance(value, str) else bytes(value) for (value,) in cursor]
    return [value.decode("latin-1") for value in found if value]


@pytest.fixture
def full(committed, approved, finance, secretary):
    """Rows in all the tables, with those of a person who was deleted since."""
    payment = payments.first(approved, actor=finance)
    person = factories.member(payment.items.first().line.community, "离任者")
    versions.remove(person, actor=None, reason="")
    run = ImportRun.objects.create(kind="roster", name="a.xlsx", file=b"\x00\xff:", uploaded_by=finance)
    ImportRow.objects.create(run=run, number=1, kind="new", content="行")
    BankAnswer.objects.create(payment=payment, name="a", content=b"1:2", at=payment.at, by=finance)
    return approved


def test_a_database_of_before_is_bound_also_when_that_is_interrupted_and_unbound_again(full, monkeypatch):
    before = values()
    migrate(EARLIER_MIGRATIONS)
    assert {value.split(":")[0] for value in stored()} == {"a1"}

    monkeypatch.setattr(binding, "BATCH", 1)
    write, left = binding.EncryptedTable.write, iter(range(3))

    def until_the_power_fails(*args):
        if next(left, None) is None:
            raise KeyboardInterrupt
        write(*args)

    monkeypatch.setattr(binding.EncryptedTable, "write", until_the_power_fails)
    with pytest.raises(KeyboardInterrupt):
        call_command("migrate", verbosity=0)
    assert {value.split(":")[0] for value in stored()} == {"a1", "a2"}
    monkeypatch.setattr(binding.EncryptedTable, "write", write)
    call_command("migrate", verbosity=0)

    assert {value.split(":")[0] for value in stored()} == {"a2"}
    assert values() == before
    # The table of the certificates went with its migration; the seals do not pass over that.
    assert [each.text for each in seals.verify()] == ["封存时的第二种算法复算证明已缺失"]
    assert constraints.missing() == []
    for model in (Member, ElectionLine, Objection):
        keys = dict(model.objects.values_list("pk", "row_key"))
        versions_of = model.history.values_list("id", "row_key")
        assert {pair for pair in versions_of if pair[0] in keys} == set(keys.items())
    assert SheetLine.objects.values("row_key").distinct().count() == SheetLine.objects.count() == 2
    with pytest.raises(IntegrityError):
        execute("UPDATE subsidies_paymentitem SET account = (SELECT account FROM subsidies_sheetline LIMIT 1)")


def test_a_value_of_before_is_read_until_its_row_is_bound():
    field = Member._meta.get_field("account")
    value = field.from_db_value(field.encrypted("6228480000000000011", ""), None, connection)
    assert Member(row_key="", account=value).account == "6228480000000000011"
    assert isinstance(Member(row_key="0" * 32, account=value).account, Unverified)


def test_a_value_of_before_that_cannot_be_opened_is_named(community):
    rows = binding.EncryptedTable(Member, "default")
    with pytest.raises(Unreadable, match="registry_member 7"):
        rows.opened((7, "", 7, "a1:k1:AAAA", "", ""))
