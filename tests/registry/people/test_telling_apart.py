"""Deciding that two people are not one, and deciding again."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from registry.models import DistinctPersons, Member
from registry.people.duplicates import likeness, todo
from registry.people.duplicates import services as duplicates
from tests import factories

BORN = date(1966, 3, 4)


class TestDeciding:
    @pytest.fixture
    def pair(self, community, sibling):
        return [factories.member(each, "李四", id_number=factories.id_number(BORN, n)) for n, each in
                enumerate((community, sibling), 601)]  # fmt: skip

    def test_it_is_recorded_with_who_when_and_why_and_shown_on_both_pages(self, client, clerk, pair):
        client.force_login(clerk)
        one, other = pair
        assert "可能与" in client.get(one.get_absolute_url()).text
        address = f"{reverse('tell-apart', args=[one.pk, other.pk])}?from={one.pk}"
        assert address in client.get(one.get_absolute_url()).text
        shown = client.get(address).text
        assert all(words in shown for words in (one.community.name, other.community.name, "相同之处"))
        assert client.post(address, {"reason": " "}).status_code == 422
        assert not DistinctPersons.objects.exists()
        assert client.post(address, {"reason": "堂兄弟，已核对证件"}).url == one.get_absolute_url()
        decision = DistinctPersons.objects.get()
        assert (decision.reason, decision.history.get().history_user) == ("堂兄弟，已核对证件", clerk)
        for each in pair:
            page = client.get(each.get_absolute_url()).text
            assert "堂兄弟，已核对证件" in page
            assert clerk.name in page
            assert "可能与" not in page

    def test_it_can_be_decided_again_and_both_acts_stay_in_the_history(self, client, clerk, pair):
        client.force_login(clerk)
        one, other = pair
        duplicates.keep_apart(one, other, actor=clerk, reason="已核对证件")
        address = reverse("ask-again", args=[other.pk, one.pk])
        assert address in client.get(other.get_absolute_url()).text
        assert "已核对证件" in client.get(address).text
        assert client.post(address).status_code == 422
        assert duplicates.pairs(clerk) == []
        client.post(address, {"reason": "证件有误"})
        assert client.get(address).status_code == 302  # it is undecided
        assert len(duplicates.pairs(clerk)) == 1
        kinds = DistinctPersons.history.order_by("history_id").values_list("history_type", "history_user")
        assert list(kinds) == [("+", clerk.pk), ("-", clerk.pk)]

    def test_the_workbench_of_the_clerk_counts_the_pairs_and_of_nobody_else(self, clerk, civil, secretary, pair):
        counts = [[line.text for line in todo.lines(user, timezone.localdate())] for user in (clerk, civil, secretary)]
        assert counts == [["疑似重复登记，待判定是否同一人：1对"], [], []]

    def test_records_of_two_subdistricts_are_decided_by_civil_affairs(self, client, clerk, civil, stranger, community):
        earlier, one = (
            factories.member(place, "李四", id_number=factories.id_number(BORN, order))
            for order, place in enumerate((stranger, community), 611)
        )
        client.force_login(clerk)
        page = client.get(one.get_absolute_url()).text
        assert "由民政局判定" in page
        assert "大众社区" not in page
        assert list(todo.lines(clerk, timezone.localdate())) == []
        assert [line.text for line in todo.lines(civil, timezone.localdate())] == [
            "疑似重复登记，待判定是否同一人：1对"
        ]
        client.force_login(civil)
        assert "可能与" in client.get(one.get_absolute_url()).text
        client.post(reverse("tell-apart", args=[one.pk, earlier.pk]), {"reason": "已核对证件"})
        assert likeness.in_doubt(Member.objects.all()) == set()

    def test_a_secretary_decides_nothing_on_the_page(self, client, secretary, pair):
        client.force_login(secretary)
        assert client.post(reverse("tell-apart", args=[each.pk for each in pair])).status_code == 403
        assert client.post(reverse("ask-again", args=[each.pk for each in pair])).status_code == 403
