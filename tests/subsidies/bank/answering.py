"""Giving a bank's answer in through the command and through the page."""

import io
import json
from contextlib import contextmanager
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from jygroups.lib.spreadsheets import parser
from subsidies.models import BankAnswer, PayResult

COUNTS = ("arrived", "refused", "in_transit", "bounced", "known")


def command(path: Path, month, code: str, mapping=None, **options):
    """Exit code, the JSON printed, and the text on standard error."""
    mapping = mapping if isinstance(mapping, str) else json.dumps(mapping or {})
    out, err = io.StringIO(), io.StringIO()
    options = {"subdistrict": code, "json": True, "mapping": mapping, **options}
    try:
        call_command("import_bank_answer", str(path), str(month), stdout=out, stderr=err, **options)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue() or "{}"), f"{err.getvalue()}{error}"
    return 0, json.loads(out.getvalue()), err.getvalue()


def standing() -> dict[str, str]:
    """By name the stage of each person's newest event."""
    return dict(PayResult.objects.newest().values_list("line__name", "stage"))


@contextmanager
def undone():
    """What is written inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def read_in_process(source, separator=""):
    """The reader in this process: one of its own for each of hundreds of files takes minutes."""
    content = source.read_bytes() if isinstance(source, Path) else source
    return parser.read(content, separator=separator)


class Page:
    """One answer on its page, with the fields as the page fills them in."""

    def __init__(self, client, month, code, payment, name: str, content: bytes):
        self.client = client
        upload = SimpleUploadedFile(name, content)
        sent = {"file": upload, "payment": payment.pk}
        self.response = client.post(reverse("bank-answer-add", args=[month, code]), sent)
        self._follow()

    def _follow(self):
        while self.response.status_code == 302:
            self.address = self.response["Location"]
            self.response = self.client.get(self.address)

    @property
    def step(self) -> str:
        return self.response.context.get("step", "")

    def form(self, name: str):
        return self.response.context[name]

    def send(self, name: str, /, **changes):
        """Send the form of this name of the page's context with these changes."""
        form = self.form(name)
        data = {field: form[field].value() for field in form.fields} | changes
        data = {field: value for field, value in data.items() if value not in (None, False)}
        extra = {
            "columns": {"columns": "1"},
            "read": {"read": "1"},
            "meanings": {"words": "1"},
            "holds": {"holds": "1"},
        }.get(name, {})
        address = BankAnswer.objects.latest("pk").get_absolute_url()
        self.response = self.client.post(address, data | extra)
        if name != "form":  # whose answer leads to another page
            self._follow()
        return self
