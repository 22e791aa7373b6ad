"""Which body a row of a workbook means: 街道, 社区 and 居民小组, found in what is loaded once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from jygroups.lib.cells import is_nothing, plain
from jygroups.lib.numerals import group_ordinal
from registry.models import Community, ResidentsCommittee, ResidentsGroup

ENDINGS = re.compile("(社区)?(居民委员会|居委会)?$")
OFFICE = re.compile("(街道)?(办事处|办)?$")
COLUMNS = ("街道", "社区", "居民小组")
DITTO = re.compile('同[上前]|[〃″"“”]')  # a sign for the row above


@dataclass
class NamedBody:
    """A committee, or a group of it, and what was wrong with the cells that should name it."""

    committee: ResidentsCommittee | None = None
    group: ResidentsGroup | None = None
    group_named: bool = False
    problems: list[tuple[str, str]] = field(default_factory=list)  # column, message


class Areas:
    """The communities a file may write to, with their committees and groups."""

    def __init__(self, communities: Iterable[Community] | None = None):
        committees = ResidentsCommittee.objects.select_related("community__subdistrict")
        groups = ResidentsGroup.objects.all()
        if communities is not None:
            committees = committees.filter(community__in=communities)
            groups = groups.filter(committee__community__in=communities)
        self.by_code = {committee.community.code: committee for committee in committees}
        self.by_name = defaultdict(list)
        for committee in self.by_code.values():
            self.by_name[ENDINGS.sub("", committee.community.name)].append(committee)
        self.elsewhere = set()  # names and codes of communities that the file may not write to
        if communities is not None:
            for code, name in Community.objects.exclude(code__in=self.by_code).values_list("code", "name"):
                self.elsewhere |= {code, ENDINGS.sub("", name)}
        committees_by_pk = {committee.pk: committee for committee in self.by_code.values()}
        self.groups: dict[int, dict[object, ResidentsGroup]] = defaultdict(dict)
        for group in groups:
            group.committee = committees_by_pk[group.committee_id]
            self.groups[group.committee_id] |= {group.name: group, group.ordinal: group}
        self.known: dict[tuple[str, ...], NamedBody] = {}

    def body(self, row: Mapping[str, str]) -> NamedBody:
        """The body that the row's three cells name; what cannot be found is added to `problems`."""
        given = [row.get(column) or "" for column in COLUMNS]
        cells = tuple("" if is_nothing(cell) else plain(cell) for cell in given)
        if cells not in self.known:
            self.known[cells] = self._find(*cells)
        return self.known[cells]

    def committee(self, row: Mapping[str, str]) -> NamedBody:
        """The committee alone, for files whose groups may be new."""
        return self.body({column: row.get(column) or "" for column in ("街道", "社区")})

    def all_groups(self) -> Iterator[ResidentsGroup]:
        for groups in self.groups.values():
            yield from {group.pk: group for group in groups.values()}.values()

    def _find(self, subdistrict: str, community: str, group: str) -> NamedBody:
        body = NamedBody(group_named=bool(group))
        for column, cell in zip(COLUMNS, (subdistrict, community, group), strict=True):
            if DITTO.fullmatch(cell):
                body.problems.append((column, _("write out what stands in the row above")))
        if body.problems:
            return body
        name = ENDINGS.sub("", community)
        found = [self.by_code[community]] if community in self.by_code else self.by_name.get(name, [])
        short = OFFICE.sub("", subdistrict)
        here = [each for each in found if OFFICE.sub("", each.community.subdistrict.name) == short]
        if not community:
            body.problems.append(("社区", _("it is empty; fill it in")))
        elif not found and self.elsewhere & {community, name}:
            body.problems.append(("社区", _("this community is not in your area; take its rows out")))
        elif not found:
            body.problems.append(("社区", _("there is no such community; compare it with the list of areas")))
        elif subdistrict and not here:
            words = {"name": found[0].community.subdistrict.name}
            body.problems.append(("街道", _("this community lies in %(name)s; correct one of them") % words))
        elif len(here or found) > 1:
            body.problems.append(("社区", _("several communities have this name; give the 12-digit code")))
        else:
            body.committee = (here or found)[0]
            if group:
                groups = self.groups[body.committee.pk]
                body.group = groups.get(group) or groups.get(group_ordinal(group))
                if body.group is None:
                    body.problems.append(
                        ("居民小组", _("this community has no such group; compare it with the register"))
                    )
        return body
