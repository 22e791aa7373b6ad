"""The audit pack: a month's closed sheets in one zip that an auditor verifies with a public key alone."""

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from jygroups.lib import chain, clock
from jygroups.lib.refusals import Refused
from registry.models import Act, IssuedHead, SigningKey, User
from registry.records import audit, heads, locks, signing
from subsidies import proof
from subsidies.bank import reconciliation
from subsidies.evidence import contents
from subsidies.models import Sheet
from subsidies.month import closing, seals
from subsidies.proof import second, verify

FILES = {"second.py": second, "verify.py": verify}
READ_ME = """{sheets} 审计包

由{city}居民小组工作补贴系统于 {at} 生成。

核验：python3 -I -S verify.py 本包.zip 公钥 [--head 此前签发的链头文件]
请使用另行取得、与本包无关的公钥和 verify.py（向市民政局索取，或用此前保存的同版本程序），不要用本包内的那份。
verify.py 只用 Python 3.11 标准库，不需要本系统；其 SHA-256 公布于系统的“封存核验”页面，本包生成时为
{verifier}。

manifest.json      全部文件的 SHA-256 与大小，manifest.sig 是其 Ed25519 签名
rules.json         各表所依据的补贴标准、参数与条款，当月有效的规定
街道代码/sheet.json     合计、签字人与时间、流转记录、社区确认、复算证明
街道代码/lines.jsonl    每人一行：固定下来的事实、核定结果、逐步说明与条款、摘要
街道代码/payments.json  支付批次、银行回盘、每一步到账情况
街道代码/seals.json     本街道各月的封存码
chain.jsonl        审计日志中与本月有关的条目及其链；其他条目只有摘要
head.json          签名的链头；keys.json 历次公钥

身份证号与银行账号只显示首尾各四位，另附密钥摘要（…_digest）：同一号码的摘要相同，可据以跨月比对，但不能还原号码。
“digest”与“seal”由密钥算出，只有系统自身能重新计算；可公开核验的是 commitment 与 closing_digest。
"""


class _Writer:
    """Files into a zip, one after another, with the digest and size of each."""

    def __init__(self, target: IO[bytes]):
        self.zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        found, size = hashlib.sha256(), 0
        with self.zip.open(name, "w", force_zip64=True) as file:
            for part in parts:
                file.write(part)
                found.update(part)
                size += len(part)
        self.files[name] = {"sha256": found.hexdigest(), "size": size}

    def add_json(self, name: str, data: Any) -> None:
        self.add(name, [heads.readable(data)])

    def add_rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        self.add(name, (chain.canonical(row) + b"\n" for row in rows))


def write(sheets: Sequence[Sheet], target: IO[bytes], *, actor: User | None = None) -> str:
    """Write the pack of these closed sheets of one month, and log it. Returns its SHA-256.

    `target` may be read again from its start. A line at a time is in memory, and no other user waits for it: the pack
    shows one moment. Raises Refused for a sheet that is not closed or not as it was sealed.
    """
    if open_ones := [sheet for sheet in sheets if not sheet.is_final]:
        names = _(", ").join(map(str, open_ones))
        raise Refused(_("Not approved yet, and so without an audit pack: %(sheets)s.") % {"sheets": names})
    with transaction.atomic():
        key = signing.current()
        head = heads.first_after(contents.newest_entry(sheets)) or heads.issue(actor)
    with locks.snapshot():
        rows = Sheet.objects.select_related("subdistrict", "standard").prefetch_related("standard__rates")
        own = list(rows.filter(pk__in=[sheet.pk for sheet in sheets]).order_by("subdistrict__code"))
        if faults := _faults(own, head):
            raise Refused(_("There is no audit pack of what is not as it was sealed:"), *faults)
        _write(own, target, head, key, actor)
    target.seek(0)
    digest = hashlib.file_digest(target, "sha256").hexdigest()  # type: ignore[arg-type]
    with transaction.atomic():
        for sheet in own:
            audit.record(
                Act.EXPORT, closing.subject(sheet), user=actor, what="audit pack", sheet=sheet.pk,
                lines=sheet.lines.count(), sha256=digest,
            )  # fmt: skip
    return digest


def _faults(sheets: Sequence[Sheet], head: IssuedHead) -> list[str]:
    """All that seals, the reconciliation and the pack's part of the audit log do not confirm."""
    faults = [
        f"{row.sheet} · {text}" for row in reconciliation.of(sheets, verify=True) for text in row.faults
    ]  # fmt: skip
    faults += [str(each) for sheet in sheets for each in seals.unchained(sheet)]
    first = contents.concerning(sheets).order_by("id").values_list("pk", flat=True).first() or head.entry_id
    return faults + audit.verify({head.entry_id: str(head.document["digest"])}, first).faults


def _write(sheets: Sequence[Sheet], target: IO[bytes], head: IssuedHead, key: SigningKey, actor: User | None) -> None:
    writer = _Writer(target)
    entries = closing.entries(*sheets)
    names = _(", ").join(map(str, sheets))
    at = chain.moment(clock.now())
    verifier = proof.digest_of(verify)
    writer.add("说明.txt", [READ_ME.format(sheets=names, city=settings.CITY_NAME, at=at, verifier=verifier).encode()])
    for name, module in FILES.items():
        writer.add(name, [Path(str(module.__file__)).read_bytes()])
    writer.add_json(
        "rules.json",
        {
            "rules": {sheet.subdistrict.code: closing.rules_data(sheet.standard.rules()) for sheet in sheets},
            "standards": {sheet.subdistrict.code: contents.of_standard(sheet.standard) for sheet in sheets},
            "provisions": contents.of_provisions(sheets[0].month),
        },
    )
    for sheet in sheets:
        folder = sheet.subdistrict.code
        closings = entries.get(sheet.pk, ())
        of_closing = closing.key_of(closings)
        writer.add_json(f"{folder}/sheet.json", contents.of_sheet(sheet, closings))
        writer.add_rows(f"{folder}/lines.jsonl", contents.of_lines(sheet, of_closing))
        writer.add_json(f"{folder}/payments.json", contents.of_payments(sheet, of_closing))
        writer.add_json(f"{folder}/seals.json", contents.of_seals(sheet))
    writer.add_rows("chain.jsonl", contents.of_chain(sheets, head.entry_id))
    writer.add("head.json", [heads.as_file(head)])
    keys = [
        {"public_key": each.public_key, "made_at": chain.moment(each.made_at), "endorsement": each.endorsement}
        for each in reversed(signing.all_keys())
    ]
    writer.add_json("keys.json", keys)
    manifest = heads.readable(
        {
            "form": verify.FORM,
            "city": settings.CITY_NAME,
            "month": sheets[0].month.isoformat(),
            "sheets": [sheet.subdistrict.code for sheet in sheets],
            "made_at": at,
            "made_by": contents.person(actor),
            "method": {"name": second.METHOD, "version": second.VERSION},
            "public_key": key.public_key,
            "files": writer.files,
        }
    )
    writer.zip.writestr("manifest.json", manifest)
    writer.zip.writestr("manifest.sig", base64.b64decode(signing.sign(manifest, key)))
    writer.zip.close()
