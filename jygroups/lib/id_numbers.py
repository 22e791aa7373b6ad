"""Resident identity numbers 公民身份号码 (GB 11643): check, read, mask."""

import re
from datetime import date

from django.utils.translation import gettext as _
from stdnum.iso7064 import mod_11_2

from jygroups.lib import cells
from jygroups.lib.encryption import Unverified


def normalised(text: str) -> str:
    """As the standard writes it, whatever the cell or form has around and between its characters."""
    return cells.id_number(text)


def check(number: str, *, today: date) -> None:
    """Raises ValueError with the error in words unless the number is valid.

    The county in front decides nothing: tables of counties miss real people.
    """
    if len(number) == 15 and number.isascii() and number.isdigit():
        raise ValueError(_("this is an old ID number of 15 digits; write the one of 18 from the card"))
    if len(number) != 18:
        raise ValueError(_("an ID number has 18 characters; this has %(count)s") % {"count": len(number)})
    if not (number[:17].isascii() and number[:17].isdigit()) or number[17] not in "0123456789X":
        raise ValueError(_("an ID number is 17 digits and a digit or X; look for other characters"))
    try:
        born = birth_date(number)
    except ValueError:
        raise ValueError(_("its birth date %(digits)s is no day of the calendar") % {"digits": number[6:14]}) from None
    if born > today:
        raise ValueError(_("its birth date %(date)s lies in the future") % {"date": born})
    expected = mod_11_2.calc_check_digit(number[:17])
    if number[17] != expected:
        raise ValueError(_("the check digit should be %(digit)s") % {"digit": expected})


def is_like(text: str) -> bool:
    """Whether the text is meant for an ID number, so that it must not stand in an address or a log."""
    return re.fullmatch(r"\d{14,17}[\dX]", normalised(text)) is not None


def masked_within(text: str) -> str:
    """The text, such as a file's name, with every long number in it masked."""
    return re.sub(r"\d{12,}[\dXx]?", lambda found: masked(found[0]), text)


def birth_date(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def age(number: str, on: date) -> int:
    """Full years of age on the day."""
    born = number[6:14]
    return on.year - int(born[:4]) - (f"{on:%m%d}" < born[4:])


def is_male(number: str) -> bool:
    return int(number[16]) % 2 == 1


def end(number: str) -> str:
    """The last four characters, beside a name that several people have."""
    return number if isinstance(number, Unverified) else number[-4:]


def masked(number: str) -> str:
    """6202**********1234: enough to distinguish two people, not enough to use.

    >>> masked("62029919700101001X")
    '6202**********001X'
    """
    if isinstance(number, Unverified):
        return number
    return number[:4] + "*" * (len(number) - 8) + number[-4:] if len(number) > 8 else "*" * len(number)
