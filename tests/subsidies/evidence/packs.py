"""Audit packs made, changed and verified."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO

from jygroups.lib.months import Month
from registry.records import heads, signing
from subsidies.evidence import services
from subsidies.proof import verify

MONTHS = [Month(2024, 4), Month(2024, 5)]


def pack(*closed) -> bytes:
    target = BytesIO()
    services.write(closed, target)
    return target.getvalue()


def verified(tmp_path, content: bytes, *arguments: str) -> tuple[int, str]:
    """How the verifier of the pack ends in a bare Python, without the project, and what it prints."""
    path = tmp_path / "pack.zip"
    path.write_bytes(content)
    with zipfile.ZipFile(BytesIO(content)) as file:
        (tmp_path / "verify.py").write_bytes(file.read("verify.py"))
    command = [sys.executable, "-I", "-S", "verify.py", "pack.zip", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, env={"PYTHONUTF8": "1"})
    assert done.stderr == b"", done.stderr.decode()
    return done.returncode, done.stdout.decode()


def changed(content: bytes, name: str, change) -> bytes:
    """The pack with one file changed."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(target, "w") as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return target.getvalue()


def signed_again(content: bytes, name: str, change) -> bytes:
    """The pack with one file changed by somebody who has the signing key, with a manifest that fits."""
    content = changed(content, name, change)
    with zipfile.ZipFile(BytesIO(content)) as file:
        manifest, data = json.loads(file.read("manifest.json")), file.read(name)
    if name != "manifest.json":
        manifest["files"][name] = {"sha256": verify.hashlib.sha256(data).hexdigest(), "size": len(data)}
    text = heads.readable(manifest)
    content = changed(content, "manifest.json", lambda _old: text)
    signature = signing.base64.b64decode(signing.sign(text, signing.current()))
    return changed(content, "manifest.sig", lambda _old: signature)


def edited(name, change):
    """A change of a JSON file of the pack."""

    def apply(data):
        content = json.loads(data)
        change(content)
        return heads.readable(content)

    return name, apply
