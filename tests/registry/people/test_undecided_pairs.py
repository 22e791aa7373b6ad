"""Which undecided pairs are listed and counted: more than fit on a page, decided ones, and numbers corrected later."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry.models import DistinctPersons, Member
from registry.people.duplicates import likeness, todo
from registry.people.duplicates import services as duplicates
from registry.records import versions
from tests import factories

ACCOUNT = "6228480030002732015"
BORN = date(1966, 3, 4)


def with_one_account(community, count: int) -> list[Member]:
    return [factories.member(community, f"赵试{order}", account=ACCOUNT) for order in range(count)]


def alike(*places) -> list[Member]:
    """One of the name and birth date in each place."""
    return [
        factories.member(place, "李四", id_number=factories.id_number(BORN, order))
        for order, place in enumerate(places, 801)
    ]


def test_after_the_first_hundred_of_an_account_are_decided_the_others_are_listed(clerk, community):
    with_one_account(community, 16)
    listed = duplicates.pairs(clerk)
    assert len(listed) == likeness.MOST
    for pair in listed:
        duplicates.keep_apart(pair.first, pair.second, actor=clerk)
    assert len(duplicates.pairs(clerk)) == 16 * 15 // 2 - likeness.MOST


def test_a_pair_with_one_name_is_listed_though_a_hundred_others_have_its_account(clerk, community):
    with_one_account(community, 16)
    pair = [factories.member(community, "钱桂香", account=ACCOUNT) for _each in range(2)]
    first = duplicates.pairs(clerk)[0]
    assert [first.first, first.second] == pair


def test_pairs_about_a_person_come_before_those_about_an_account(clerk, community, monkeypatch):
    monkeypatch.setattr(likeness, "MOST", 5)
    with_one_account(community, 5)
    pair = alike(community, community)
    assert [duplicates.pairs(clerk)[0].first, duplicates.pairs(clerk)[0].second] == pair


def test_pairs_within_subdistricts_do_not_hide_those_of_civil_affairs(clerk, civil, community, stranger, monkeypatch):
    monkeypatch.setattr(likeness, "MOST", 6)
    alike(*[community] * 6, stranger)
    today = timezone.localdate()
    assert [line.text for line in todo.lines(civil, today)] == ["疑似重复登记，待判定是否同一人：6对"]
    assert stranger in (pair.second.community for pair in duplicates.pairs(civil))


def test_the_workbench_counts_more_pairs_than_the_page_lists(clerk, community, monkeypatch):
    monkeypatch.setattr(likeness, "MOST", 3)
    for order in range(4):
        for number in (1, 2):
            factories.member(community, f"钱试{order}", id_number=factories.id_number(BORN, 2 * order + number))
    assert len(duplicates.pairs(clerk)) == 3
    assert [line.text for line in todo.lines(clerk, timezone.localdate())] == ["疑似重复登记，待判定是否同一人：4对"]


def test_the_list_does_not_count_the_versions_of_the_whole_city(clerk, community):
    alike(community, community)
    with CaptureQueriesContext(connection) as asked:
        duplicates.pairs(clerk)
    assert not [each["sql"] for each in asked if "COUNT(DISTINCT" in each["sql"]]


@pytest.mark.parametrize("which", [0, 1], ids=["earlier record", "later record"])
def test_a_number_corrected_to_one_of_the_other_after_the_decision_asks_again(clerk, community, which):
    pair = alike(community, community)
    duplicates.keep_apart(*pair, actor=clerk)
    changed, other = pair[which], pair[1 - which]
    number = other.id_number
    other.id_number = factories.id_number(BORN, 899)
    versions.save(other, actor=clerk)
    assert duplicates.pairs(clerk) == []
    changed.id_number = number
    versions.save(changed, actor=clerk)
    [found] = duplicates.pairs(clerk)
    assert found.reasons == ["一方现用另一方原来的身份证号"]
    assert likeness.in_doubt(Member.objects.all()) == {pair[1].pk}
    duplicates.keep_apart(*pair, actor=clerk, reason="已核对证件")
    assert duplicates.pairs(clerk) == []
    assert DistinctPersons.objects.get().history.count() == 2


def test_somebody_new_with_a_former_number_of_a_merged_record_is_asked_about(clerk, community):
    former, right = factories.id_number(BORN, 811), factories.id_number(BORN, 813)
    survivor = factories.member(community, "钱试", id_number=factories.id_number(date(1970, 1, 1), 815))
    merged = factories.member(community, "孙试", id_number=former)
    merged.id_number = right
    versions.save(merged, actor=clerk, reason="更正")
    duplicates.merge(survivor=survivor, other=merged, chosen=[], seen=(survivor.version, merged.version), actor=clerk)
    new = factories.member(community, "周试", id_number=former)
    assert likeness.in_doubt(Member.objects.filter(pk=new.pk)) == {new.pk}
    [pair] = duplicates.pairs(clerk)
    assert {pair.first.pk, pair.second.pk} == {survivor.pk, new.pk}
