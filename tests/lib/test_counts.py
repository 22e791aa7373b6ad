"""Counts that several processes make at once."""

import subprocess
import sys
import time

import pytest
import time_machine

from jygroups.lib.counts import FileCache, count

PROGRAM = """
import sys
from django.conf import settings
settings.configure(CACHES={"default": {"BACKEND": "jygroups.lib.counts.FileCache", "LOCATION": sys.argv[1]}})
from jygroups.lib.counts import count
print(max(count("key", 600) for _ in range(100)))
"""


def test_no_count_of_several_processes_is_lost(tmp_path):
    started = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    highest = [int(process.communicate(timeout=120)[0]) for process in started]
    assert max(highest) == 400
    assert len(set(highest)) == 4


def test_counting_does_not_prolong_the_time(tmp_path, monkeypatch):
    cache = FileCache(str(tmp_path), {})
    monkeypatch.setattr("jygroups.lib.counts.cache", cache)
    start = time.time()
    for second, expected in [(0, 1), (50, 2), (59, 3), (61, 1), (120, 2), (122, 1)]:
        with time_machine.travel(start + second, tick=False):
            assert count("key", 60) == expected, second


def test_a_count_that_is_not_there_is_named(tmp_path):
    cache = FileCache(str(tmp_path), {})
    with pytest.raises(ValueError, match="no count"):
        cache.incr("key")
    cache.set("kept", 5, None)
    assert cache.incr("kept", 2) == 7
