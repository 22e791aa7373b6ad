"""Photos as they are stored: the image alone, without place, time and camera."""

import io
import subprocess
import sys

from PIL import Image, ImageOps, UnidentifiedImageError

from jygroups.lib import child

MOST_PIXELS = 64_000_000
MEMORY, SECONDS = 2**30, 20  # of the process that decodes one
QUALITY = 85


class Unreadable(Exception):
    """Not an image, a broken one, or one of more pixels than are read."""


def cleaned(content: bytes, *, longest: int | None = None) -> bytes:
    """The same image, JPEG or PNG, upright, without location and camera data; the longer side at most so many pixels.

    It is decoded in a process of its own. Raises Unreadable.
    """
    try:
        return child.run(__name__, str(longest or 0), content=content, seconds=SECONDS)
    except subprocess.SubprocessError as error:
        raise Unreadable from error


def decoded(content: bytes, longest: int) -> bytes:
    """As `cleaned`, in this process; `longest` 0 leaves the size. Raises Unreadable."""
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable
            if longest and image.format == "JPEG":
                image.draft(None, (longest, longest))  # decoded no larger than is needed
            form = image.format
            upright = ImageOps.exif_transpose(image)
            if longest:
                upright.thumbnail((longest, longest))
            if form == "JPEG" and upright.mode not in ("L", "RGB"):
                upright = upright.convert("RGB")
            # Pasted into a new image: nothing but its pixels comes along.
            bare = Image.new(upright.mode, upright.size)
            if palette := upright.getpalette():
                bare.putpalette(palette)
            bare.paste(upright)
            stream = io.BytesIO()
            bare.save(stream, form, quality=QUALITY, optimize=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable from error
    return stream.getvalue()


if __name__ == "__main__":
    child.limit(memory=MEMORY, seconds=SECONDS)
    sys.stdout.buffer.write(decoded(sys.stdin.buffer.read(), int(sys.argv[1])))
