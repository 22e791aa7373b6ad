"""Names in pinyin: read as by the whole library, of which few phrases are loaded."""

import os
import subprocess
import sys

import pytest

from jygroups.lib import names

# By the whole library, in a process of its own, since a process has either all of its phrases or few.
UNUSUAL = """
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT
for phrase in sorted(PHRASES_DICT):
    syllables = lazy_pinyin(phrase)
    if syllables != [syllable for character in phrase for syllable in lazy_pinyin(character)]:
        print(phrase, *syllables)
"""
RESIDENT = """
from pathlib import Path
from jygroups.lib import names
pages = lambda: int(Path("/proc/self/statm").read_text().split()[1])
before = pages()
names.pinyin("张三")
print((pages() - before) * 4096 / 2**20)
"""


def printed(program: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYPINYIN_NO_PHRASES"}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_the_phrases_are_those_of_the_library_that_read_otherwise_than_their_characters():
    assert printed(UNUSUAL) == names.PHRASES.read_text("utf-8")


def test_the_first_name_takes_little_memory():
    assert float(printed(RESIDENT)) < 25  # 56 with all phrases


@pytest.mark.parametrize(
    ("name", "spelling"),
    [("张三", "zhang san"), ("李长江", "li chang jiang"), ("王重庆", "wang chong qing"), ("单乐乐", "shan le le")],
)
def test_a_given_name_that_is_a_phrase_is_read_as_one(name, spelling):
    assert names.pinyin(name) == spelling
