"""The inputs of a folder of tests/cases, with its people approved and with the bank, and their answer on its page."""

from pathlib import Path

from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from jygroups.lib.months import Month
from jygroups.lib.spreadsheets.file_tables import FileTable
from registry.imports import roster_files as rosters
from registry.models import Subdistrict
from subsidies.bank import payments, ready_templates
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, BankTemplate, Sheet, State
from subsidies.month import sheets
from tests import factories
from tests.subsidies.bank import answering
from tests.test_routes import filled_in

CASES = Path(__file__).resolve().parents[2] / "cases"
CODE, NOVEMBER = "620201001", Month(2026, 11)
COLUMNS = {"account": "帐号", "amount": "金额", "name": "姓名", "state": "处理结果", "reason": "原因"}
FAILED = {"account": "银行账号", "amount": "发放金额", "name": "姓名", "reason": "支付未成功原因", "only": "refused"}


class Case:
    """A folder of inputs, its people approved and with the bank."""

    def __init__(self, name: str, month: Month, finance):
        self.folder, self.month, self.finance = CASES / name, month, finance
        loaded = rosters.load_roster(FileTable.read(self.folder / "roster.csv", shape=rosters.SHAPE), name=name)
        assert loaded.problems == []
        ready_templates.load_missing()
        [sheet] = sheets.prepare(month, Subdistrict.objects.filter(code=CODE))
        factories.brought_to(sheet, State.APPROVED)
        self.sheet = Sheet.objects.get()
        self.payment = payments.first(self.sheet, actor=finance)
        self.template = BankTemplate.objects.get(name="代发工资文本（竖线分隔）")
        self.hand_out(self.payment)

    def hand_out(self, payment):
        exports.bank_file(payment, actor=self.finance, options=Options(purpose="代发", template=self.template))

    def command(self, file, mapping=None, **options):
        path = file if isinstance(file, Path) else self.folder / file
        return answering.command(path, self.month, CODE, mapping, **options)

    def standing(self):
        return answering.standing()


class Walk:
    """The steps of one answer on its page."""

    def __init__(self, page, case: Case, file: str, batch=None):
        self.page, self.case = page, case
        upload = SimpleUploadedFile(Path(file).name, (case.folder / file).read_bytes())
        address = reverse("bank-answer-add", args=[case.month, CODE])
        self.response = page.post(
            address, {"file": upload, "payment": (batch or case.payment).pk}, follow=True
        )  # fmt: skip

    @property
    def address(self):
        return BankAnswer.objects.latest("pk").get_absolute_url()

    @property
    def step(self):
        return self.response.context["step"]

    @property
    def text(self):
        return BeautifulSoup(self.response.text, "html.parser").main.get_text(" ", strip=True)

    def send(self, place=-1, **changes):
        """Send the page's form as it is filled in, with these changes."""
        form = BeautifulSoup(self.response.text, "html.parser").main.select("form[method=post]")[place]
        data = {name: value for name, value in (filled_in(form) | changes).items() if value is not None}
        self.response = self.page.post(self.address, data, follow=True)
        return self

    def counts(self):
        found = self.response.context["preview"]
        return {"arrived": len(found.paid), "refused": len(found.refused), "in_transit": found.in_transit}


def counted(result, **counts):
    zero = dict.fromkeys(("arrived", "refused", "in_transit", "bounced", "known"), 0)
    return {name: result[name] for name in zero} == zero | counts
