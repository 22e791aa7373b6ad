"""Chinese personal names: one spelling, and the pinyin they are found and ordered by."""

import os
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib import cells

LONGEST = 50
MIDDLE_DOT = "·"
LOOK_ALIKE_DOTS = "\u2022\u2027\u2219\u22c5\u30fb\uff65\u25cf\uff0e\u16eb\u0387."
# The CJK blocks of Unicode: radicals 〇 々, Extension A, the basic block, compatibility, Extensions B to I.
CJK = "\u2e80-\u2fdf々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
PRIVATE_USE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
PHRASES = Path(__file__).with_name("phrases.txt")  # those read otherwise than their characters, with their syllables
validate_name = RegexValidator(
    f"^[{CJK}]([{CJK}{MIDDLE_DOT}]*[{CJK}])?$",
    gettext_lazy("A name is made of Chinese characters, with · between the parts of a transcribed one."),
)

# Surnames that are read otherwise than the character usually is.
SURNAMES = {
    "万俟": ["mo", "qi"], "尉迟": ["yu", "chi"], "长孙": ["zhang", "sun"], "澹台": ["tan", "tai"],
    "单于": ["chan", "yu"], "令狐": ["ling", "hu"], "宰父": ["zai", "fu"], "乐正": ["yue", "zheng"],
    "曾": ["zeng"], "单": ["shan"], "仇": ["qiu"], "解": ["xie"], "查": ["zha"], "盖": ["ge"], "区": ["ou"],
    "朴": ["piao"], "任": ["ren"], "宁": ["ning"], "缪": ["miao"], "覃": ["qin"], "乐": ["yue"], "翟": ["zhai"],
    "冼": ["xian"], "折": ["she"], "黑": ["he"], "繁": ["po"], "种": ["chong"], "召": ["shao"], "员": ["yun"],
    "秘": ["bi"], "尉": ["wei"], "牟": ["mou"], "纪": ["ji"], "应": ["ying"], "柏": ["bai"], "薄": ["bo"],
    "祭": ["zhai"], "谌": ["chen"], "葛": ["ge"], "句": ["gou"], "降": ["jiang"], "宿": ["su"], "贾": ["jia"],
    "沈": ["shen"], "石": ["shi"], "华": ["hua"], "燕": ["yan"], "能": ["nai"], "訾": ["zi"], "阚": ["kan"],
    "洗": ["xian"], "逄": ["pang"], "那": ["na"], "车": ["che"], "重": ["chong"], "娄": ["lou"], "乜": ["nie"],
}  # fmt: skip


def normalised(text: str) -> str:
    """One spelling for one name: nothing around it, no blank between two characters, one kind of dot.

    Raises ValueError, with the way to fix it, for blanks elsewhere and for private-use characters, which mean
    another thing on each machine.
    """
    if PRIVATE_USE.search(text):
        raise ValueError(
            _("it holds a private-use character, which other machines show otherwise; type the name again")
        )
    parts = cells.unwrapped(text).split()
    if len(parts) > 1 and len("".join(parts)) != 2:
        raise ValueError(_("it holds a blank; a transcribed name takes · between its parts, others take none"))
    return re.sub(f"[{re.escape(LOOK_ALIKE_DOTS)}]", MIDDLE_DOT, "".join(parts))


def searched(words: str) -> str:
    """What somebody looks for, spelled as names are: without blanks, with one kind of dot."""
    return re.sub(f"[{re.escape(LOOK_ALIKE_DOTS)}]", MIDDLE_DOT, cells.plain(words))


def is_name(text: str) -> bool:
    try:
        validate_name(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST


def pinyin(name: str) -> str:
    """The name in syllables without tones, the surname read as a surname: 曾志国 → zeng zhi guo."""
    for length in (2, 1):
        if reading := SURNAMES.get(name[:length]):
            return " ".join(reading + _syllables(name[length:]))
    return " ".join(_syllables(name))


def initials(spelling: str) -> str:
    """zeng zhi guo → zzg."""
    return "".join(syllable[0] for syllable in spelling.split())


def matched(name: str, words: str) -> tuple[int, int]:
    """Which characters of the name, from and to, are found by the words as text, pinyin or initials; none: 0, 0.

    >>> matched("曾志国", "zengzh"), matched("曾志国", "zz"), matched("曾志国", "志国")
    ((0, 2), (0, 2), (1, 3))
    """
    if words and words in name:
        return name.index(words), name.index(words) + len(words)
    letters, spelling = "".join(words.lower().split()), pinyin(name).split()
    if not letters:
        return 0, 0
    if initials(" ".join(spelling)).startswith(letters):
        count = len(letters)
    elif "".join(spelling).startswith(letters):
        count = next(each for each in range(1, len(spelling) + 1) if len("".join(spelling[:each])) >= len(letters))
    else:
        return 0, 0
    places = [place for place, character in enumerate(name) if character != MIDDLE_DOT]
    return 0, places[min(count, len(places)) - 1] + 1


def _syllables(text: str) -> list[str]:
    library = _pypinyin()
    read = library.lazy_pinyin(text.replace(MIDDLE_DOT, ""), style=library.Style.NORMAL)
    # A character no table knows stands for itself, so that place and length of the name stay the same.
    return [syllable for syllable in read if syllable]


@cache
def _pypinyin() -> ModuleType:
    """The library with few of its phrases: all of them take 40 MB and a quarter of a second to load."""
    os.environ["PYPINYIN_NO_PHRASES"] = "1"
    import pypinyin

    phrases = map(str.split, PHRASES.read_text("utf-8").splitlines())
    pypinyin.load_phrases_dict({phrase: [[each] for each in syllables] for phrase, *syllables in phrases})
    return pypinyin
