"""Progress of long work: reported by the work, shown by an observer such as a command on a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SECONDS_BETWEEN = 0.2
Show = Callable[[int, int | None], None]
_show: ContextVar[Show | None] = ContextVar("show", default=None)


def report(done: int, total: int | None = None) -> None:
    """Report the number of finished rows, and the total if known. Costs nothing without an observer."""
    if show := _show.get():
        show(done, total)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """Give what is reported to `show`, a few times a second at most."""
    last = 0.0

    def now_and_then(done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN:
            last = time.monotonic()
            show(done, total)

    token = _show.set(now_and_then)
    try:
        yield
    finally:
        _show.reset(token)


@contextmanager
def on_terminal() -> Iterator[None]:
    """Show what is reported on one line of standard error, if that is a terminal, and wipe it at the end."""
    stream = sys.stderr

    def show(done: int, total: int | None) -> None:
        stream.write(f"\r\033[K{done:,}" + (f" / {total:,} ({done / total:.0%})" if total else ""))
        stream.flush()

    if not stream.isatty():
        yield
        return
    try:
        with shown_by(show):
            yield
    finally:
        stream.write("\r\033[K")
