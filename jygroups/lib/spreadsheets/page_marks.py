"""The mark of workbooks with whole numbers, at the head of each printed page: who took the file, when and for what."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_MARK: ContextVar[str] = ContextVar("mark", default="")
LONGEST = 120  # characters; a head of a page holds 255


@contextmanager
def marked(text: str) -> Iterator[None]:
    """Put the text on the pages of each workbook that is made within."""
    token = _MARK.set(text)
    try:
        yield
    finally:
        _MARK.reset(token)


def text() -> str:
    """The mark itself; empty for none."""
    return _MARK.get()[:LONGEST]


def of_pages() -> str:
    """The mark as a workbook writes the head of its pages: small, grey, on the left; empty for none."""
    escaped = text().replace("&", "&&")
    return f"&L&8&K7F7F7F{escaped}" if escaped else ""
