"""What a cell of a file, a paste or a form contains, without what spreadsheets and phones put around it.

Each function is the one normalisation of its kind of value for forms, paste, rosters, groups, bank files and search.
"""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

CACHED = 20_000  # answers: the cells of a file of some thousand rows, each of which is read many times
MARKS = "'’‘`\uff07"  # at the front of a cell: keep it as text
AS_TEXT = re.compile(r'=\s*(?:T\()?(["“”])(.*)["“”]\)?', re.DOTALL)  # ="6202…"
CURRENCY = re.compile(r"^(?:¥|RMB|CNY|人民币)|(?:元整?|圆整?|RMB|CNY)$", re.IGNORECASE)
DECIMAL = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+", re.ASCII)
# Shown as nothing, yet neither blanks nor format characters: fillers, the empty Braille cell, variation selectors.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f]")
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\u2500]")
BETWEEN_DIGITS = re.compile(rf"(?<=\d){DASHES.pattern}(?=\d)")
LIKE_X = str.maketrans("×хХχΧ✕", "XXXXXX")  # the multiplication sign, Cyrillic and Greek letters
NOTHING = re.compile(r"[-‐-―−─_/\\.、*~]+|暂?无|没有|暂缺|缺|空|未[填知]|不详|null|none|nil|n/?a|nan", re.IGNORECASE)
# Of these, those that leave open whether there is a day: where a day decides, they are refused, not read as nothing.
UNKNOWN = re.compile(r"[.、*~]+|暂?缺|空|未[填知]|不[详明]|nan", re.IGNORECASE)
UNTIL_NOW = re.compile(
    r"(至|到|迄)今|至现在|现在|现任|在任|在岗|任职中|未离任|未离职|在职|继续|长期|present|now", re.IGNORECASE
)
DAY = re.compile(
    r"(?P<y>\d{4})(?P<separator>[-/.])(?P<m>\d{1,2})(?:(?P=separator)(?P<d>\d{1,2})\.?)?"
    r"|(?P<y8>\d{4})(?P<m8>\d{2})(?P<d8>\d{2})"
    r"|(?P<yc>\d{4})年(?P<mc>\d{1,2})月(?:(?P<dc>\d{1,2})[日号]?)?",
    re.ASCII,
)
WEEKDAY = re.compile(r"\(?(星期|周|礼拜)[一二三四五六日天]\)?")
TIME = re.compile(r"T?(上午|下午)?\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?([AP]M)?(\+08:?00)?", re.ASCII | re.IGNORECASE)
NUMERALS = {numeral: place % 9 + 1 for place, numeral in enumerate("一二三四五六七八九壹贰叁肆伍陆柒捌玖")}
BUILDING_NUMERAL = re.compile(
    "(?<![〇零百佰十拾{0}])(?P<hundreds>[{0}][百佰])?(?(hundreds)[〇零]?)(?P<tens>[{0}]?[十拾])?(?P<ones>[{0}])?"
    "(?=号楼|[栋幢#])".format("".join(NUMERALS))
)
BUILDING_RANGE = re.compile(
    r"(?P<first>\d+|[{0}十拾]+)(?:号?[楼院栋幢]|[#号])?-+(?P<last>\d+|[{0}十拾]+)(?:号?楼|#|[栋幢])".format(
        "".join(NUMERALS)
    )
)
SEVERAL_BUILDINGS = re.compile(r"[、，,；;\n]|(号楼|[幢栋]).*\1")
FIRST_SERIAL, EPOCH = 20_000, date(1899, 12, 30)  # of spreadsheets; 20000 is 1954-10-03
LAST_SERIAL = 73_415  # 2100-12-31
BINARY_FRACTION = 7  # decimals from which an amount is a spreadsheet's binary fraction, such as 449.99999999999994


