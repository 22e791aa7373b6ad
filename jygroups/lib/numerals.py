"""Numbers of groups in names, as people write them: 第三居民小组, 第3小组, 三组."""

import re

from jygroups.lib.cells import plain

MOST_GROUPS = 999  # of one committee


def group_ordinal(text: str) -> int | None:
    """第三居民小组, 第3小组, 三组 and 3 are all 3; None when it is no number of a group."""
    import cn2an  # takes a tenth of a second to load

    found = re.fullmatch(r"第?(\d+|[一二三四五六七八九十百]+)(居民)?(小?组)?", plain(text))
    try:
        ordinal = int(cn2an.cn2an(found[1], "smart")) if found else 0
    except ValueError:  # such as 百百
        return None
    return ordinal if 1 <= ordinal <= MOST_GROUPS else None


def numeral(number: int) -> str:
    """3 → 三, 12 → 十二."""
    import cn2an

    return cn2an.an2cn(number).removeprefix("一") if 10 <= number < 20 else cn2an.an2cn(number)
