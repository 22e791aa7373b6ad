"""The one exception with which a service refuses what a user asked for."""

from typing import Any


class Refused(Exception):
    """What a user asked for cannot be done now: each problem says why, and what to do."""

    def __init__(self, *problems: Any):
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Overtaken(Refused):
    """Another user was first: the record is not as this user saw it. The message says who and when."""
