"""Each row of docs/security.md names tests, and these exist."""

import re
from pathlib import Path

from django.conf import settings

TESTS = settings.BASE_DIR / "tests"
ROWS = re.findall(
    r"^\| (\d[\d, ]*) \|.*?\| (.*) \| (.*) \|$", (settings.BASE_DIR / "docs/security.md").read_text(), re.M
)


def named(tests: str) -> list[Path]:
    """The files and folders that a row names; one without a folder lies beside the one before it, or in tests."""
    found: list[Path] = []
    for name in re.findall(r"`([\w/]+(?:\.py|/))`", tests):
        beside = found[-1].parent / name if found else TESTS / name
        found.append(beside if "/" not in name and beside.exists() else TESTS / name)
    return found


def test_each_row_names_tests_that_exist_and_says_whether_it_holds():
    numbers = [int(number) for numbers, *_rest in ROWS for number in numbers.split(",")]
    assert sorted(numbers) == list(range(1, 31))
    for numbers, tests, state in ROWS:
        assert named(tests), numbers
        assert [path for path in named(tests) if not path.exists()] == [], numbers
        assert state.startswith("holds"), numbers
