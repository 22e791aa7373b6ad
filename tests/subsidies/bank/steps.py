"""The steps of a payment as finance takes them on the pages, and what came of them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from jygroups.lib.months import Month
from subsidies.bank import payments
from subsidies.exports import services as exports
from subsidies.exports.services import Options
from subsidies.models import BankAnswer, PayResult, PayStage, Sheet

MAY = Month(2024, 5)
NAMES = ["赵一", "钱二", "孙三", "李四"]


def url(name, *args):
    return reverse(name, args=args or [MAY, "620201001"])


def row(name, state="成功", reason="", amount="350.00", number=None):
    return f"{name},62284800000000000{number or NAMES.index(name) + 1},{amount},{state},{reason}"


def file(*rows, encoding="gb18030"):
    return "\r\n".join(["姓名,账号,金额,处理结果,失败原因", *rows]).encode(encoding)


def hand_in(page, content, batch=None):
    batch = batch or Sheet.objects.get().payments.latest("ordinal")
    upload = SimpleUploadedFile("回盘.csv", content)
    return page.post(url("bank-answer-add"), {"file": upload, "payment": batch.pk}, follow=True)


def choose_columns(page, answer):
    return page.post(answer.get_absolute_url(), answer_columns(page, answer), follow=True)


def answer_columns(page, answer):
    form = page.get(answer.get_absolute_url()).context["columns"]
    return {name: field.initial for name, field in form.fields.items() if field.initial not in (False, None)}


def take_in(page, content, **ticked):
    """Take the file in with all that is proposed; `ticked` has what is confirmed person by person."""
    hand_in(page, content)
    answer = BankAnswer.objects.latest("pk")
    if page.get(answer.get_absolute_url()).context["step"] == "columns":
        choose_columns(page, answer)
    preview = page.get(answer.get_absolute_url()).context["preview"]
    sent = {"digest": preview.digest, "day": f"{timezone.localdate()}", "rest": "stay", **ticked}
    page.post(answer.get_absolute_url(), sent)
    return preview


def make(page, decisions):
    """A payment by the page, its file handed out: of each person named what is chosen."""
    sheet = Sheet.objects.get()
    lines = dict(sheet.lines.values_list("name", "pk"))
    chosen = {f"line-{lines[name]}": str(choice) for name, choice in decisions.items()}
    seen = {"batches": sheet.payments.count(), "seen": payments.shown(payments.candidates(sheet))}
    answer = page.post(url("payment-make"), {**seen, **chosen})
    if answer.status_code == 200:  # what the decisions come to is shown first
        seen |= {"stated": answer.context["stated"]}
    answer = page.post(url("payment-make"), {**seen, **chosen}, follow=True)
    for payment in sheet.payments.filter(exports=None):
        exports.bank_file(payment, actor=None, options=Options(purpose="代发"))
    return answer


def standing():
    """The stage of each person's line, as far as the bank has answered."""
    found = PayResult.objects.newest().exclude(stage=PayStage.IN_TRANSIT)
    return dict(found.values_list("line__name", "stage"))


def changed(sheet, whose, /, **facts):
    member = sheet.lines.get(name=whose).member
    for field, value in facts.items():
        setattr(member, field, value)
    member.save()
