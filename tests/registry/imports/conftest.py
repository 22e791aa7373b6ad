"""What tests of imports by their pages share."""

import pytest
from django.core.cache import cache

from registry.imports.pasted import ORDER
from registry.models import ResidentsGroup
from tests.registry.imports.paste_form import Form, address


@pytest.fixture
def real_areas(city):
    """The real areas and groups, and no import's progress in the cache."""
    cache.clear()


@pytest.fixture
def keeper(client, secretary):
    """The secretary who edits the rosters, signed in."""
    client.force_login(secretary)
    return secretary


@pytest.fixture
def group_here(city, community):
    return ResidentsGroup.objects.get(committee__community=community, ordinal=1)


@pytest.fixture
def paste(client, keeper, group_here):
    """Paste rows, below titles unless these are copied along; what comes back is the page."""

    def send(*rows, is_titled=True):
        rows = [ORDER, *rows] if is_titled and rows[0][0] == "张三" else rows
        text = "\n".join("\t".join(row) for row in rows)
        return Form(client, group_here, client.post(address(group_here), {"rows": text}))

    return send
