"""What tests of imports by their pages share."""

import pytest
from django.core.cache import cache


@pytest.fixture
def real_areas(city):
    """The real areas and groups, and no import's progress in the cache."""
    cache.clear()


@pytest.fixture
def keeper(client, secretary):
    """The secretary who edits the rosters, signed in."""
    client.force_login(secretary)
    return secretary