def unwrapped(text: str) -> str:
    """The cell's own text: without invisible characters, ="…", a leading apostrophe and blanks around it.

    Blanks inside remain; each kind of them (no-break, full-width, thin) becomes an ordinary space.

    >>> unwrapped('="620299197001010017"'), unwrapped("'\\u202d6228\\u202c\\xa0")
    ('620299197001010017', '6228')
    """
    text = (text if text.isprintable() else "".join(map(_visible, text))).strip()
    text = UNSEEN.sub("", text) if not text.isascii() else text
    if found := AS_TEXT.fullmatch(text):
        text = found[2].replace('""', '"').strip()
    return text[1:].strip() if text[:1] in MARKS else text


@lru_cache(CACHED)
def plain(text: str) -> str:
    """The text for comparison with known words: unwrapped, full-width forms narrowed, without blanks."""
    return "".join(unicodedata.normalize("NFKC", unwrapped(text)).split())


@lru_cache(CACHED)
def amount(text: str) -> Decimal | None:
    """Yuan as people and banks write them; None for what is no amount.

    Understood are thousands separators (only in their places), full-width digits and signs, ¥, RMB and 元, blanks, a
    sign and an accountant's brackets for a negative: 1,234.50 · １，２３４．５０元 · ¥ 350 · (350.00).
    """
    text = plain(text).replace("。", ".").replace("\N{MINUS SIGN}", "-")
    if bracketed := re.fullmatch(r"\((.+)\)", text):
        text = f"-{bracketed[1]}"
    unsigned = CURRENCY.sub("", CURRENCY.sub("", text.lstrip("+-")))
    sign = text[: len(text) - len(text.lstrip("+-"))]
    if not sign and unsigned[:1] in ("+", "-"):  # ¥-350
        sign, unsigned = unsigned[0], unsigned[1:]
    if len(sign) > 1 or not DECIMAL.fullmatch(unsigned):
        return None
    value = Decimal(unsigned.replace(",", ""))
    if len(unsigned.partition(".")[2]) >= BINARY_FRACTION:
        value = round(value, BINARY_FRACTION - 1).normalize()
    return -value if sign == "-" else value


def is_nothing(text: str, *, until_now: bool = False) -> bool:
    """Whether the whole cell means nothing: empty, 无, —, /, 暂无; with `until_now` also 至今, 在任.

    For columns in which emptiness has a meaning. A word inside a longer text is content: 无异议 is none of these.
    """
    text = plain(text)
    return not text or bool(NOTHING.fullmatch(text)) or (until_now and bool(UNTIL_NOW.fullmatch(text)))


def is_unknown(text: str) -> bool:
    """Whether the whole cell means that its value is missing or unknown, rather than that there is none."""
    return bool(UNKNOWN.fullmatch(plain(text)))


def id_number(text: str) -> str:
    """The characters of an identity number: without blanks and dashes, a small or look-alike x as X.

    >>> id_number("'６２０２９９-19700101-001x")
    '62029919700101001X'
    """
    return number(text).upper().translate(LIKE_X)


def number(text: str) -> str:
    """A number that is written in blocks, in full width or with dashes between its digits, as one piece."""
    return re.sub(r"(?<=[\dXx*])-(?=[\dXx*])", "", BETWEEN_DIGITS.sub("-", plain(text)))


def phone(text: str) -> str:
    """A mobile as 11 digits, a landline as 0937-6222222; what is neither comes as it is written, without blanks.

    >>> phone("+86 138-0000-0000"), phone("（0937）6222222"), phone("0086-0937 6222222")
    ('13800000000', '0937-6222222', '0937-6222222')
    """
    written = re.sub(r"\.0$", "", plain(text))
    digits = BETWEEN_DIGITS.sub("-", written)
    digits = re.sub(r"^(?:\(?(?:\+|00)86\)?|86(?=-?1\d{10}$|-?1\d\d-))-?", "", digits)
    joined = digits.replace("-", "")
    if re.fullmatch(r"01[3-9]\d{9}", joined, re.ASCII):  # a mobile as it is dialled from elsewhere
        return joined[1:]
    if found := re.fullmatch(r"\(?(0\d{2,3})\)?[-/]?(\d{3,4}-?\d{4})", digits, re.ASCII):
        return f"{found[1]}-{found[2].replace('-', '')}"
    return joined if re.fullmatch(r"1\d{10}|\d{7,8}", joined, re.ASCII) else written


