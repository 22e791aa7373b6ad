"""The demo's public notices: each month's lists are posted before approval; residents object twice."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from PIL import Image, ImageDraw

from jygroups.lib import clock
from jygroups.lib.months import Month
from registry.models import User
from registry.records import files
from subsidies.models import Channel, Notice, Objection, ObjectionOutcome, Sheet
from subsidies.month import notice_states
from subsidies.notices import services

DAYS = 5
On = Callable[[Month, int], AbstractContextManager[None]]


def hang(sheet: Sheet, *, clerk: User) -> list[Notice]:
    """Post the lists of all communities from today on, with a photo of the first board."""
    communities = [posting.community for posting in notice_states.of(sheet).values()]
    today = clock.today()
    until = today + timedelta(days=DAYS - 1)
    notices = services.post(
        sheet=sheet, communities=communities, place="社区公示栏", posted_on=today, until=until, actor=clerk
    )
    if notices:
        services.change(notices[0], photos=[files.taken("公示栏.jpg", _board())], actor=clerk)
    return notices


def object_to(notice: Notice, *, clerk: User) -> Objection:
    """Record a resident's question whether a person on the list serves at all."""
    line = notice.sheet.lines.filter(community=notice.community, net__gt=0).select_related("member").earliest("ordinal")
    objection = Objection(
        notice=notice,
        received_on=clock.today(),
        channel=Channel.PHONE,
        member=line.member,
        objector="居民来电",
        text="反映该同志近期很少到小组走访，是否仍应享受补贴。",
    )
    services.record_objection(objection, actor=clerk)
    return objection


def of_closed(sheet: Sheet, month: Month, *, on: On, clerk: User, objected: bool) -> None:
    """From posting on the 3rd to closing on the 8th."""
    with on(month, 3):
        notices = hang(sheet, clerk=clerk)
    if objected and notices:
        with on(month, 5):
            objection = object_to(notices[0], clerk=clerk)
        with on(month, 6):
            services.answer(
                objection,
                outcome=ObjectionOutcome.NOT_UPHELD,
                answer="经社区核实，该同志在岗履职，走访记录齐全，已向来电居民说明。",
                answered_on=clock.today(),
                actor=clerk,
            )
    with on(month, 8):
        services.close_all(notices, actor=clerk)


def _board() -> bytes:
    """A board with a sheet of lines on it."""
    image = Image.new("RGB", (480, 360), (96, 125, 110))
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((120, 40, 360, 330), fill=(250, 250, 245), outline=(60, 60, 60))
    drawing.rectangle((180, 60, 300, 74), fill=(180, 30, 30))
    for top in range(95, 300, 14):
        drawing.line((140, top, 340, top), fill=(120, 120, 120))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=70)
    return stream.getvalue()
