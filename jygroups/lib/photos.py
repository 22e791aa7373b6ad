"""Photos as they are kept: the picture alone, without where, when and with what it was taken."""

import io

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_PIXELS = 64_000_000
QUALITY = 85


class Unreadable(Exception):
    """Not a picture, a broken one, or one of more pixels than are read."""


def cleaned(content: bytes, *, longest: int | None = None) -> bytes:
    """The same picture, JPEG or PNG, upright, without location and camera data; the longer side at most so many pixels.

    Raises Unreadable.
    """
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG"]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Unreadable
            if longest and picture.format == "JPEG":
                picture.draft(None, (longest, longest))  # decoded no larger than is needed
            form = picture.format
            upright = ImageOps.exif_transpose(picture)
            if longest:
                upright.thumbnail((longest, longest))
            if form == "JPEG" and upright.mode not in ("L", "RGB"):
                upright = upright.convert("RGB")
            # Pasted into a new picture: nothing but its pixels comes along.
            bare = Image.new(upright.mode, upright.size)
            if palette := upright.getpalette():
                bare.putpalette(palette)
            bare.paste(upright)
            stream = io.BytesIO()
            bare.save(stream, form, quality=QUALITY, optimize=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Unreadable from error
    return stream.getvalue()