def building(text: str) -> str:
    """One spelling for one building: 1#楼, １号楼, 1 号楼, 一号楼, 壹号楼 and 1# are 1号楼.

    A numeral counts where it is the whole number of the building: 五一号楼 has none.

    >>> building("试验小区 1＃楼"), building("试验小区十二号楼"), building("五一号楼")
    ('试验小区1号楼', '试验小区12号楼', '五一号楼')
    """
    name = BUILDING_NUMERAL.sub(_numeral_in_digits, BETWEEN_DIGITS.sub("-", plain(text)))
    name = re.sub(r"(?<=[\dA-Za-z])#(?=[楼院栋幢门])", "号", name)
    return re.sub(r"(?<=[\dA-Za-z])#(?=\d|$)", "号楼", name)


def are_several_buildings(text: str) -> bool:
    """Whether the text names more than one building; 3-1号楼 is one, of a part with a number.

    >>> [*map(are_several_buildings, ["试验小区1～3号楼", "一号楼至三号楼", "1号楼，2号楼", "3-1号楼"])]
    [True, True, True, False]
    """
    if SEVERAL_BUILDINGS.search(text) or SEVERAL_BUILDINGS.search(building(text)):
        return True
    name = re.sub("[~～〜至到]+", "-", DASHES.sub("-", plain(text)))
    found = BUILDING_RANGE.search(name)
    if not found:
        return False
    first, last = found["first"], found["last"]
    return not (first.isdecimal() and last.isdecimal()) or int(first) < int(last)


def _numeral_in_digits(found: re.Match[str]) -> str:
    hundreds, tens, ones = (found[key] or "" for key in ("hundreds", "tens", "ones"))
    if not hundreds + tens + ones:
        return found[0]
    digits = [NUMERALS.get(part[:1], 1) if part else 0 for part in (hundreds, tens, ones)]
    return str(digits[0] * 100 + digits[1] * 10 + digits[2])


class WrittenDay(NamedTuple):
    """A day as it is written; not yet checked against the calendar."""

    year: int
    month: int
    day: int | None  # None for a month alone
    separator: str | None


def day(text: str) -> WrittenDay | None:
    """The day in the cell, whatever separates its parts, with a time or a weekday after it; None for none.

    None also for a time of another zone, whose day may be another one here.

    >>> day("2026-01-05 00:00:00")[:3], day("2026年1月5日（星期一）")[:3], day("2021.10")[:3]
    ((2026, 1, 5), (2026, 1, 5), (2021, 10, None))
    """
    text = unicodedata.normalize("NFKC", unwrapped(text))
    text = DASHES.sub("-", text).replace("。", ".")
    first, *rest = re.split(r"(?<=\d|日|号)(?:\s+(?=\S*\d?:|上午|下午|\(?星期|\(?周)|(?=T\d|\())", text, maxsplit=1)
    time = WEEKDAY.sub("", "".join("".join(rest).split()))
    found = DAY.fullmatch(WEEKDAY.sub("", "".join(first.split())))
    if not found or (time and not TIME.fullmatch(time)):
        return None
    parts = found.groupdict()
    year, month, of_month = (parts[key] or parts[f"{key}8"] or parts[f"{key}c"] for key in "ymd")
    return WrittenDay(int(year), int(month), int(of_month) if of_month else None, parts["separator"])


def serial_day(text: str) -> date | None:
    """The day whose serial number in a spreadsheet this is (since 1900): 46027 is 2026-01-05; None for none."""
    found = re.fullmatch(r"(\d{5})(?:\.\d+)?", plain(text), re.ASCII)
    if not found or not FIRST_SERIAL <= int(found[1]) <= LAST_SERIAL:
        return None
    return EPOCH + timedelta(days=int(found[1]))


def _visible(character: str) -> str:
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Cc":
            return character if character in "\t\n\r" else ""
        case "Zs" | "Zl" | "Zp":
            return " "
        case _:
            return character
