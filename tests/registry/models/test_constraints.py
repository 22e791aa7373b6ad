"""What the database itself refuses, on SQLite and on PostgreSQL alike."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from jygroups.lib import constraints
from registry.models import Appointment, AuditEntry, Member, Position, Post, Role, Term
from registry.records import audit, seal_keys
from tests import factories

LEADER, MEMBER = Position.GROUP_LEADER, Position.GROUP_MEMBER


@pytest.fixture
def person(community):
    return factories.member(community)


def test_a_last_day_before_the_first_is_refused(person, group):
    with pytest.raises(IntegrityError):
        factories.appointment(person, group, first_day=date(2021, 1, 2), last_day=date(2021, 1, 1))


def test_employment_that_ends_before_it_begins_is_refused(person):
    with pytest.raises(IntegrityError):
        factories.employment(person, date(2021, 1, 2), date(2021, 1, 1))


@pytest.mark.parametrize("position", [Position.DIRECTOR, Position.COMMITTEE_MEMBER, Position.SUPERVISION_DIRECTOR])
def test_a_committee_position_has_no_group(person, group, position):
    with pytest.raises(IntegrityError):
        Appointment.objects.create(
            member=person, committee=group.committee, group=group, position=position, first_day=date(2021, 1, 1)
        )


@pytest.mark.parametrize("position", [LEADER, MEMBER])
def test_a_group_position_has_a_group(person, community, position):
    with pytest.raises(IntegrityError):
        Appointment.objects.create(
            member=person, committee=community.committee, position=position, first_day=date(2021, 1, 1)
        )


OVERLAPS = [
    (date(2021, 1, 1), None, date(2022, 1, 1), None),
    (date(2021, 1, 1), date(2022, 1, 1), date(2022, 1, 1), None),  # the last day and the first are one
    (date(2022, 1, 1), date(2022, 12, 31), date(2021, 1, 1), None),
    (date(2022, 1, 1), date(2022, 12, 31), date(2021, 1, 1), date(2022, 1, 1)),
]


@pytest.mark.parametrize("days", OVERLAPS)
def test_two_offices_of_one_person_in_one_group_do_not_overlap(person, group, days):
    factories.appointment(person, group, LEADER, *days[:2])
    with pytest.raises(IntegrityError):
        factories.appointment(person, group, MEMBER, *days[2:])


@pytest.mark.parametrize("days", OVERLAPS)
def test_two_offices_of_one_person_in_one_committee_do_not_overlap(person, community, days):
    factories.appointment(person, community.committee, Position.DIRECTOR, *days[:2])
    with pytest.raises(IntegrityError):
        factories.appointment(person, community.committee, Position.COMMITTEE_MEMBER, *days[2:])


@pytest.mark.parametrize("days", OVERLAPS)
def test_a_group_has_one_leader_at_a_time(person, community, group, days):
    factories.appointment(person, group, LEADER, *days[:2])
    with pytest.raises(IntegrityError):
        factories.appointment(factories.member(community), group, LEADER, *days[2:])


@pytest.mark.parametrize("days", OVERLAPS)
def test_an_update_cannot_make_an_overlap_either(person, community, group, days):
    factories.appointment(person, group, LEADER, *days[:2])
    later = factories.appointment(factories.member(community), group, MEMBER, *days[2:])
    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=later.pk).update(position=LEADER)


def test_one_office_may_follow_another_on_the_next_day(person, group):
    factories.appointment(person, group, MEMBER, date(2021, 1, 1), date(2022, 12, 31))
    factories.appointment(person, group, LEADER, date(2023, 1, 1))
    assert Appointment.objects.count() == 2


def test_offices_in_different_bodies_may_overlap(person, community, group):
    factories.appointment(person, group)
    factories.appointment(person, factories.group(community, 2))
    factories.appointment(person, community.committee, Position.COMMITTEE_MEMBER)
    factories.appointment(person, community.committee, Position.SUPERVISION_DIRECTOR)
    assert Appointment.objects.count() == 4


def test_terms_do_not_overlap(db):
    Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31))
    with pytest.raises(IntegrityError):
        Term.objects.create(ordinal=2, first_day=date(2025, 12, 31), last_day=date(2030, 12, 31))


def test_an_overlap_is_reported_in_the_form_in_words(person, group):
    factories.appointment(person, group)
    second = Appointment(
        member=person, committee=group.committee, group=group, position=MEMBER, first_day=date(2022, 1, 1)
    )
    with pytest.raises(ValidationError, match="小组"):
        second.full_clean()


def test_a_form_saved_unchanged_is_no_overlap_with_itself(person, group):
    factories.appointment(person, group).full_clean()
    assert Appointment.objects.count() == 1


def test_one_id_number_is_one_person(community, person):
    with pytest.raises(IntegrityError):
        factories.member(community, "李四", id_number=person.id_number)


@pytest.mark.parametrize(
    ("role", "area"),
    [
        (Role.FINANCE, ["subdistrict"]),
        (Role.CLERK, []),
        (Role.CLERK, ["community"]),
        (Role.SECRETARY, ["subdistrict", "community"]),
        (Role.GROUP_LEADER, ["community"]),
    ],
)
def test_a_post_without_the_area_of_its_role_is_refused(community, group, role, area):
    areas = {"subdistrict": community.subdistrict, "community": community, "group": group}
    user = factories.user("somebody")
    with pytest.raises(IntegrityError):
        Post.objects.create(user=user, role=role, first_day=date(2021, 1, 1), **{name: areas[name] for name in area})


@pytest.mark.usefixtures("as_owner")
def test_the_audit_log_is_added_to_and_never_changed():
    entry = audit.record("export", "雄关街道 2024-05", lines=330)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(subject="another")
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.delete()
    assert AuditEntry.objects.get().subject == "雄关街道 2024-05"


@pytest.mark.usefixtures("as_owner")
def test_versions_are_added_and_never_changed(person):
    person.name = "李四"
    person.save()
    versions = Member.history.filter(id=person.pk)
    assert versions.count() == 2
    for change in ({"name": "王五"}, {"history_user": None, "history_change_reason": "改"}, {"history_type": "~"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            versions.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        versions.delete()


def test_a_rotation_of_keys_renews_the_ciphertexts_of_versions(person):
    version = Member.history.get(id=person.pk)
    with connection.cursor() as cursor:
        field = Member.history.model._meta.get_field("id_number")
        renewed = field.encrypted(person.id_number, person.row_key)
        table = Member.history.model._meta.db_table
        cursor.execute(f"UPDATE {table} SET id_number = %s WHERE history_id = %s", [renewed, version.pk])
    assert Member.history.get(id=person.pk).id_number == person.id_number


def test_each_audit_entry_holds_the_digest_of_the_one_before(db):
    first, second = audit.record("export", "one"), audit.record("export", "two")
    assert (first.previous, second.previous) == ("", first.digest)
    assert second.digest == seal_keys.digest(AuditEntry.objects.get(pk=second.pk))


@pytest.mark.usefixtures("as_owner")
def test_a_check_misses_a_trigger_that_is_gone(db):
    name = constraints.AppendOnly(name="audit_entry_append_only").triggers(AuditEntry, connection)
    assert constraints.missing() == []
    with connection.cursor() as cursor:
        table = "" if connection.vendor == "sqlite" else f" ON {AuditEntry._meta.db_table}"
        cursor.execute(f"DROP TRIGGER {next(iter(name))}{table}")
    assert constraints.missing() == [next(iter(name))]
    constraints.install_triggers()
    assert constraints.missing() == []


def test_migrations_are_complete(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    assert constraints.missing() == []
