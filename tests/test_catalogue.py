"""One catalogue, complete, and compiled as committed."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).resolve().parents[1] / "jygroups/locale/zh_Hans/LC_MESSAGES/django.po"
# What has half-width signs: numbers, addresses, attributes of tags, and clauses as they are cited, 三(三).
AS_WRITTEN = re.compile(r"\d,\d|https?://\S+|=\"[^\"]*\"|[一二三四五六七八九十]\([一二三四五六七八九十]\)")
HAN = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[,;:!?()\"]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def messages():
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def forms(text) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def test_every_text_has_its_chinese():
    wanting = [m.id for m in messages() if m.id and (m.fuzzy or not all(forms(m.string)))]
    assert wanting == []


def test_placeholders_are_the_same_in_both_languages():
    unlike = [
        m.id
        for m in messages()
        if m.id
        and any(set(PLACEHOLDER.findall(form)) != set(PLACEHOLDER.findall(forms(m.id)[-1])) for form in forms(m.string))
    ]
    assert unlike == []


def test_the_compiled_catalogue_is_fresh():
    compiled = io.BytesIO()
    write_mo(compiled, messages())
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue()


def test_chinese_sentences_have_full_width_punctuation():
    half = [
        form
        for m in messages()
        if m.id
        for form in forms(m.string)
        if HAN.search(form) and HALF_WIDTH.search(AS_WRITTEN.sub("", PLACEHOLDER.sub("", form)))
    ]
    assert half == []


# Short words with several meanings: each place has its own, distinguished by the context.
MEANINGS = [
    ("forecast", "changed", "调整后"),
    ("", "changed", "更正"),
    ("Standard", "to come", "待执行"),
    ("term", "to come", "下届"),
    ("step", "to come", "未到"),
    ("re-election", "handed over", "已交街道"),
    ("", "handed over", "档案移交"),
    ("correction", "settled", "已结算"),
    ("", "settled", "已办结"),
    ("person", "name", "姓名"),
    ("", "name", "名称"),
    ("file", "Size", "大小"),
    ("", "Size", "人数"),
    ("month", "Close", "办结"),
    ("", "Close", "关闭"),
]


@pytest.mark.parametrize(("context", "word", "chinese"), MEANINGS)
def test_a_short_word_has_the_meaning_of_its_place(context, word, chinese):
    assert messages().get(word, context or None).string == chinese
