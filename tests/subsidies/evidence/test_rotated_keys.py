"""All keys are rotated between two months: both stay evidence, and a leaked former key makes none."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone

from jygroups.lib import keys, store
from jygroups.lib.digests import SealField, UnstoredIndexField, keyed
from jygroups.lib.encryption import BlindIndexField
from jygroups.lib.months import Month
from jygroups.lib.refusals import Refused
from registry.models import Act, AuditEntry, KnownKey
from registry.records import heads, known_keys, seal_keys, signing
from subsidies.bank import payments
from subsidies.models import PaymentItem, PayResult, Sheet, SheetLine, Step
from subsidies.month import arrivals, certificates, closing, notice_states, seals, sheets, workflow
from tests import factories
from tests.lib.test_binding import execute
from tests.registry.records.test_key_rotation import given_new
from tests.subsidies.evidence.packs import pack, verified

NAMES = ("INDEX_KEY", "SEAL_KEY")
JUNE = Month(2024, 6)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"


@pytest.fixture
def before(closed):
    """The keys are noted and a head is issued."""
    known_keys.record_first()
    heads.issue()
    return closed


def rotated(settings, *, sm: bool = False) -> None:
    given_new(settings, *NAMES, sm=sm)
    settings.DATA_KEYS = {f"k{len(settings.DATA_KEYS) + 1}": keys.data_key(sm=sm), **settings.DATA_KEYS}
    call_command("rotate_keys")


def open_june(community, clerk) -> Sheet:
    [sheet] = sheets.prepare(JUNE, [community.subdistrict], actor=clerk)
    workflow.confirm(sheet=sheet, community=community, actor=clerk)
    return sheet


def closed_june(sheet, clerk, leader, finance) -> Sheet:
    for step, user in ((Step.SUBMIT, clerk), (Step.ENDORSE, leader), (Step.APPROVE, finance)):
        sheet = workflow.take(step, sheet=sheet, actor=user)
    return Sheet.objects.select_related("subdistrict", "standard").get(pk=sheet.pk)


def evidence() -> dict[str, list]:
    """Every stored seal, and what of lines they cover."""
    found = {}
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, SealField)]
        if names and model is not AuditEntry:
            found[model._meta.db_table] = list(model._base_manager.order_by("pk").values_list("pk", *names))
    return found


@pytest.mark.parametrize("sm", [False, True])
def test_a_month_before_and_a_month_after_verify(before, settings, community, clerk, leader, finance, tmp_path, sm):
    stored = evidence()
    rotated(settings, sm=sm)
    assert evidence() == stored
    assert (list(seals.verify()), heads.verify().faults) == ([], [])
    june = closed_june(open_june(community, clerk), clerk, leader, finance)
    factories.answered(june)
    heads.issue()
    assert (list(seals.verify()), heads.verify().faults) == ([], [])
    for command, arguments in (("verify_seals", ()), ("verify_audit", ()), ("reconcile", ("2024-05",))):
        call_command(command, *arguments)
    for sheet in (before, june):
        assert payments.payees(sheet.payments.get()) != []
        code, printed = verified(tmp_path, pack(sheet), signing.current().public_key)
        assert (code, "全部一致" in printed) == (0, True), printed


def test_rotated_twice_all_three_keys_verify_what_each_has_made(before, settings, community, clerk, leader, finance):
    rotated(settings)
    closed_june(open_june(community, clerk), clerk, leader, finance)
    rotated(settings, sm=True)
    assert (list(seals.verify()), heads.verify().faults) == ([], [])
    made = {seal_keys.key_of(entry) for entry in AuditEntry.objects.all()}
    assert made == {settings.SEAL_KEY, *settings.OLD_SEAL_KEYS}
    settings.OLD_SEAL_KEYS = settings.OLD_SEAL_KEYS[::-1]  # as one that was lost is put back
    assert known_keys.problems() == []
    assert (list(seals.verify()), heads.verify().faults) == ([], [])


def test_a_sheet_open_at_the_rotation_goes_on_with_its_confirmation(
    before, settings, community, clerk, leader, finance
):
    sheet = open_june(community, clerk)
    digests = list(sheet.lines.order_by("ordinal").values_list("digest", flat=True))
    rotated(settings)
    sheets.prepare(JUNE, [community.subdistrict], actor=clerk)  # computed again: nobody confirms again
    assert list(sheet.lines.order_by("ordinal").values_list("digest", flat=True)) == digests
    sheet.refresh_from_db()
    closed_june(sheet, clerk, leader, finance)
    assert (list(seals.verify()), heads.verify().faults) == ([], [])


def test_a_list_posted_before_is_posted_still(before, settings, community, clerk):
    june = open_june(community, clerk)
    notice = factories.notice(community, JUNE)
    rotated(settings)
    [posting] = notice_states.of(june).values()
    assert (posting.notice, posting.to_post) == (notice, False)


def test_an_altered_line_is_named_before_and_after(before, settings, community, clerk, leader, finance, unguarded):
    rotated(settings)
    closed_june(open_june(community, clerk), clerk, leader, finance)
    unguarded()
    for month in (before.month, JUNE.first_day):
        line = SheetLine.objects.filter(month=month, net__gt=0).first()
        execute(f"UPDATE subsidies_sheetline SET name = '别人' WHERE id = {line.pk}")
    assert {each.line.month for each in seals.verify() if each.line} == {before.month, JUNE.first_day}


class TestLeakedFormerKey:
    """Who has the former key and writes to the database without its guards is found out."""

    @pytest.fixture
    def june(self, before, settings, community, clerk, leader, finance, unguarded):
        rotated(settings)
        june = closed_june(open_june(community, clerk), clerk, leader, finance)
        factories.answered(june)
        [self.leaked] = settings.OLD_SEAL_KEYS
        unguarded()
        return june

    def forged_line(self, sheet) -> list[SheetLine]:
        """The first line has another account, with a digest by the former key; the lines in their order."""
        lines = certificates.lines_of(sheet)
        lines[0].name = "别人"
        lines[0].digest = keyed(seals.content(lines[0]), self.leaked)
        execute(f"UPDATE subsidies_sheetline SET name = '别人', digest = '{lines[0].digest}' WHERE id = {lines[0].pk}")
        return lines

    @pytest.mark.parametrize("is_before", [True, False])
    def test_no_sheet_is_sealed_with_it(self, june, before, is_before):
        sheet = before if is_before else june
        lines = self.forged_line(sheet)
        seal = keyed(seals._of_sheet(sheet, lines), self.leaked)
        execute(f"UPDATE subsidies_sheet SET seal = '{seal}' WHERE id = {sheet.pk}")
        assert list(seals.verify()) != []

    def test_a_new_sheet_dated_before_is_none_of_then(self, june):
        earlier = timezone.now().replace(year=2020).isoformat()
        execute(f"UPDATE subsidies_sheet SET approved_at = '{earlier}' WHERE id = {june.pk}")
        june.refresh_from_db()
        lines = self.forged_line(june)
        execute(f"UPDATE subsidies_sheet SET seal = '{keyed(seals._of_sheet(june, lines), self.leaked)}' "
                f"WHERE id = {june.pk}")  # fmt: skip
        assert [each for each in seals.verify() if each.sheet == june] != []

    @pytest.mark.parametrize("is_before", [True, False])
    def test_nobody_is_paid_to_an_account_written_with_it(self, june, before, is_before):
        payment = (before if is_before else june).payments.get()
        item = payment.items.order_by("pk").first()
        item.name = "别人"
        digest = keyed(seals._of_item(item), self.leaked)
        execute(f"UPDATE subsidies_paymentitem SET name = '别人', digest = '{digest}' WHERE id = {item.pk}")
        with pytest.raises(Refused):
            payments.payees(payment)
        assert list(seals.verify()) != []

    @pytest.mark.parametrize("is_before", [True, False])
    def test_no_payment_event_is_written_with_it(self, june, before, is_before):
        """Dated back, with the seal of the sheet's events."""
        sheet = before if is_before else june
        event = PayResult.objects.filter(line__sheet=sheet).order_by("line", "-ordinal").first()
        event.reason, event.at = "改写", before.approved_at
        previous = PayResult.objects.filter(line=event.line, ordinal=event.ordinal - 1).get().digest
        digest = keyed(arrivals._of_event(event, previous), self.leaked)
        execute(f"UPDATE subsidies_payresult SET reason = '改写', at = '{event.at.isoformat()}', digest = '{digest}' "
                f"WHERE id = {event.pk}")  # fmt: skip
        counts, _seal = arrivals.sealed(sheet)
        newest = {line: each.digest for line, each in arrivals.newest(sheet.lines.all()).items()}
        seal = keyed(arrivals._of_results(sheet.pk, counts, newest), self.leaked)
        execute(f"UPDATE subsidies_resultseal SET seal = '{seal}' WHERE sheet_id = {sheet.pk}")
        assert list(seals.verify()) != []

    @pytest.mark.parametrize("is_newest", [True, False])
    def test_no_entry_of_the_log_is_written_with_it(self, june, is_newest):
        """Not the newest one, and none of before the rotation, with all that follow up to it."""
        retired = AuditEntry.objects.get(act=Act.KEYS, details__what="SEAL_KEY")
        if is_newest:
            rows = [AuditEntry.objects.order_by("id").last()]
        else:
            rows = list(AuditEntry.objects.filter(pk__lt=retired.pk).order_by("id"))
        previous = rows[0].previous
        for number, row in enumerate(rows):
            row.subject, row.previous = row.subject if number else "改写", previous
            row.digest = previous = seal_keys.digest(row, self.leaked)
            execute(f"UPDATE registry_auditentry SET subject = '{row.subject}', previous = '{row.previous}', "
                    f"digest = '{row.digest}' WHERE id = {row.pk}")  # fmt: skip
        assert heads.verify().faults != []
        with pytest.raises(CommandError):
            call_command("verify_audit")

    def test_it_is_not_brought_back_by_a_changed_table_of_keys(self, june, settings):
        known, limit = KnownKey.objects.get(kind="SEAL_KEY", state="retired"), seal_keys.retired()[self.leaked]
        for entry in (None, AuditEntry.objects.order_by("id").last().pk):
            execute(f"UPDATE registry_knownkey SET entry_id = {entry or 'NULL'} WHERE id = {known.pk}")
            seal_keys._found.clear()
            assert seal_keys.retired()[self.leaked] == limit


