"""The demo: fictional people in numbers, and one login per role."""

import pytest

from jygroups.lib import store
from registry.demo import city as demo
from registry.models import Member, MemberFile, Role, User
from registry.people.duplicates import services as duplicates
from registry.records import files
from tests import factories
from tests.registry.imports.roster_rows import contents

pytestmark = pytest.mark.usefixtures("city")


def test_the_demo_does_not_mix_with_other_people(community):
    factories.member(community, id_number=factories.id_number(county="999999"))
    with pytest.raises(demo.OtherPeople):
        demo.load()
    assert Member.objects.count() == 1
    assert not User.objects.exists()


@pytest.mark.parametrize("members", [1, 100, 1_500])
def test_the_demo_has_as_many_people_as_asked_for(members):
    demo.load(members)
    assert Member.objects.count() == members
    assert all(member.id_number.startswith("620299") for member in Member.objects.all())


def test_there_is_a_login_for_every_role():
    demo.load(1)
    assert {post.role for user in User.objects.all() for post in user.posts.all()} == set(Role)
    assert set(User.objects.values_list("username", flat=True)) == set(demo.USERNAMES)
    finance = User.objects.get(username="finance")
    assert finance.check_password(demo.PASSWORD)
    assert finance.has_perm("subsidies.export_sheet")


def test_the_whole_demo_has_somebody_twice_papers_and_people_who_sign_in_for_themselves_and_is_not_loaded_again():
    demo.load()
    clerk = User.objects.get(username="clerk.xiongguan")
    [pair] = duplicates.pairs(clerk)
    assert pair.first.name == "巩学义"
    assert len(pair.reasons) == 3
    assert duplicates.plan(pair.first, pair.second).against == []
    for paper in MemberFile.objects.all():
        content = store.get(paper.digest)
        assert files.content_type(paper.name, content) == paper.content_type
    leader = User.objects.get(username="groupleader.fumin")
    assert leader.member.appointments.filter(group__in=leader.reach().groups).exists()
    before = contents()
    demo.load()
    assert contents() == before
