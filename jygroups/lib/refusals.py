"""How a service refuses what a user asked for, and how a form shows it."""

from typing import Any

from django.core.exceptions import ValidationError


class Refused(Exception):
    """What a user asked for cannot be done now: each problem gives the reason, and what to do."""

    def __init__(self, *problems: Any):
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Overtaken(Refused):
    """Another user was first: the record is not as this user saw it. The message names who and when."""


def add_problems(form: Any, error: ValidationError) -> None:
    """Show what a service refuses beside the field it is about, or above the form."""
    problems = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
    for field, found in problems.items():
        form.add_error(field if field in form.fields else None, found)
