"""No upload makes the process that takes it large, or raises anything but a refusal."""

import os
import resource
from random import Random

import pytest

from jygroups.lib.spreadsheets import sandbox
from tests.registry.imports import hostile

GROWTH = 100  # megabytes


def in_a_copy(work) -> str:
    """What the work returns in a copy of this process, and by how many megabytes that grew at most."""
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            result = work()
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
            os.write(writing, f"{result} {grown}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(child, 0)
    return text


def outcome(content: bytes) -> str:
    try:
        sandbox.read_sheets(content)
    except sandbox.Unreadable:
        return "refused"
    return "read"


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_a_hostile_upload_is_read_or_refused_in_little_memory(kind):
    content = hostile.KINDS[kind](Random(kind))
    result, grown = in_a_copy(lambda: outcome(content)).split()
    assert result in ("read", "refused")
    assert int(grown) <= GROWTH
