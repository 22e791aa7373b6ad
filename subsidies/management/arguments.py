"""Arguments of several commands."""

import argparse
import json
import re
from collections.abc import Callable, Collection
from typing import Any

from django.core.management.base import CommandError, DjangoHelpFormatter
from django.utils.translation import gettext as _

from jygroups.lib import clock, id_numbers
from jygroups.lib.months import Month
from registry.models import Member, Subdistrict


def month(text: str) -> Month:
    """A month such as 2024-05, for argparse."""
    try:
        return Month.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(_("«%(text)s» is no month; write it like 2024-05") % {"text": text}) from error


def year(text: str) -> int:
    """A year such as 2026, for argparse."""
    if not re.fullmatch(r"(19|20)\d\d", text):
        raise argparse.ArgumentTypeError(_("«%(text)s» is no year; write it like 2026") % {"text": text})
    return int(text)


def member(id_number: str) -> Member:
    """The person with the ID number; a record merged into another gives that one. Raises CommandError: 1."""
    number = id_numbers.normalised(id_number)
    try:
        id_numbers.check(number, today=clock.today())
    except ValueError as error:
        raise CommandError(f"{id_number} · {error}") from error
    found = Member.objects.select_related("merged_into").with_id_numbers([number])
    if not found:
        raise CommandError(_("Nobody on the register has the ID number %(number)s.") % {"number": id_number})
    return found[0].merged_into or found[0]


def count(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(_("«%(text)s» is no number of people") % {"text": text})
    return int(text)


class RawHelp(DjangoHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Django's help, with the lines of the epilog as they are."""


def json_of(text: str) -> Any:
    """The JSON. Raises ValueError with the place of the error in words."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        about = {"place": error.pos + 1, "rest": text[error.pos : error.pos + 20] or "–"}
        raise ValueError(_("this is no JSON from character %(place)s on: %(rest)s") % about) from error


def mapping(keys: Collection[str]) -> Callable[[str], dict]:
    """A JSON object with some of the keys, for argparse; its values are texts, numbers and lists of texts."""

    def read(text: str) -> dict:
        try:
            found = json_of(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        if not isinstance(found, dict) or not found.keys() <= set(keys):
            words = {"text": text, "keys": ", ".join(sorted(keys))}
            raise argparse.ArgumentTypeError(_("«%(text)s» is no JSON object with the keys %(keys)s") % words)
        return found

    return read


def add_month(parser) -> None:
    parser.add_argument("month", type=month, help="such as 2024-05")


def add_subdistrict(parser) -> None:
    parser.add_argument("--subdistrict", metavar="CODE", help="only this one, by its 9-digit code; else all")


def subdistricts(code: str | None) -> list[Subdistrict]:
    """The one of the code, or all. An unknown code is a usage error: 2."""
    found = list(Subdistrict.objects.filter(code=code) if code else Subdistrict.objects.all())
    if not found:
        raise CommandError(_("There is no subdistrict %(code)s.") % {"code": code or ""}, returncode=2)
    return found
