"""审计包核验程序：只用 Python 3.11 标准库，不需要发放系统。

用法：python3 -I -S verify.py 审计包.zip [公钥] [--head 链头文件]…

公钥由审计人员在取得审计包之前另行取得（manage.py signing_key，或“审计链”页面）。本程序也应另行取得，不用包内的那份，
其 SHA-256 由“封存核验”页面和 manage.py audit_pack 公布。不给公钥时用包内的公钥，只能证明包内各部分一致，不能证明出自
何处。包内的程序只执行第二种算法，且仅当其 SHA-256 是本程序所认可的。

核验内容：每个文件的摘要与签名；用第二种算法对每一行重新核定；行、合计与支付的加总；每一行的摘要与封存；各月封存码的
衔接；复算证明；审计日志的链、链头及其签名。退出码：0 全部一致，1 有差异，2 用法有误，3 未见差异但有未能证明之处。
"""

import argparse
import base64
import hashlib
import itertools
import json
import sys
import types
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

FORM = "jygroups-pack-1"
LISTED = 200  # differences that are printed
# By version, the SHA-256 of the second method that may be executed: nothing else of a pack is.
METHODS = {1: "124a62b1f90623521a387bd2682244fdee008107f04b36b5074d8635363c8503"}
AT_ONCE = timedelta(minutes=2)  # at most, from the signature of an approval to its event
OPEN = ("to_pay", "refused", "bounced")  # the stages of a line whose money may be handed to the bank


# Ed25519, RFC 8032 ----------------------------------------------------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if not square:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if (x & 1) != sign else x


def _add(a, b):
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number, point):
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point = _add(point, point)
        number >>= 1
    return found


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = _x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def _point(data):
    number = int.from_bytes(data, "little")
    y = number & ((1 << 255) - 1)
    x = _x(y, number >> 255)
    return None if x is None else (x, y, 1, x * y % P)


