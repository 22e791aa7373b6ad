"""A process of its own for what decodes files of strangers: whatever a file does to it, this process goes on."""

import os
import resource
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 10  # more than the child's own limit of processor time, before it is ended


def run(module: str, *arguments: str, content: bytes, seconds: int) -> bytes:
    """What `python -m MODULE ARGUMENTS` prints, given the content on standard input, which is not written to disk.

    `seconds` of processor time are what the child allows itself; it is ended once these and GRACE_SECONDS have passed.
    Raises subprocess.TimeoutExpired or subprocess.CalledProcessError.
    """
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT,
        env={"PATH": os.environ.get("PATH", os.defpath)},  # no key and no address of a database
        input=content,
        capture_output=True,
        timeout=seconds + GRACE_SECONDS,
        check=True,
    ).stdout


def limit(*, memory: int, seconds: int) -> None:
    """Limit this process to so many bytes of memory and seconds of processor time; the child calls it first."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
