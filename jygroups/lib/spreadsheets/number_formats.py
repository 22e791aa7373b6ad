"""Number formats that show digits which the number itself does not have, such as 0000000 or "6228"0."""

import re

ADDED = 99  # digits shown at least, where a format adds some to any number
PART = re.compile(r'"(?P<text>[^"]*)"|\\(?P<character>.)|[_*].|\[[^\]]*\]|(?P<own>.)', re.DOTALL)
NO_DIGITS = re.compile("[a-z@/%,]", re.IGNORECASE)  # dates, General, texts, fractions, and numbers that are amounts


def least_digits(code: str) -> int:
    """How many digits before the point a number has at least where it is shown in this format.

    >>> least_digits("0.00"), least_digits("0000000"), least_digits('"6228"0'), least_digits("yyyy-mm-dd")
    (1, 7, 99, 1)
    """
    text, own = "", ""
    for part in PART.finditer(code):
        if part["own"] == ";":  # the next section is of negative numbers
            break
        text += part["text"] or part["character"] or ""
        own += part["own"] or ""
    if NO_DIGITS.search(own):
        return 1
    if re.search(r"\d", text) or re.search("[1-9]", own):
        return ADDED
    return max(1, own.partition(".")[0].count("0"))