def is_signed(content, signature, public_key):
    """Whether the signature (64 bytes) over the content was made with the key of this public one (32 bytes)."""
    if len(signature) != 64 or len(public_key) != 32:
        return False
    a, r = _point(public_key), _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + content).digest(), "little") % Q
    left, right = _times(s, BASE), _add(r, _times(h, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


# The same forms as the application's, by other code ------------------------------------------------------------


def canonical(content):
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def digest(content):
    return hashlib.sha256(canonical(content)).hexdigest()


class Pack:
    """The pack, and what was found in it: what it is of, counts by subject, differences, what is not proven, notes."""

    def __init__(self, path, public_key=None):
        self.zip = zipfile.ZipFile(path)
        self.names = self.zip.namelist()
        self.public_key = public_key
        self.counts, self.closings, self.entries, self.seals = {}, {}, {}, {}
        self.of, self.faults, self.limits, self.notes = [], [], [], []
        self.method, self.decide = "", None

    def count(self, subject, number=1):
        self.counts[subject] = self.counts.get(subject, 0) + number

    def fault(self, file, text, line=None):
        where = f"{file} 第{line}行" if line is not None else file
        self.faults.append(f"{where}：{text}")

    def expect(self, is_so, file, text, line=None):
        if not is_so:
            self.fault(file, text, line)
        return is_so

    def read(self, name):
        return self.zip.read(name)

    def json(self, name):
        return json.loads(self.read(name))

    def rows(self, name):
        with self.zip.open(name) as file:
            for number, line in enumerate(file, 1):
                yield number, json.loads(line)


def verify(path, public_key=None, heads=()):
    """Verify the pack. Returns it with what was found; `heads` are names and contents of heads issued earlier."""
    try:
        pack = Pack(path, public_key)
    except (zipfile.BadZipFile, OSError) as error:
        print(f"不是可读的 zip 文件：{error}", file=sys.stderr)
        raise SystemExit(1) from None
    steps = {
        "manifest.json": verify_files,
        "manifest.sig": verify_signature,
        "second.py": verify_method,
        "sheet.json": verify_sheets,
        "chain.jsonl": verify_chain,
        "head": lambda pack: verify_heads(pack, heads),
    }
    for name, step in steps.items():
        try:
            step(pack)
        except Exception as error:  # whatever a changed file leads to is a difference, not the end
            pack.fault(name, f"无法核验（{type(error).__name__}：{error}）")
        if step is verify_signature and pack.faults:
            pack.fault("manifest.json", "文件或签名不符，包内程序未予执行，其余各项未予核验")
            break
    return pack


def verify_files(pack):
    """Each file by its digest and size; none missing, none more."""
    manifest = pack.manifest = pack.json("manifest.json")
    pack.expect(manifest["form"] == FORM, "manifest.json", f"格式不是 {FORM}")
    outside = {"manifest.json", "manifest.sig"}
    pack.expect(len(pack.names) == len(set(pack.names)), "zip", "同名文件不止一个")
    for name in sorted(set(pack.names) - outside - set(manifest["files"])):
        pack.fault(name, "清单中没有此文件")
    for name, entry in manifest["files"].items():
        if name not in pack.names:
            pack.fault(name, "包内缺少此文件")
            continue
        found, size = hashlib.sha256(), 0
        try:
            with pack.zip.open(name) as file:
                while part := file.read(1 << 20):
                    found.update(part)
                    size += len(part)
        except zipfile.BadZipFile as error:
            pack.fault(name, f"文件已损坏（{error}）")
            continue
        pack.expect((found.hexdigest(), size) == (entry["sha256"], entry["size"]), name, "内容与清单的摘要不一致")
        pack.count("文件摘要")


def verify_signature(pack):
    """The signature of the manifest, by the auditor's key or by that of the pack."""
    signer = pack.manifest["public_key"]
    trusted = {pack.public_key or signer}
    keys = pack.json("keys.json")  # the oldest first; each is signed by the one before it
    for before, key in zip(keys, keys[1:], strict=False):
        public, endorsement = base64.b64decode(key["public_key"]), base64.b64decode(key["endorsement"])
        if before["public_key"] in trusted and is_signed(public, endorsement, base64.b64decode(before["public_key"])):
            trusted.add(key["public_key"])
    pack.expect(signer in trusted, "manifest.json", "签名所用的公钥不是所给的公钥，也不是由其签署的后续公钥")
    is_good = is_signed(pack.read("manifest.json"), pack.read("manifest.sig"), base64.b64decode(signer))
    pack.expect(is_good, "manifest.sig", "清单的签名与公钥不符")
    pack.keys = {key["public_key"] for key in keys}
    pack.count("清单签名")
    if not pack.public_key:
        pack.limits.append("未给公钥，用的是包内的公钥：本包出自何处未得到证明；请用另行取得的公钥再核验一次")


def verify_method(pack):
    """The rules, and the second method, which is executed only where this program knows it."""
    pack.rules = pack.json("rules.json")["rules"]
    source, version = pack.read("second.py"), pack.manifest["method"]["version"]
    pack.method = hashlib.sha256(source).hexdigest()
    text = f"不是本核验程序所认可的第 {version} 版算法，未予执行，各行未予复核"
    if pack.expect(METHODS.get(version) == pack.method, "second.py", text):
        module = types.ModuleType("second")
        exec(compile(source, "second.py", "exec"), module.__dict__)  # noqa: S102 - its digest is pinned here
        pack.decide = module.decide


def verify_sheets(pack):
    manifest = pack.manifest
    pack.of.append(f"{manifest['city']} {manifest['month'][:7]}，生成于 {manifest['made_at']}")
    pack.of.append(f"签名公钥 {manifest['public_key']}")
    for folder in manifest["sheets"]:
        sheet = pack.json(f"{folder}/sheet.json")
        closing = sheet["closing"]
        pack.of.append(f"{folder} {sheet['words']}：{closing['people']} 人，实发合计 {closing['net']} 元")
        pack.expect(closing["month"] == manifest["month"], f"{folder}/sheet.json", "月份与清单不一致")
        verify_lines(pack, folder, sheet)
        verify_payments(pack, folder)
        verify_seals(pack, folder, sheet)


def verify_lines(pack, folder, sheet):
    """Each line: decided again, added up, and its commitment in the closing of the sheet."""
    name, rules = f"{folder}/lines.jsonl", pack.rules[folder]
    totals = dict.fromkeys(("gross", "adjustment", "net"), Decimal(0))
    commitments, digests, people = [], [], 0
    for number, row in pack.rows(name):
        line, who = row["line"], f"{row['line']['name']}："
        pack.expect(line["ordinal"] == number, name, f"{who}序号为 {line['ordinal']}", number)
        pack.expect(digest(line) == row["commitment"], name, f"{who}摘要与内容不一致", number)
        commitments.append([line["ordinal"], digest(line)])
        digests.append(line["digest"])
        if pack.decide:
            verify_decision(pack, name, number, line, rules)
        amounts = {key: Decimal(line[key]) for key in totals}
        for key, amount in amounts.items():
            totals[key] += amount
        people += amounts["net"] > 0
        pack.expect(
            amounts["gross"] + amounts["adjustment"] == amounts["net"], name, f"{who}应发加补扣不等于实发", number
        )
        settled = sum((Decimal(each["amount"]) for each in row["settlements"]), Decimal(0))
        pack.expect(settled == amounts["adjustment"], name, f"{who}补扣与结算的更正不一致", number)
    verify_closing(pack, folder, sheet, totals | {"people": people}, commitments)
    for certificate in sheet["certificates"][-1:]:
        of_lines = hashlib.sha256("".join(digests).encode()).hexdigest()
        is_of_it = (certificate["lines"], certificate["lines_digest"]) == (len(digests), of_lines)
        is_of_it = is_of_it and Decimal(certificate["gross"]) == totals["gross"]
        pack.expect(is_of_it, f"{folder}/sheet.json", "复算证明与各行不一致")
        pack.count("复算证明")


def verify_closing(pack, folder, sheet, totals, commitments):
    """The totals and the signers of the sheet, and its closing, which covers them and each line."""
    name, closing = f"{folder}/sheet.json", sheet["closing"]
    for key, total in totals.items():
        pack.expect(Decimal(closing[key]) == total, name, f"{key} 合计为 {closing[key]}，各行之和为 {total}")
    signers = [(sheet["signers"][key] or {}).get("id") for key in ("submitted", "endorsed", "approved")]
    pack.expect(signers == closing["signed"], name, "签字人与封存内容不一致")
    verify_flow(pack, name, sheet, closing)
    closed = digest(closing | {"standard": pack.rules[folder], "lines": commitments})
    pack.closings[folder] = (sheet, closed)
    if sheet["closed_before"]:
        pack.limits.append(f"{folder}：内容未受封存摘要保护（封存时尚无封存摘要），只核对了各部分是否相符")
    else:
        pack.expect(closed == sheet["closing_digest"], name, "封存内容与各行、合计、签字不一致")
        pack.count("封存内容")


def verify_flow(pack, name, sheet, closing):
    """The steps before the approval and the confirmations, with their times, as the closing covers them."""
    confirmed = [
        [row["code"], row["lines"], row["net"], row["digest"], row["by"]["id"], row["at"]]
        for row in sheet["confirmations"]
    ]
    steps = [
        [row["step"], row["from"], row["to"], (row["by"] or {}).get("id"), row["at"], row["comment"]]
        for row in itertools.takewhile(lambda row: row["step"] != "approve", sheet["events"])
    ]
    if "steps" not in closing:
        pack.notes.append(f"{name}：封存于封存摘要尚不包括流转与确认之时，其人员和时间未受保护")
        return
    pack.expect(confirmed == closing["confirmations"], name, "社区确认与封存内容不一致")
    pack.expect(steps == closing["steps"], name, "流转记录与封存内容不一致")
    approved = [datetime.fromisoformat(row["at"]) for row in sheet["events"] if row["step"] == "approve"]
    signed = datetime.fromisoformat(closing["approved_at"])
    is_at_once = all(timedelta(0) <= each - signed <= AT_ONCE for each in approved)
    pack.expect(is_at_once, name, "流转记录中批准的时间与封存内容不一致")
    pack.count("流转与确认", len(steps) + len(confirmed))


def verify_decision(pack, name, number, line, rules):
    """The line by the second method, field by field."""
    pack.count("逐行复核")
    try:
        other = pack.decide(line["facts"], line["month"], rules)
    except (ValueError, KeyError, TypeError, InvalidOperation) as error:
        pack.fault(name, f"{line['name']}：事实无法读取（{type(error).__name__} {error}）", number)
        return
    for key, value in other.items():
        if other["community"] is None and key in ("community", "group"):
            continue
        if line[key] != value:
            pack.fault(name, f"{line['name']}：{key} 为 {line[key]}，复算为 {value}", number)


def verify_payments(pack, folder):
    """Each batch adds up, each of its people is of a line, and what the bank did follows step by step."""
    name = f"{folder}/payments.json"
    data = pack.json(name)
    due = {
        row["line"]["ordinal"]: (Decimal(row["line"]["net"]), row["line"]["account_digest"])
        for _number, row in pack.rows(f"{folder}/lines.jsonl")
    }
    live: dict = {}  # by line the batches that were not withdrawn
    for batch in data["payments"]:
        total = sum((Decimal(item["amount"]) for item in batch["items"]), Decimal(0))
        words = f"第{batch['ordinal']}批"
        pack.expect(total == Decimal(batch["amount"]), name, f"{words}：金额 {batch['amount']}，各人之和为 {total}")
        pack.expect(len(batch["items"]) == batch["lines"], name, f"{words}：人数不一致")
        for item in batch["items"]:
            net, account = due.get(item["line"], (None, ""))
            who = f"{words} {item['name']}"
            pack.expect(net == Decimal(item["amount"]), name, f"{who}：{item['amount']} 元与该行实发不一致")
            if item["account_digest"] != account:  # an account may be corrected after the closing
                pack.notes.append(f"{name}：{who}：付款账号不是封存时的账号，请核对更正依据")
            live[item["line"]] = live.get(item["line"], 0) + (batch["withdrawal"] is None)
            pack.count("支付明细")
    verify_events(pack, name, data["events"], live)


def verify_events(pack, name, events, live):
    """The steps of each line's money, one after another; it is handed to the bank once for each batch it is in."""
    stages: dict = {}
    sent = dict.fromkeys(live, 0)
    for event in events:
        stage, count = stages.get(event["line"], ("to_pay", 0))
        follows = (event["from"], event["ordinal"]) == (stage, count + 1)
        pack.expect(follows, name, f"序号 {event['line']} 的第 {event['ordinal']} 个支付事件与前一个不衔接")
        stages[event["line"]] = (event["to"], event["ordinal"])
        if event["step"] == "send":
            pack.expect(stage in OPEN, name, f"序号 {event['line']} 已在支付中，又交给银行")
        sent[event["line"]] = sent.get(event["line"], 0) + {"send": 1, "withdraw": -1}.get(event["step"], 0)
        pack.count("支付事件")
    for line, number in sent.items():
        text = f"序号 {line} 在 {live.get(line, 0)} 个有效批次中，而交给银行 {number} 次"
        pack.expect(live.get(line, 0) == number, name, text)


def verify_seals(pack, folder, sheet):
    """The seals of the subdistrict's sheets, each naming the one before."""
    name, previous = f"{folder}/seals.json", ""
    pack.seals[folder] = {row["month"]: row["seal"] for row in pack.json(name)}
    pack.expect(sheet["closing"]["month"] in pack.seals[folder], name, "缺少本月的封存码")
    for row in pack.json(name):
        pack.expect(row["previous_seal"] == previous, name, f"{row['month']} 的封存码与上月不衔接")
        previous = row["seal"]
        pack.count("封存码衔接")
        if row["month"] == sheet["closing"]["month"]:
            pack.expect(row["seal"] == sheet["closing"]["seal"], name, f"{row['month']} 的封存码与发放表不一致")


def verify_chain(pack):
    """The chain of the audit log up to the signed head, and the closings in it."""
    name, head = "chain.jsonl", pack.json("head.json")
    document = head["document"]
    pack.expect(is_head(pack, head), "head.json", "链头的签名与公钥不符")
    pack.count("链头签名")
    verify_seals_of_head(pack, "head.json", document)
    previous, last = None, None
    closings: dict = {}
    for number, row in pack.rows(name):
        if previous is not None:
            pack.expect(row["previous"] == previous, name, f"第{row['id']}条与上一条不衔接", number)
        if "entry" in row:
            found = digest([row["salt"], row["entry"]])
            pack.expect(found == row["commitment"], name, f"第{row['id']}条的内容与摘要不一致", number)
            pack.count("日志条目")
            if row["entry"]["act"] == "close":
                closings.setdefault(row["entry"]["details"].get("sheet"), []).append(row["entry"])
        if row["commitment"] is not None:  # none: an entry from before there were commitments
            linked = digest([row["previous"], row["commitment"]])
            pack.expect(linked == row["digest"], name, f"第{row['id']}条的摘要不符", number)
        previous, last = row["digest"], row["id"]
        pack.entries[row["id"]] = row["digest"]
        pack.count("日志链")
    pack.expect((last, previous) == (document["entry"], document["digest"]), "head.json", "链头不是日志的最后一条")
    for folder, (sheet, closed) in pack.closings.items():
        found = closings.get(sheet["key"], [])
        if not pack.expect(len(found) == 1, name, f"{folder} 的封存在日志中有 {len(found)} 条，应为 1 条"):
            continue
        details = found[0]["details"]
        pack.expect(details["seal"] == sheet["closing"]["seal"], f"{folder}/sheet.json", "封存码与日志所记不一致")
        pack.expect(found[0]["user"] == sheet["closing"]["signed"][2], f"{folder}/sheet.json", "批准人与日志所记不一致")
        name_of_sheet = f"{folder}/sheet.json"
        pack.expect(sheet["closed_before"] == ("closing" not in details), name_of_sheet, "有无封存摘要与日志所记不一致")
        if "closing" in details:
            pack.expect(details["closing"] == closed, name_of_sheet, "内容与日志所记的封存摘要不一致：封存后有改动")
            newest = [row["digest"] for row in sheet["certificates"][-1:]]
            pack.expect(newest == [details.get("certificate")], name_of_sheet, "复算证明与日志所记不一致，或已缺失")
        approvals = [event for event in sheet["events"] if event["step"] == "approve"]
        is_one = [(event["by"] or {}).get("id") for event in approvals] == [sheet["closing"]["signed"][2]]
        pack.expect(is_one, f"{folder}/sheet.json", "流转记录中的批准与签字不一致")
        pack.count("封存与日志、流转核对")


def is_head(pack, head):
    """Whether one of the site's keys has signed the head."""
    signer, content = head["public_key"], canonical(head["document"])
    return signer in pack.keys and is_signed(content, base64.b64decode(head["signature"]), base64.b64decode(signer))


def verify_seals_of_head(pack, name, document, is_later=False):
    """The newest seals that a head names are those of the pack's subdistricts."""
    for row in document.get("seals", ()):
        own, where = pack.seals.get(row["subdistrict"]), f"{row['subdistrict']} {row['month']}"
        if own is None:
            continue
        if is_later and row["month"] not in own:
            pack.limits.append(f"{name}：{where} 的封存晚于本审计包，未能核对")
            continue
        pack.expect(own.get(row["month"]) == row["seal"], name, f"{where} 的封存码与链头所记不一致，或已缺失")
        pack.count("链头所记封存码")


def verify_heads(pack, heads):
    """Heads issued earlier: each is a part of the chain that the pack has."""
    for name, head in heads:
        document = head["document"]
        pack.expect(is_head(pack, head), name, "链头的签名与公钥不符")
        is_later = document["entry"] > max(pack.entries)
        verify_seals_of_head(pack, name, document, is_later)
        if document["entry"] in pack.entries:
            pack.expect(
                pack.entries[document["entry"]] == document["digest"], name, "现有日志链不承接此链头：此前的记录有改动"
            )
            pack.count("此前签发的链头")
        else:
            when = "晚于" if is_later else "早于"
            pack.limits.append(f"{name}：{when}本审计包所含的日志部分，是否承接未能核对")


def read_heads(paths):
    """The heads by the names of their files. Raises ValueError with a message for a file that is no head."""
    found = []
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                head = json.load(file)
            for key in (head["public_key"], head["signature"]):
                base64.b64decode(key, validate=True)
            _entry, _digest = head["document"]["entry"] + 0, head["document"]["digest"] + ""
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}：不是可读的链头文件（{error}）") from None
        found.append((path, head))
    return found


def main(arguments=None):
    parser = argparse.ArgumentParser(description="核验审计包", usage="verify.py 审计包.zip [公钥] [--head 文件]")
    parser.add_argument("pack")
    parser.add_argument("public_key", nargs="?")
    parser.add_argument("--head", action="append", default=[])
    given = parser.parse_args(arguments)
    try:
        heads = read_heads(given.head)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    pack = verify(given.pack, given.public_key, heads)
    with open(__file__, "rb") as file:
        print(f"核验程序 verify.py 的 SHA-256：{hashlib.file_digest(file, 'sha256').hexdigest()}")
    print(f"第二种算法 second.py 的 SHA-256：{pack.method or '未读取'}")
    for each in pack.of:
        print(f"本包：{each}")
    for subject, number in pack.counts.items():
        print(f"{subject}：{number}")
    for note in pack.notes[:LISTED]:
        print(f"提示：{note}")
    for limit in pack.limits:
        print(f"注意：{limit}。")
    if pack.faults:
        print(f"有 {len(pack.faults)} 处差异：")
        for fault in pack.faults[:LISTED]:
            print(f"  {fault}")
        return 1
    if pack.limits:
        print("未见差异，但上述各点未能证明。")
        return 3
    print("全部一致。")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
