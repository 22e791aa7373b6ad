"""Fixtures of the tests of access: a second administrator, and somebody who is given a post."""

import pytest
from django.utils import timezone

from registry.access.posts import services as posts
from registry.models import Post, Role, area_of
from tests import factories


@pytest.fixture
def second(db):
    return factories.user("second", Role.SYSTEM_ADMINISTRATOR)


@pytest.fixture
def newcomer(db):
    return factories.user("newcomer")


@pytest.fixture
def given(sysadmin, newcomer, community):
    """By role, a post just given by the administrator."""

    def give(role=Role.CLERK, **fields):
        place = {
            "": {}, "subdistrict": {"subdistrict": community.subdistrict}, "community": {"community": community},
            "group": {},
        }[area_of(role)]  # fmt: skip
        return posts.give(
            Post(user=newcomer, role=role, first_day=timezone.localdate(), **place, **fields), actor=sysadmin
        )

    return give
