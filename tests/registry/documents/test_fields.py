"""The names of placeholders, which stand in files that people keep: none is renamed or goes away."""

from registry.documents import fields

OF_PLACES = [
    *("城市.名称", "街道.名称", "街道.统计代码", "社区.名称", "社区.统计代码"),
    *("居民委员会.名称", "居民委员会.主任", "居民委员会.监督委员会主任"),
    *("居民小组.名称", "居民小组.组长", "居民小组.楼院"),
    *("数量.社区", "数量.居民小组", "数量.在任人数", "数量.楼院", "数量.户数"),
    *("日期.今天", "日期.年", "日期.月", "填表人.姓名", "名单.序号"),
]
OF_PEOPLE = [
    *("姓名", "身份证号", "联系电话", "开户银行", "银行账号", "人员来源", "性别", "出生日期", "年龄"),
    *("职务", "任职日期", "在职情况", "社区", "居民小组", "本月补贴"),
]
WHOLE = {"身份证号", "联系电话", "银行账号"}


def test_the_names_are_a_format():
    people = [f"{part}.{name}" for part in ("人员", "名单") for name in OF_PEOPLE]
    assert set(fields.known()) == {*OF_PLACES, *people}


def test_each_encrypted_number_of_a_person_is_whole():
    whole = {name for name, field in fields.known().items() if field.is_whole}
    assert whole == {f"{part}.{name}" for part in ("人员", "名单") for name in WHOLE}


def test_names_like_an_unknown_one_are_proposed():
    assert fields.nearest("居委会.主任") == ["居民委员会.主任"]
    assert fields.nearest("人员.身份证") == ["人员.身份证号"]
    assert "名单.姓名" in fields.nearest("列表.姓名")
    assert fields.nearest("天气") == []
