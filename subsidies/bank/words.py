"""The words of banks: the titles of their columns, and their words for the outcome of a payment.

The Chinese here is the file format itself, not text of the site.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from jygroups.lib import cells
from jygroups.lib.spreadsheets import row_kinds

# The titles that banks give the columns, the likeliest first; 帐 is read as 账.
COLUMNS = {
    "account": ("收款账号", "收款人账号", "收方账号", "对方账号", "账号", "卡号", "账户", "银行卡"),
    "amount": ("实发", "发放金额", "交易金额", "金额", "应发", "代发额"),
    "name": ("姓名", "收款户名", "户名", "收款人名称", "收款人", "客户名称", "名称"),
    "reason": ("原因", "错误信息", "返回信息", "响应信息", "结果描述", "状态描述", "备注", "摘要", "说明", "附言"),
    "state": ("处理结果", "处理状态", "交易状态", "状态", "结果", "标志", "处理", "成功否", "是否成功", "返回码",
              "响应码", "回执"),
}  # fmt: skip
LOOKED_FOR = {name: (*words, *(word.replace("账", "帐") for word in words)) for name, words in COLUMNS.items()}
NOT_THESE = re.compile(r"付款|付方|转出|扣款账|手续费|余额|笔数|开户|行号|行名|单位|机构|企业|公司|凭证")
# Titles with a word for the outcome that hold its time, its author or its reason.
NO_OUTCOME = re.compile(r"信息|原因|说明|描述|备注|时间|日期|方式|类型|网点|柜员|[人号员]$")
# Titles of the days of payments, but for those that are about something else.
DAYS = re.compile(
    r"日期|时间|時間|时刻|时点|年月日|(完成|处理|入账|到账|记账|交易|支付|发放|办理)于|(?<!up)(?<!vali)(date|time)(?![a-z])|"
    r"日(?=$|[(/])",
    re.IGNORECASE,
)
OTHER_DAYS = re.compile(
    r"打印|导出|下载|查询|生成|出生|生日|开户|到期|截止|有效|协议|签约|起息|节假|工作日|print|export|birth|expir|valid|due",
    re.IGNORECASE,
)
TIMES = re.compile(r"时间|時間|时刻|时点|time", re.IGNORECASE)
NO_PRINT = re.compile(r"到期|截止|有效|协议|签约|开户")  # lines whose days are not when the file was made
NUMBERED = re.compile(r"批次|编号|流水|序号|协议号")
PURPOSE = re.compile(
    rf"{row_kinds.REMARK.pattern}|款项|事由|项目|名目|内容"
)  # columns that may name the month of a payment
MONTHS = re.compile(r"月份|所属[年月期]|账期|期间|发放月|工资月")
CERTAIN = {  # titles by which a column is found whatever its cells hold
    "reason": re.compile(r"原因|理由"),
    "state": re.compile(r"状态$|结果$|标志$"),
}

PAID, REFUSED, PENDING = "paid", "refused", "pending"
MEANINGS = (PAID, REFUSED, PENDING)
EMPTY = "(空)"  # an empty cell of the outcome
DEFAULT = {
    PAID: (
        "成功", "已成功", "交易成功", "处理成功", "支付成功", "付款成功", "发放成功", "代发成功", "入账成功",
        "记账成功", "转账成功", "汇款成功", "已入账", "已发放", "已支付", "已付款", "已到账", "00", "0000",
        "000000",
    ),
    REFUSED: (
        "失败", "交易失败", "处理失败", "支付失败", "付款失败", "发放失败", "代发失败", "入账失败", "记账失败",
        "转账失败", "汇款失败", "未成功", "不成功", "支付未成功", "交易不成功", "退回", "已退回", "退票",
        "已退票", "退汇", "已退汇", "拒绝", "已拒绝", "拒付", "冲正", "已冲正",
    ),
    PENDING: (
        "处理中", "正在处理", "银行处理中", "交易处理中", "待处理", "未处理", "已受理", "受理中", "受理成功",
        "在途", "待入账", "待发送", "已发送", "已提交", "提交成功", "待确认", "待复核", "排队中", "未知",
        "状态未知", "结果未知",
    ),
}  # fmt: skip
# Names of sheets or files, or titles, that give the outcome of all rows; the first match counts.
HINTS = {
    REFUSED: re.compile(r"失败|未成功|不成功|退回|退票|退汇|拒|错误"),
    PENDING: re.compile(r"处理中|在途|待处理|未处理"),
    PAID: re.compile(r"成功|已发放|已入账|已到账|已支付"),
}
RETURNED = re.compile(r"退|冲正|冲回")  # words for money that had arrived before
TOTAL = re.compile(r"合计|总计|小计|共计|汇总")
SUM_LABEL = re.compile(
    r"((成功|失败|未成功|处理中|退回|退票)?(总|合计)?(笔数|金额|人数|条数|户数)|合计|总计|小计|共计|汇总|"
    r"成功|失败|未成功|处理中|退回|退票|共?\d+[笔人户条])[::]?"
)
FAILURE = re.compile(
    r"失败|未成功|不成功|退票|退汇|退回|拒付|拒绝|冲正|冲账|撤销|销户|注销|冻结|挂失|止付|不符|不存在|不一致|错误|有误|休眠|睡眠户|无此"
)
# Such words of an earlier payment, or that something is right.
NO_FAILURE = re.compile(r"补发|重发|重新|上月|上次|上期|前次|无误|[无未](失败|退|冲|错)|更正|成功|正常")
NOTHING = ("", "-", "--", "—", "/", "无", "空", "0", "正常")
FAILURE_TITLE = re.compile(r"(失败|未成功|不成功|退回|退票|退汇|拒绝|拒付|错误|差错).{0,4}(原因|理由|说明|描述)")


def same(text: str) -> str:
    """The word normalised for comparison: unwrapped, half-width, without blanks and full stop; EMPTY for empty."""
    return cells.plain(text).rstrip("。.!").casefold() or EMPTY


def lists(given: Mapping[str, Iterable[str]], known: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The three lists: the given words, and the known words that are not given another meaning."""
    found = {meaning: list(dict.fromkeys(map(same, given.get(meaning, ())))) for meaning in MEANINGS}
    settled = {word for words in found.values() for word in words}
    for meaning in MEANINGS:
        found[meaning] += [word for word in dict.fromkeys(map(same, known.get(meaning, ()))) if word not in settled]
    return found


