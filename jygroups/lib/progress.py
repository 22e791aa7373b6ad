"""How far long work has come: told by the work, shown by a command whose standard error is a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SECONDS_BETWEEN = 0.2
_show: ContextVar[Callable[[int, int | None], None] | None] = ContextVar("show", default=None)


def report(done: int, total: int | None = None) -> None:
    """So many rows are done, of so many if that is known. Costs nothing where nobody looks."""
    if show := _show.get():
        show(done, total)


@contextmanager
def on_terminal() -> Iterator[None]:
    """Show what is reported on one line of standard error, if that is a terminal, and wipe it at the end."""
    stream, last = sys.stderr, time.monotonic()

    def show(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN:
            last = time.monotonic()
            stream.write(f"\r\033[K{done:,}" + (f" / {total:,} ({done / total:.0%})" if total else ""))
            stream.flush()

    if not stream.isatty():
        yield
        return
    token = _show.set(show)
    try:
        yield
    finally:
        _show.reset(token)
        stream.write("\r\033[K")
