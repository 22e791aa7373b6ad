"""The pages for what goes wrong in the site itself, made without the database."""

import errno
import logging
import sys

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.defaults import server_error

RETRY_AFTER = 10  # seconds
DISK_FULL = "53100"  # the code of PostgreSQL
# Connection lost, server stopped or starting, all connections taken.
AWAY = ("08", "57P0", "53300")
log = logging.getLogger(__name__)


def is_away(error: BaseException | None) -> bool:
    """Whether the database does not answer, or not in time; trying again is of use then."""
    if connection.vendor == "sqlite":
        return isinstance(error, OperationalError) and "locked" in str(error)
    if isinstance(error, InterfaceError):
        return "connection" in str(error) and "closed" in str(error)
    code = getattr(error.__cause__, "sqlstate", None) if error else None
    return isinstance(error, OperationalError) and (code is None or code.startswith(AWAY))


def is_full(error: BaseException | None) -> bool:
    """Whether there was no room on the disk, for a file or for the database."""
    if isinstance(error, OperationalError):
        return getattr(error.__cause__, "sqlstate", "") == DISK_FULL or "disk is full" in str(error)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def failed(request: HttpRequest) -> HttpResponse:
    """Handler of exceptions, each with one line in the log: 507 without room, 503 without the database; else 500."""
    error = sys.exc_info()[1]
    if is_full(error):
        return _answer(request, error, 507)
    if is_away(error):
        response = _answer(request, error, 503)
        response["Retry-After"] = str(RETRY_AFTER)
        return response
    return server_error(request)


def _answer(request: HttpRequest, error: BaseException | None, status: int) -> HttpResponse:
    log.error("%s %s: %s: %s", request.method, request.path, status, str(error).partition("\n")[0])
    vars(request).pop("session", None)  # it would be read or written once more
    response = HttpResponse(loader.get_template(f"{status}.html").render(), status=status)
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
