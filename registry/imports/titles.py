"""The titles that offices give the columns of a roster: on each line a column's own title, then its others.

The Chinese here is the file format itself (see README), not text of the site.
"""

import re
from collections.abc import Iterable

from jygroups.lib.cells import plain

TITLES = {
    names.split()[0]: tuple(names.split())
    for names in re.split(
        r"\n(?=\S)",
        """
街道 所属街道 所在街道 街道名称 镇街 街镇
社区 所属社区 所在社区 社区名称
居民小组 所属居民小组 所在居民小组 居民小组名称 小组 所属小组 所在小组 小组名称 组别
姓名 居民姓名 人员姓名 成员姓名 名字
身份证号 身份证号码 公民身份号码 居民身份证号 居民身份证号码 公民身份证号码 身份证 身份号码 身份证件号码
    身份证件号 证件号码 证件号
联系电话 联系方式 手机号码 手机号 手机 电话号码 电话 联系手机
职务 担任职务 现任职务 所任职务 任职职务 岗位 职位
任职日期 任职时间 任职起始日期 任职开始日期 任职起始时间 任职开始时间 任职起始 任职年月 任职起 上任日期
    上任时间 到任日期 到任时间 就任日期
离任日期 离任时间 卸任日期 卸任时间 任职截止日期 任职结束日期 任职终止日期 任职截止时间 任职结束时间 任职截止
    任职止 离任日 离任年月日 离任年月 卸任日 卸任年月日 止任日期 止任时间 任期截止 任期截止日期 任期结束日期
    任期终止日期 离职日期 离职时间 免职日期 免职时间 退出日期 退出时间
离任原因 卸任原因 离职原因 免职原因 退出原因
在职情况 在职状态 是否在职 就业情况 就业状况
在职起始日期 在职开始日期 在职起始时间 在职情况起始日期 在职起始 就业起始日期 入职日期
在职截止日期 在职结束日期 在职终止日期 在职截止时间 在职情况截止日期 在职截止 就业截止日期
工作单位 单位 单位名称 就业单位 所在单位 现工作单位
人员来源 来源 人员类别 人员身份
开户银行 开户行 银行 开户行名称 银行名称 开户银行名称
银行账号 银行帐号 账号 帐号 银行卡号 卡号 银行账户 工资卡号 一卡通账号 社保卡号
备注 说明 备注说明
""".strip(),
    )
}
NUMBERING = re.compile(r"(序|编|行|顺序)号|№|No\.?", re.IGNORECASE)
OWN_FINDINGS = re.compile(r"(问题|Findings)(;.*)?")  # of a download, see registry.imports.findings.report
LONG_NUMBER = re.compile(r"[\d*]{12}")


def is_left_out(title: str, texts: Iterable[str]) -> bool:
    """Whether nothing of the column is to be read, so that nobody is asked: running numbers, or our own findings."""
    title = plain(title)
    if OWN_FINDINGS.fullmatch(title):
        return True
    return NUMBERING.fullmatch(title) is not None and not any(map(LONG_NUMBER.search, texts))
