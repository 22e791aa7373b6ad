"""The workbooks to fill in: dropdowns where there is a choice, texts that stay texts, and what each column means.

The Chinese here is the file format itself, or stands in the example.
"""

from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jygroups.lib.spreadsheets.workbooks import A4, Book
from registry.imports import columns
from registry.imports.base import CheckedResource
from registry.imports.groups import KINDS, YES_NO, GroupsResource
from registry.imports.roster import RosterResource
from registry.models import Community, ResidentsGroup

ROWS = 5_000  # that have formats and dropdowns
TEXT, DAY, NUMBER = "@", "yyyy-mm-dd", "0"
GUIDE, CHOICES = "填写说明", "选项"
HEADER, EXAMPLE = 1, 2  # rows, from 0
LINE, WIDE = 18, 90  # points of a line's height; digits of the widest column


class Guide(NamedTuple):
    """How a column is filled in: its rule in words, an example, its format and its width in digits."""

    rule: str | Promise
    example: str
    format: str = TEXT
    width: int = 14
    choices: list[str] | None = None


def _words(spellings: dict) -> list[str]:
    return [first for first, *_others in spellings.values()]


_subdistrict = gettext_lazy("May be left out. If given, it is compared with the community.")
_community = gettext_lazy("Choose from the list; the 12-digit code will do as well.")

ROSTER = {
    "街道": Guide(_subdistrict, ""),
    "社区": Guide(_community, ""),
    "居民小组": Guide(
        gettext_lazy("For group leaders and members alone; empty for the committee's. Choose the community first."),
        "",
    ),
    "姓名": Guide(gettext_lazy("Chinese characters; · in transcribed names."), "示例"),
    "身份证号": Guide(
        gettext_lazy("18 characters, as text. A person is found on the register by this number."),
        columns.EXAMPLE_ID_NUMBER,
        width=22,
    ),
    "联系电话": Guide(gettext_lazy("A mobile of 11 digits, or a landline with its area code."), "13900000000"),
    "职务": Guide(
        gettext_lazy("Choose from the list. Who holds two offices has two rows, whose personal columns agree."),
        "居民小组成员",
        width=18,
        choices=_words(columns.POSITIONS),
    ),
    "任职日期": Guide(
        gettext_lazy("First day in office, such as 2021-01-05. A month alone means its first day."),
        "2021-01-05",
        DAY,
        12,
    ),
    "离任日期": Guide(gettext_lazy("Last day in office; empty for who is still in office."), "", DAY, 12),
    "离任原因": Guide(
        gettext_lazy("Only together with the last day. Choose from the list."), "", choices=_words(columns.END_REASONS)
    ),
    "在职情况": Guide(
        gettext_lazy("Whether the person is employed elsewhere today: 在职 or 非在职. Who is 在职 gets no stipend."),
        "非在职",
        width=10,
        choices=_words(columns.EMPLOYED),
    ),
    "在职起始日期": Guide(gettext_lazy("Since when employed; empty if it is not known."), "", DAY, 14),
    "在职截止日期": Guide(
        gettext_lazy("Until when employed; empty for who still is. Dates with 非在职 are a past employment."),
        "",
        DAY,
        14,
    ),
    "工作单位": Guide(gettext_lazy("The employer."), "", width=20),
    "人员来源": Guide(gettext_lazy("Choose from the list."), "其他", width=16, choices=_words(columns.SOURCES)),
    "开户银行": Guide(gettext_lazy("The bank and its branch."), "甘肃银行", width=18),
    "银行账号": Guide(gettext_lazy("12 to 23 digits, as text."), "6228480000000000015", width=24),
    "备注": Guide(gettext_lazy("Whatever else is to be kept; up to 500 characters."), "示例行，不会导入", width=24),
}
GROUPS = {
    "街道": Guide(_subdistrict, ""),
    "社区": Guide(_community, ""),
    "居民小组": Guide(
        gettext_lazy("With its number, such as 第三居民小组. One that is not on the register is added."), "第一居民小组"
    ),
    "成立日期": Guide(gettext_lazy("When the group was established, such as 2020-12-01."), "2020-12-01", DAY, 12),
    "暂定": Guide(
        gettext_lazy("是 for a group that stands in for one not yet known; else leave it empty."),
        "",
        width=8,
        choices=_words(YES_NO),
    ),
    "楼院": Guide(
        gettext_lazy("A building or courtyard that the group covers, one in a row; empty for a group without any."),
        columns.EXAMPLE_BUILDING,
        width=22,
    ),
    "类型": Guide(gettext_lazy("Choose from the list."), "楼栋", width=10, choices=_words(KINDS)),
    "户数": Guide(gettext_lazy("Households, a whole number."), "48", NUMBER, 8),
    "人数": Guide(gettext_lazy("People, a whole number."), "126", NUMBER, 8),
}


def roster(communities: Iterable[Community]) -> bytes:
    """The roster to fill in, with the communities and groups to choose from."""
    return _Book(RosterResource, ROSTER, "花名册", communities).content()


def groups(communities: Iterable[Community]) -> bytes:
    """The list of groups and buildings to fill in."""
    return _Book(GroupsResource, GROUPS, "小组设置", communities).content()


