"""What a register gathers with time, for the demo: somebody there twice, papers, sign-ins of a group's own people."""

import struct
import zlib
from datetime import date

from registry.models import (
    Appointment,
    Community,
    EndReason,
    FileKind,
    Member,
    MemberFile,
    Position,
    Post,
    ResidentsGroup,
    Role,
    User,
)
from registry.records import files, versions

SINCE = date(2021, 1, 1)
# Username, name and role of two of 福民社区第一居民小组's people.
GROUP_LOGINS = [
    ("groupleader.fumin", "李建荣", Role.GROUP_LEADER),
    ("groupmember.fumin", "贾瑞娟", Role.GROUP_MEMBER),
]
# Once entered with a slip in the last digits: the same name, birth date and account.
TWICE, SLIP = "620299196011048399", "620299196011048401"
PAPERS = [
    ("李建荣", "身份证复印件", FileKind.IDENTITY, "身份证.pdf"),
    ("李建荣", "银行卡正面", FileKind.BANK_CARD, "银行卡.png"),
    ("范晓玲", "劳动合同", FileKind.EMPLOYMENT, "劳动合同.pdf"),
]


def add_party_secretaries() -> None:
    """The directors 〔一(二) 居民委员会主任由社区党组织书记兼任〕; in one community it is not on record yet."""
    directors = Appointment.objects.filter(position=Position.DIRECTOR, last_day=None)
    by_community = dict(directors.values_list("committee__community", "member"))
    rows = list(Community.objects.filter(pk__in=by_community).order_by("code"))[:-1]
    for community in rows:
        community.party_secretary_id = by_community[community.pk]
    versions.update(rows, fields=["party_secretary"], actor=None, reason="登记社区党组织书记")


def add_twice_registered() -> None:
    """The second record of somebody who served in another community before the stipend began."""
    found = Member.objects.with_id_numbers([TWICE])
    if not found or Member.objects.with_id_numbers([SLIP]):
        return
    group = ResidentsGroup.objects.get(committee__community__name="胜利社区", ordinal=4)
    first, community = found[0], group.committee.community
    second = Member(
        name=first.name, id_number=SLIP, phone=first.phone, bank=first.bank, account=first.account,
        source=first.source, community=community,
    )  # fmt: skip
    versions.save(second, actor=None, reason="demo")
    office = Appointment(
        member=second, committee=group.committee, group=group, position=Position.GROUP_MEMBER,
        first_day=date(2017, 3, 1), last_day=date(2019, 2, 28), end_reason=EndReason.RESIGNATION,
    )  # fmt: skip
    versions.save(office, actor=None, reason="demo")


def add_papers(actor: User) -> None:
    for person, title, kind, name in PAPERS:
        member = Member.objects.filter(name=person, community__name="福民社区").first()
        if member and not MemberFile.objects.filter(member=member, title=title).exists():
            content = _pdf() if name.endswith("pdf") else _png()
            files.add(member, title=title, kind=kind, file=files.taken(name, content), actor=actor)


def add_group_logins(password: str) -> None:
    """Sign-ins of a group's people, with the hashed password; each is tied to who it is, when that one is there."""
    group = ResidentsGroup.objects.get(committee__community__name="福民社区", ordinal=1)
    for username, name, role in GROUP_LOGINS:
        member = Member.objects.filter(name=name, appointments__group=group).first()
        user, _ = User.objects.get_or_create(
            username=username, defaults={"name": name, "password": password, "member": member}
        )
        Post.objects.get_or_create(user=user, role=role, group=group, defaults={"first_day": SINCE})


def _pdf() -> bytes:
    """A PDF with one sentence: that it is a fictional paper."""
    text = b"BT /F1 24 Tf 72 720 Td (Demo: a fictional paper) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(content))
        content += b"%d 0 obj%s endobj\n" % (number, each)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, b"".join(places))
    return (
        content + table + b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(content))
    )


def _png(width: int = 320, height: int = 200) -> bytes:
    """A grey card."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes([200 if 20 < y < 180 else 240]) * width for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
