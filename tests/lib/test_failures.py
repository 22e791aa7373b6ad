"""Which errors of the database mean that it is away, so that trying again is of use; the others are faults."""

import pytest
from django.db import InterfaceError, OperationalError
from psycopg import errors
from psycopg_pool import PoolTimeout

from jygroups.lib import failures


@pytest.fixture(autouse=True)
def _postgresql(monkeypatch):
    monkeypatch.setattr(failures.connection, "vendor", "postgresql")


def wrapped(cause: Exception) -> OperationalError:
    """As Django raises an error of the driver."""
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cause",
    [
        PoolTimeout("no connection after 5 s"),
        errors.OperationalError("server closed the connection unexpectedly"),
        *(kind("x") for kind in (errors.AdminShutdown, errors.CannotConnectNow, errors.ConnectionFailure)),
        errors.TooManyConnections("x"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_it_is_away(cause):
    assert failures.is_away(wrapped(cause))
    assert failures.is_away(InterfaceError("connection already closed"))


@pytest.mark.parametrize("kind", [errors.DeadlockDetected, errors.QueryCanceled, errors.StatementTooComplex])
def test_what_it_refuses_while_it_answers_is_a_fault(kind):
    assert not failures.is_away(wrapped(kind("x")))


def test_a_closed_cursor_and_other_errors_are_faults():
    for error in (InterfaceError("the cursor is closed"), ValueError("connection closed"), None):
        assert not failures.is_away(error)


def test_a_request_that_is_too_much_at_once_has_a_page(client):
    answer = client.post("/login/", {f"field{number}": "" for number in range(1_001)})
    assert (answer.status_code, "未保存任何内容" in answer.content.decode()) == (400, True)
