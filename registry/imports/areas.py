"""Which body a row of a workbook means: 街道, 社区 and 居民小组, found in what is loaded once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from jygroups.lib.numerals import group_ordinal, plain
from registry.models import Community, ResidentsCommittee, ResidentsGroup

SUFFIX = "社区"


@dataclass
class Body:
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
            self.by_name[committee.community.name.removesuffix(SUFFIX)].append(committee)
        committees_by_pk = {committee.pk: committee for committee in self.by_code.values()}
        self.groups: dict[int, dict[object, ResidentsGroup]] = defaultdict(dict)
        for group in groups:
            group.committee = committees_by_pk[group.committee_id]
            self.groups[group.committee_id] |= {group.name: group, group.ordinal: group}
        self.known: dict[tuple[str, ...], Body] = {}

    def body(self, row: Mapping[str, str]) -> Body:
        """The body that the row's three cells name; what cannot be found is added to `problems`."""
        cells = tuple(plain(row.get(column) or "") for column in ("街道", "社区", "居民小组"))
        if cells not in self.known:
            self.known[cells] = self._find(*cells)
        return self.known[cells]

    def committee(self, row: Mapping[str, str]) -> Body:
        """The committee alone, for files whose groups may be new."""
        return self.body({column: row.get(column) or "" for column in ("街道", "社区")})

    def all_groups(self) -> Iterator[ResidentsGroup]:
        for groups in self.groups.values():
            yield from {group.pk: group for group in groups.values()}.values()

    def _find(self, subdistrict: str, community: str, group: str) -> Body:
        body = Body(group_named=bool(group))
        found = [self.by_code[community]] if community in self.by_code else self.by_name[community.removesuffix(SUFFIX)]
        here = [each for each in found if each.community.subdistrict.name == subdistrict]
        if not community:
            body.problems.append(("社区", _("it is empty; fill it in")))
        elif not found:
            body.problems.append(("社区", _("there is no such community; compare it with the list of areas")))
        elif subdistrict and not here:
            name = found[0].community.subdistrict.name
            body.problems.append(("街道", _("this community lies in %(name)s; correct one of them") % {"name": name}))
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
