"""How far long work has come."""

import io

from jygroups.lib import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_how_far_the_work_has_come_and_is_wiped(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0)
    with progress.on_terminal():
        progress.report(500, 2_000)
        progress.report(1_000)
    assert "500 / 2,000 (25%)" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")


def test_nothing_is_shown_to_who_is_no_terminal_or_did_not_ask(monkeypatch):
    stream, terminal = io.StringIO(), Terminal()
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0)
    monkeypatch.setattr("sys.stderr", stream)
    with progress.on_terminal():
        progress.report(1)
    monkeypatch.setattr("sys.stderr", terminal)
    progress.report(1)
    assert stream.getvalue() + terminal.getvalue() == ""
