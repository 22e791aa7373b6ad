"""Fixtures of the registry's tests: two terms, and people of the first."""

from datetime import date

import pytest

from registry.models import Appointment, Position, Term
from tests import factories


@pytest.fixture
def terms(db):
    old = Term.objects.create(ordinal=1, first_day=date(2021, 1, 1), last_day=date(2025, 12, 31))
    return old, Term.objects.create(ordinal=2, first_day=date(2026, 1, 1), last_day=date(2030, 12, 31))


@pytest.fixture
def term(terms):
    return terms[1]


@pytest.fixture
def people(community, group, terms):
    """A leader and two members of the group, and a committee member, all of the first term."""
    rows = {
        name: factories.appointment(factories.member(community, name), body, position)
        for name, body, position in [
            ("甲长", group, Position.GROUP_LEADER),
            ("乙员", group, Position.GROUP_MEMBER),
            ("丙员", group, Position.GROUP_MEMBER),
            ("丁委", community.committee, Position.COMMITTEE_MEMBER),
        ]
    }
    Appointment.objects.update(term=terms[0])
    return {name: Appointment.objects.get(pk=row.pk) for name, row in rows.items()}