def on_two_lists(given: Mapping[str, Iterable[str]]) -> list[str]:
    """The words with more than one meaning in the given lists."""
    counts = Counter(word for meaning in MEANINGS for word in {same(word) for word in given.get(meaning, ())})
    return sorted(word for word, count in counts.items() if count > 1)


def meaning_of(word: str, known: Mapping[str, Sequence[str]]) -> str:
    """PAID, REFUSED or PENDING by the lists; empty for a word that is on none of them."""
    word = same(word)
    return next((meaning for meaning in MEANINGS if word in known.get(meaning, ())), "")


def means_refused(title: str, text: str, known: Mapping[str, Sequence[str]]) -> bool:
    """Whether a cell beside the column of outcomes reports that the row's payment failed, or gives the reason."""
    word = same(text)
    if word == EMPTY or word in NOTHING:
        return False
    if meaning := meaning_of(text, known):
        return meaning == REFUSED
    is_failure = FAILURE.search(word) and not NO_FAILURE.search(re.sub("[未不]成功", "", word))
    return bool(is_failure) or (bool(FAILURE_TITLE.search(title)) and not NO_FAILURE.search(word))


def hint(text: str) -> str:
    """The outcome that a name gives all rows; empty where it gives none or several."""
    found = []
    for meaning, shape in HINTS.items():
        if shape.search(text):
            found.append(meaning)
            text = shape.sub("", text)  # 未成功 holds 成功
    return found[0] if len(found) == 1 else ""
