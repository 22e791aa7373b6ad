"""What banks write in their answers: titles, words, masks, spellings of days and amounts, lines above and below."""

from datetime import date

from subsidies.bank.words import PAID, PENDING, REFUSED

TITLES = {
    "account": [
        "帐号", "账号", "收款账号", "卡号", "银行账号", "收款人账号", "对方帐号", "收款方账号", "收方账号", "卡号/账号",
        "银行卡号", "入账账号", "客户账号", "员工账号", "工资账号", "转入账号", "账  号", "收款人账/卡号",
    ],
    "amount": [
        "金额", "发放金额", "交易金额", "实发金额", "金额(元)", "代发金额", "金额（元）", "入账金额", "代付金额",
        "发生额", "实发工资", "转账金额", "交易金额（元）", "金  额",
    ],
    "name": [
        "姓名", "户名", "收款户名", "收款人名称", "客户名称", "收款方户名", "收款人姓名", "客户姓名", "账户名称",
        "员工姓名", "收方户名", "姓  名", "持卡人姓名",
    ],
    "state": [
        "处理结果", "状态", "交易状态", "处理标志", "结果", "交易结果", "处理状态", "指令状态", "代发状态", "发放结果",
        "入账状态", "回盘结果", "成功标志", "是否成功", "付款状态",
    ],
    "reason": ["失败原因", "原因", "备注", "错误信息", "附言", "退回原因", "返回信息", "失败说明", "处理信息"],
}  # fmt: skip
DATED = ["交易日期", "记账日", "TRANS_DATE"]  # titles of columns with the day of payment
FAILURES_REASON = ["支付未成功原因", "失败原因", "退回原因", "错误说明", "未成功原因", "原因", "备注", "拒付原因"]
OTHERS = {
    "序号": "", "单位名称": "雄关街道办事处", "币种": "人民币", **dict.fromkeys(DATED, ""), "流水号": "2026111800017",
    "手续费": "0.00", "付款账号": "27020101040012345", "付款户名": "雄关街道财政所", "开户行": "兰州银行雄关支行",
    "联行号": "313821001016", "摘要": "2026年11月补贴", "批次号": "B20261118001", "账户类型": "借记卡", "余额": "",
    "手机号": "13899990000", "凭证种类": "001", "用途": "工资",
}  # fmt: skip
REASONS = [
    "账户状态不正常",
    "户名不符",
    "账户已销户",
    "账号不存在",
    "卡状态异常[E1203]",
    "收款账户睡眠",
    "账户止付,请核实",
]
NEW_WORDS = {
    PAID: ["0000-交易成功", "成功[00]", "Y", "S", "结清", "处理完成", "00|成功", "正常", "√", "1", "SUCCESS"],
    REFUSED: ["E1203-户名不符", "失败[99]", "N", "F", "异常", "止付", "9999", "×", "2", "已被银行拒绝", "FAIL"],
    PENDING: ["银行正在处理", "可疑", "P", "等待授权", "转入挂账", "3", "", "不确定", "落地处理", "预约", "PROCESSING"],
}  # fmt: skip
WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")
MASKS = [
    lambda a: f"{a[:4]}****{a[-4:]}", lambda a: f"{a[:4]} **** **** {a[-4:]}",
    lambda a: f"{a[:6]}{'*' * (len(a) - 10)}{a[-4:]}", lambda a: f"…{a[-4:]}", lambda a: f"...{a[-6:]}",
    lambda a: f"尾号{a[-4:]}", lambda a: f"尾号：{a[-4:]}", lambda a: f"{a[:6]}xxxxxx{a[-4:]}",
    lambda a: f"{a[:4]}＊＊＊＊{a[-4:]}", lambda a: f"{a[:4]}●●●●{a[-3:]}", lambda a: f"****{a[-4:]}",
    lambda a: f"尾号为{a[-4:]}的账户", lambda a: f"({a[-4:]})", lambda a: f"{a[:6]}……{a[-4:]}",
    lambda a: f"{a[:4]}-****-****-{a[-4:]}",
]  # fmt: skip
WRAPS = [
    lambda a: a, lambda a: a, lambda a: f'="{a}"', lambda a: f"'{a}", lambda a: f" {a[:4]} {a[4:8]} {a[8:]} ",
    lambda a: f"{a[:6]}-{a[6:]}", lambda a: f"{a}\t", lambda a: f"\u202d{a}\u202c",
]  # fmt: skip
AMOUNTS = [
    lambda y: f"{y}", lambda y: f"{y:,.2f}", lambda y: f"¥{y}", lambda y: f"￥{y:,.2f}", lambda y: f"{y}元",
    lambda y: f"RMB {y}", lambda y: f"{y.normalize():f}", lambda y: f" {y:.3f} ", lambda y: f"CNY{y:,.2f}",
    lambda y: f"+{y}",
]  # fmt: skip
NAMES = [
    lambda n: n, lambda n: n, lambda n: " ".join(n), lambda n: n[0] + "\u3000" + n[1:], lambda n: f" {n} ",
    lambda n: n.replace("·", "•"), lambda n: f"{n}\u200b",
]  # fmt: skip
DAYS = [
    lambda d: f"{d:%Y%m%d}", lambda d: f"{d}", lambda d: f"{d:%Y/%m/%d}", lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d:%Y.%m.%d}", lambda d: f"{d.year}年{d.month}月{d.day}日", lambda d: f"{d:%Y%m%d}093015",
    lambda d: f"{d} 09:30:15", lambda d: f"{d:%Y%m%d} 093015", lambda d: f"{d}-09.30.15.123456",
    lambda d: f"{(d - date(1899, 12, 30)).days}", lambda d: f"{d}".replace("-", "–"), lambda d: f"{d:%d-%b-%Y}",
    lambda d: f"{d:%Y %m %d}", lambda d: f"{d:%Y-%m-%d}T09:30:15", lambda d: f"{d}".translate(WIDE),
    lambda d: f"{d:%d-%b-%y}".upper(), lambda d: f"{d}（星期{'一二三四五六日'[d.weekday()]}）",
]  # fmt: skip
ABOVE = [
    ["代发工资处理结果清单"], ["批次号：", "20261101"], ["打印日期：{day}"], [], ["单位：元"],
    ["甘肃银行股份有限公司代发业务回单"], ["代发单位：雄关街道办事处", "", "币种：人民币"],
    ["付款账号", "27020101040012345", "付款户名", "雄关街道财政所"], ["总笔数", "{count}", "总金额", "{total}"],
]  # fmt: skip
SUMMARY = [
    ["总笔数", "总金额", "成功笔数", "成功金额", "失败笔数", "失败金额"],
    ["12", "3600.00", "10", "3000.00", "2", "600.00"],
    [],
]
BELOW = [
    ["制表人：李试", "", "复核人：王试"], [], ["备注：本清单由银行系统生成"], ["第1页共1页"], ["经办：", "复核："],
    ["银行盖章"], ["打印时间：2026-11-30 09:12:33"], ["以下空白"], ["-- 结束 --"],
]  # fmt: skip
