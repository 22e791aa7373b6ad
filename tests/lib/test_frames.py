"""An encrypted file in frames: it comes back as written, or what is wrong with it is reported."""

import hashlib
import io

import pytest

from jygroups.lib import frames, keys
from jygroups.lib.frames import Reader, Unusable, Writer

CONTENT = bytes(range(256)) * 2
SEALED = 64 + frames.TAG_BYTES  # bytes of a frame in the file


@pytest.fixture(autouse=True)
def _small_frames(monkeypatch):
    monkeypatch.setattr(frames, "FRAME", 64)


@pytest.fixture
def file() -> bytes:
    return written(CONTENT)


def written(content: bytes) -> bytes:
    target = io.BytesIO()
    writer = Writer(target, {"city": "某市", "at": "2026-11-30"})
    for place in range(0, len(content), 100):
        writer.write(content[place : place + 100])
    assert len(writer.close()) == 64
    assert writer.size == len(target.getvalue())
    return target.getvalue()


def read(file: bytes, size: int = len(CONTENT)) -> bytes:
    reader = Reader(io.BytesIO(file))
    content = reader.read(size)
    if not reader.is_at_end:
        raise Unusable("more than expected")
    return content


def frame(file: bytes, number: int) -> slice:
    start = file.index(b"\n") + 1 + number * SEALED
    return slice(start, start + SEALED)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 128, 512])
def test_what_was_written_comes_back_and_does_not_lie_there_in_clear(size):
    file = written(CONTENT[:size])
    assert read(file, size) == CONTENT[:size]
    assert size < 16 or CONTENT[:16] not in file


def test_every_changed_byte_is_reported(file):
    for place in range(len(file)):
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises(Unusable):
            read(bytes(changed))


def test_every_length_that_is_cut_off_is_reported(file):
    for length in range(len(file)):
        with pytest.raises(Unusable):
            read(file[:length])
    for text in (b"more", frames.END):
        with pytest.raises(Unusable):
            read(file + text)


def test_frames_that_were_exchanged_left_out_doubled_or_come_from_another_file_are_reported(file):
    first, second, third = (file[frame(file, number)] for number in range(3))
    other = written(CONTENT)
    for forged in (
        file.replace(first + second, second + first), file.replace(second, b""), file.replace(third, third + third),
        file.replace(second, other[frame(other, 1)]), file[: frame(file, 4).start] + frames.END,
    ):  # fmt: skip
        with pytest.raises(Unusable, match=r"byte|字节"):
            read(forged, 64 * 4)


def test_what_is_wrong_is_named(file, settings):
    for wrong, words in ((b"PK\x03\x04", "备份文件"), (b"", "备份文件"), (file[:-1], "结尾"), (file[:300], "结尾")):
        with pytest.raises(Unusable, match=words):
            read(wrong)
    with pytest.raises(Unusable, match="首行"):
        read(file.replace("某市".encode(), "甲市".encode()))
    old = keys.fingerprint(settings.DATA_KEYS["k1"])
    settings.DATA_KEYS = {"k2": keys.data_key()}
    with pytest.raises(Unusable, match=rf"k1.*{old}"):
        read(file)


@pytest.mark.parametrize(
    "about", [b"[]", b"\xff", b"{", b"{}", b'{"salt": 1}', b'{"salt": "zz"}', b'{"salt": "00"}', b'"salt"']
)
def test_a_first_line_that_somebody_made_up_is_reported(file, about):
    digest = hashlib.sha256(about).hexdigest()[:16].encode()
    rest = file[file.index(b"\n") :]
    with pytest.raises(Unusable, match="首行"):
        read(frames.MAGIC + about + b" " + digest + rest)


def test_an_older_key_is_found_by_its_fingerprint_and_sm4_does_the_same_work(file, settings):
    settings.DATA_KEYS = {"new": keys.data_key(sm=True), "old": settings.DATA_KEYS["k1"]}
    assert read(file) == CONTENT
    assert read(written(CONTENT)) == CONTENT
    del settings.DATA_KEYS["old"]
    with pytest.raises(Unusable):
        read(file)
