"""Groups and what they cover (居民小组设置情况): a row is a building of a group, or a group without any yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field

from jygroups.lib import cells as normal
from jygroups.lib.cells import amount, is_nothing, plain
from jygroups.lib.numerals import group_ordinal, numeral
from jygroups.lib.spreadsheets.file_tables import FileTable, Shape
from registry.imports import base, columns
from registry.imports.areas import DITTO, Areas, NamedBody
from registry.imports.outcomes import Change
from registry.imports.titles import TITLES
from registry.models import Building, BuildingKind, Community, ResidentsCommittee, ResidentsGroup, User

SHAPE = Shape(
    marks=("社区", "居民小组"),
    words={
        "街道": TITLES["街道"],
        "社区": TITLES["社区"],
        "居民小组": TITLES["居民小组"],
        "成立日期": ("成立日期", "成立时间", "设立日期", "设立时间"),
        "暂定": ("暂定", "是否暂定"),
        "楼院": ("楼院", "楼栋", "楼院名称", "楼栋名称", "楼栋院落", "覆盖楼院", "覆盖楼栋", "楼号", "楼栋号"),
        "类型": ("类型", "楼院类型", "类别"),
        "户数": ("户数", "居民户数", "住户数", "总户数"),
        "人数": ("人数", "居民人数", "人口数", "总人数", "人口"),
    },
    persons=("社区", "居民小组", "楼院"),
    down=("街道", "社区", "居民小组"),
)
KINDS = {
    BuildingKind.BUILDING: ["楼栋", "楼"],
    BuildingKind.COURTYARD: ["院落", "院"],
    BuildingKind.ENTRANCE: ["门栋", "单元"],
}

MOST_COUNTED = 1_000_000  # households or people of one building
YES_NO = {True: ["是"], False: ["否"]}


class Count(columns.Column):
    def read(self, text, row):
        """A whole number, also with its unit: 48户."""
        count = amount(plain(text).rstrip("户人口"))
        if count is None or count != int(count) or not 0 <= count <= MOST_COUNTED:
            raise ValueError(_("it is no whole number, or too large"))
        return int(count)


@dataclass(eq=False, slots=True)
class Row(base.Row):
    building: Building
    body: NamedBody
    group: ResidentsGroup | None = None


class GroupsResource(base.CheckedResource):
    """Reads groups and buildings; a group the file names is a placeholder only where 暂定 marks it.

    `communities` are those the actor may write to; None for all.
    """

    REQUIRED = ["社区", "居民小组"]
    FOREIGN = dict.fromkeys(
        TITLES["身份证号"], gettext_lazy("the file is a roster: give it in as one; nothing of it was read as groups")
    )
    WRITTEN = {
        ResidentsGroup: ["established_on", "placeholder"],
        Building: ["group_id", "kind", "households", "residents"],
    }
    SHOWN = {
        ResidentsGroup: {"established_on": "成立日期", "placeholder": "暂定"},
        Building: {"kind": "类型", "households": "户数", "residents": "人数"},
    }
    EXAMPLE = "楼院", columns.EXAMPLE_BUILDING

    established_on = Field(None, "成立日期", columns.Day("成立日期"))
    placeholder = Field(None, "暂定", columns.Choice(YES_NO))
    building = Field("name", "楼院", columns.Building())
    kind = Field("kind", "类型", columns.Choice(KINDS), saves_null_values=False)
    households = Field("households", "户数", Count(), saves_null_values=False)
    residents = Field("residents", "人数", Count(), saves_null_values=False)
    subdistrict = Field(None, "街道", columns.Column(), readonly=True)
    community = Field(None, "社区", columns.Column(), readonly=True)
    group = Field(None, "居民小组", columns.Column(), readonly=True)

    class Meta:
        model = Building
        fields = [
            "subdistrict",
            "community",
            "group",
            "established_on",
            "placeholder",
            "building",
            "kind",
            "households",
            "residents",
        ]
        import_id_fields = ()
        instance_loader_class = base.RegisterLoader
        use_bulk = True
        batch_size = None
        skip_diff = True

    def __init__(self, *, communities: Iterable[Community] | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.communities = None if communities is None else list(communities)

    def before_import(self, dataset, **kwargs):
        self.areas = Areas(self.communities)
        self.agreed: dict[tuple, tuple[Any, int]] = {}  # by group and field its value in a row, and the row's number
        buildings = Building.objects.filter(community__committee__in=self.areas.by_code.values())
        self.buildings = {(each.community_id, normal.building(each.name)): self.remembered(each) for each in buildings}
        self.covered_by = {building.pk: building.group_id for building in buildings}
        self.groups = {(group.committee_id, group.ordinal): self.remembered(group) for group in self.areas.all_groups()}

    def registered(self, cells):
        committee = self.areas.committee(cells).committee
        return committee and self.buildings.get((committee.community_id, self.value("building", cells)))

    def init_instance(self, row=None):
        committee = self.areas.committee(row).committee
        return Building(community=committee.community if committee else None)

    def read_row(self, instance, cells) -> Row:
        row = Row(cells, instance, self.areas.committee(cells))
        for column, message in row.body.problems:
            row.refuse(column, message)
        self.read_cells(instance, row)
        name = "" if is_nothing(cells.get("居民小组") or "") else plain(cells["居民小组"])
        if name and row.body.committee:
            row.group = self._group(row, row.body.committee, name)
        if not name and not instance.name:
            row.refuse("居民小组", _("the row names neither a group nor a building; fill one in or take it out"))
        if instance.name:
            if DITTO.fullmatch(instance.name):
                row.refuse("楼院", _("write out what stands in the row above"))
            if instance.pk is None and normal.are_several_buildings(normal.unwrapped(row.cells["楼院"])):
                row.refuse("楼院", _("the cell holds several buildings; put each into a row of its own"))
            if row.body.committee:  # else nobody knows whether two rows have the same community
                key = instance.community_id, instance.name
                first = self.buildings.setdefault(key, instance) if instance.pk is None else instance
                if self.is_repeated(first):
                    words = {"row": self.first_row(first)}
                    row.refuse("楼院", _("row %(row)s has the same building; delete one of them") % words)
            if row.group:
                instance.group = row.group
        return row

    def _group(self, row: Row, committee: ResidentsCommittee, name: str) -> ResidentsGroup | None:
        """The group the row names, made if it is new; its founding day as the row gives it."""
        ordinal = group_ordinal(name)
        if DITTO.fullmatch(name):
            row.refuse("居民小组", _("write out what stands in the row above"))
            return None
        if ordinal is None:
            row.refuse("居民小组", _("write the group with its number, such as 第三居民小组"))
            return None
        key = committee.pk, ordinal
        if key not in self.groups:
            self.groups[key] = ResidentsGroup(
                committee=committee, ordinal=ordinal, name=f"第{numeral(ordinal)}居民小组"
            )
        group = self.groups[key]
        group.placeholder = bool(self._agreed(row, key, "placeholder"))
        established = self._agreed(row, key, "established_on") or group.established_on
        if established and group.dissolved_on and established > group.dissolved_on:
            row.refuse("成立日期", _("the group was dissolved on %(date)s") % {"date": group.dissolved_on})
        group.established_on = established
        return group

    def _agreed(self, row: Row, key: tuple, name: str):
        """The value of the rows so far for the group; a row that contradicts an earlier one is refused."""
        value = self.value(name, row.cells)
        first, number = self.agreed.setdefault((key, name), (value, row.number)) if value is not None else (None, 0)
        if first != value:
            message = _("row %(row)s has another value for the same group; make them agree")
            row.refuse(self.fields[name].column_name, message % {"row": number})
        return self.agreed.get((key, name), (None, 0))[0]

    def touched(self, row: Row) -> list:
        return [each for each in (row.group, row.building if row.building.name else None) if each]

    def is_new(self, row: Row) -> bool:
        return any(each.pk is None for each in self.touched(row))

    def page(self, row: Row) -> tuple[str, int | None]:
        group = row.group or row.building.group
        return ("group", group.pk) if group else ("", None)

    def changes(self, row: Row) -> list[Change]:
        changes = super().changes(row)
        before = self.covered_by.get(row.building.pk)
        if row.building.pk and row.group and before != row.group.pk:
            names = {group.pk: group.name for group in self.groups.values() if group.pk}
            changes.append(Change("居民小组", names.get(before, ""), row.group.name))
        return changes

    def written(self) -> Iterator[list]:
        yield list({id(row.group): row.group for row in self.rows if row.group}.values())
        buildings = [row.building for row in self.rows if row.building.name]
        for building in buildings:
            building.group = building.group  # a new group has its key by now
        yield buildings


def load_groups(
    table: FileTable,
    *,
    name: str,
    actor: User | None = None,
    communities: Iterable[Community] | None = None,
    dry_run: bool = False,
    expected: str = "",
) -> base.Loaded:
    """Load a file of groups and buildings, whole or not at all; the rest as in rosters.load_roster."""
    resource = GroupsResource(actor=actor, reason=name, communities=communities)
    return base.load(resource, table, dry_run=dry_run, expected=expected)