class _Book:
    def __init__(
        self, resource: type[CheckedResource], guides: dict[str, Guide], title: str, communities: Iterable[Community]
    ):
        self.required, self.guides, self.title = set(resource.REQUIRED), guides, title
        self.communities = list(communities)
        self.groups = list(
            ResidentsGroup.objects.filter(committee__community__in=self.communities).select_related(
                "committee__community"
            )
        )
        self.book = Book(font={})
        edge = {"border": 1, "border_color": "#b8c4ca", "valign": "vcenter"}
        self.plain = {key: self.book.add_format({"num_format": key}) for key in (TEXT, DAY, NUMBER)}
        self.example = self.book.add_format({"italic": True, "font_color": "#66737d", "bg_color": "#f4f6f7", **edge})
        self.must = self.book.add_format({"bold": True, "font_color": "#ffffff", "bg_color": "#0f5a6e", **edge})
        self.may = self.book.add_format({"bold": True, "bg_color": "#dfe7ea", **edge})
        self.heading = self.book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"})
        self.note = self.book.add_format({"font_color": "#566370", "valign": "vcenter"})
        self.wrapped = self.book.add_format({"text_wrap": True, **edge})

    def content(self) -> bytes:
        with self.book:
            self._rows()
            self._guide()
            self._choices()
        return self.book.content

    def _rows(self) -> None:
        sheet = self.book.add_worksheet(self.title)
        sheet.set_row(0, 26)
        sheet.write(0, 0, self.title, self.heading)
        hint = _("Dark columns must be filled in. The example below is left out when the file is loaded.")
        sheet.write(0, 2, hint, self.note)
        sheet.set_row(HEADER, 22)
        here = {"街道": "", "社区": "", "居民小组": ""}
        if self.communities:
            here |= {"街道": self.communities[0].subdistrict.name, "社区": self.communities[0].name}
        if self.groups:
            here["居民小组"] = self.groups[0].name
        for place, (column, guide) in enumerate(self.guides.items()):
            sheet.set_column(place, place, guide.width, self.plain[guide.format])
            sheet.write(HEADER, place, column, self.must if column in self.required else self.may)
        for place, (column, guide) in enumerate(self.guides.items()):
            sheet.write(EXAMPLE, place, guide.example or here.get(column, ""), self.example)
            if source := guide.choices or self._source(column):
                self._dropdown(sheet, place, source)
        sheet.freeze_panes(EXAMPLE, 0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:Z{ROWS}"})
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER)

    def _dropdown(self, sheet, place: int, source) -> None:
        """A list to choose from. What is written otherwise is asked about, not refused: short forms are known."""
        sheet.data_validation(
            EXAMPLE, place, ROWS, place,
            {
                "validate": "list",
                "source": source,
                "error_type": "warning",
                "error_title": _("Not on the list"),
                "error_message": _("This is not one of the choices. Keep it all the same?"),
            },
        )  # fmt: skip

    def _source(self, column: str) -> str:
        """Where the choices of an area stand: communities all, groups those of the row's community."""
        if column == "社区" and self.communities:
            return f"={CHOICES}!$A$1:$A${len(self.communities)}"
        if column == "居民小组" and self.groups:
            community = f"$B{EXAMPLE + 1}"
            last = len(self.groups)
            return (
                f"=OFFSET({CHOICES}!$D$1,MATCH({community},{CHOICES}!$C$1:$C${last},0)-1,0,"
                f"COUNTIF({CHOICES}!$C$1:$C${last},{community}),1)"
            )
        return ""

    def _guide(self) -> None:
        """Each column's rule in words, on a sheet to read and print."""
        sheet = self.book.add_worksheet(GUIDE)
        sheet.set_row(0, 26)
        sheet.write(0, 0, GUIDE, self.heading)
        for place, (text, width) in enumerate([(_("Column"), 16), (_("Required"), 8), (_("How to fill it in"), WIDE)]):
            sheet.set_column(place, place, width)
            sheet.write(HEADER, place, text, self.may)
        for number, (column, guide) in enumerate(self.guides.items(), HEADER + 1):
            rule = str(guide.rule)
            if guide.choices:
                choices = _(", ").join(guide.choices)
                rule = _("%(rule)s Choices: %(choices)s.") % {"rule": rule, "choices": choices}
            sheet.set_row(number, LINE * (1 + 2 * len(rule) // WIDE))  # a Chinese character is as wide as two digits
            sheet.write_row(number, 0, [column, _("yes") if column in self.required else "", rule], self.wrapped)
        last = HEADER + len(self.guides) + 2
        for number, text in enumerate(self._remarks(), last):
            sheet.merge_range(number, 0, number, 2, text, self.note)
        sheet.freeze_panes(HEADER + 1, 0)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)

    @staticmethod
    def _remarks() -> list[str]:
        return [
            _("The file is loaded whole or not at all: as long as anything in it is wrong, nothing is saved."),
            _("What is on the register is brought up to date, the rest is added; an empty cell leaves what is there."),
            _("Before anything is saved you see, row by row, what will be added and changed."),
        ]

    def _choices(self) -> None:
        sheet = self.book.add_worksheet(CHOICES)
        for number, (community, group) in enumerate(zip_longest(self.communities, self.groups)):
            sheet.write(number, 0, community and community.name)
            sheet.write(number, 2, group and group.committee.community.name)
            sheet.write(number, 3, group and group.name)
        sheet.hide()