def test_a_retired_key_has_to_stay_and_is_never_the_first_again(before, settings):
    rotated(settings)
    new, [old] = settings.SEAL_KEY, settings.OLD_SEAL_KEYS
    settings.OLD_SEAL_KEYS = []
    [text] = known_keys.problems()
    assert keys.fingerprint(old) in text
    settings.SEAL_KEY, settings.OLD_SEAL_KEYS = old, [new]
    [text] = known_keys.problems()
    assert keys.fingerprint(old) in text
    with pytest.raises(CommandError):
        call_command("rotate_keys")


def test_each_keyed_digest_in_the_database_is_in_a_column_that_a_rotation_knows(
    before, community, clerk, leader, finance, monkeypatch
):
    made, begun = set(), keys.digest
    monkeypatch.setattr(keys, "digest", lambda key, content: made.add(value := begun(key, content)) or value)
    member = before.lines.first().member
    member.account = "6228480000000000099"
    member.save()
    factories.file(member, clerk)
    june = closed_june(open_june(community, clerk), clerk, leader, finance)
    factories.answered(june)
    classes = (BlindIndexField, store.StoredDigestField, SealField, UnstoredIndexField)
    seen = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField) and made & {*model._base_manager.values_list(field.name, flat=True)}:
                seen.add(type(field))
                assert isinstance(field, classes), str(field)
    assert seen >= {BlindIndexField, store.StoredDigestField, SealField}
    assert closing.number_digest(member.account) in made
    assert PaymentItem.objects.exists()
