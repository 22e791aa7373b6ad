"""What is read once for a page, however many of its parts ask for it."""

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

_found: ContextVar[dict[Hashable, Any] | None] = ContextVar("found", default=None)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def once(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Keep each result by the function's arguments while a page is answered that only reads; elsewhere call again.

    Those who get the result share it, and do not change it.
    """

    @wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        found, key = _found.get(), (function, args, *kwargs.items())
        if found is None:
            return function(*args, **kwargs)
        if key not in found:
            found[key] = function(*args, **kwargs)
        return found[key]

    return call


def reading(get_response):
    """Middleware: a request that only reads sees the rows as they are when it first asks for them."""

    def middleware(request):
        token = _found.set({} if request.method in ("GET", "HEAD") else None)
        try:
            return get_response(request)
        finally:
            _found.reset(token)

    return middleware
