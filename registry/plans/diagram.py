"""The snapshot of an adjustment plan as a drawing: groups before on the left, after on the right, buildings between."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.plans.snapshots import PlanSnapshot, Side

# In the units of the drawing, which are pixels at its full width.
WIDTH, BOX, HEIGHT, GAP, TOP = 760, 250, 52, 14, 30
THICKEST = 40  # all buildings of the fullest group


@dataclass(frozen=True)
class Box:
    """A group on one side. `look`: same, new, ended, changed."""

    x: int
    y: int
    name: str
    figures: str
    look: str

    width, height = BOX, HEIGHT

    @property
    def text_x(self) -> int:
        return self.x + 12

    @property
    def name_y(self) -> int:
        return self.y + 21

    @property
    def figures_y(self) -> int:
        return self.y + 41


@dataclass(frozen=True)
class Ribbon:
    """Buildings that go from a group to a group, as thick as there are many."""

    path: str
    thickness: int
    moves: bool
    label: str
    label_x: int
    label_y: int


@dataclass(frozen=True)
class PlanDiagram:
    before: list[Box]
    after: list[Box]
    ribbons: list[Ribbon]
    height: int

    right = WIDTH - BOX

    @property
    def view_box(self) -> str:
        """With room for the lines around the boxes."""
        return f"-2 0 {WIDTH + 4} {self.height}"

    @classmethod
    def of(cls, snapshot: PlanSnapshot) -> "PlanDiagram":
        before = [_box(snapshot, side, 0, row, ended=True) for row, side in enumerate(snapshot.before)]
        after = [_box(snapshot, side, WIDTH - BOX, row, ended=False) for row, side in enumerate(snapshot.after)]
        rows = max(len(before), len(after), 1)
        return cls(before, after, _ribbons(snapshot, before, after), TOP + rows * (HEIGHT + GAP))


def _box(snapshot: PlanSnapshot, side: Side, x: int, row: int, *, ended: bool) -> Box:
    group = side.group
    buildings, people = len(side.buildings), len(side.people)
    figures = " · ".join(
        [
            ngettext("%(count)s building", "%(count)s buildings", buildings) % {"count": buildings},
            ngettext("%(count)s household", "%(count)s households", side.households) % {"count": side.households},
            ngettext("%(count)s person", "%(count)s people", people) % {"count": people},
        ]
    )
    if ended:
        look, name = ("ended" if group.dissolves else "same"), group.was
    else:
        look = "new" if group.creates else "changed" if snapshot.is_touched(group) else "same"
        name = group.name
    if look == "ended":
        name = _("%(name)s (dissolved)") % {"name": name}
    elif look == "new":
        name = _("%(name)s (new)") % {"name": name}
    return Box(x, TOP + row * (HEIGHT + GAP), name, figures, look)


def _ribbons(snapshot: PlanSnapshot, before: list[Box], after: list[Box]) -> list[Ribbon]:
    starts = {side.group.key: box for side, box in zip(snapshot.before, before, strict=True)}
    ends = {side.group.key: box for side, box in zip(snapshot.after, after, strict=True)}
    most = max((len(side.buildings) for side in [*snapshot.before, *snapshot.after]), default=1) or 1
    left = {key: box.y + 6 for key, box in starts.items()}
    right = {key: box.y + 6 for key, box in ends.items()}
    # In the order of the boxes they end in, so that those of one box cross as little as may be.
    flows = sorted(
        (
            (starts[source].y, ends[target].y, source, target, count)
            for (source, target), count in snapshot.flows.items()
            if source in starts and target in ends
        ),
    )
    ribbons = []
    for _start, _end, source, target, count in flows:
        thickness = max(round(THICKEST * count / most), 2)
        y1, y2 = left[source] + thickness // 2, right[target] + thickness // 2
        left[source] += thickness
        right[target] += thickness
        x1, x2 = BOX, WIDTH - BOX
        middle = (x1 + x2) // 2
        moves = source != target
        ribbons.append(
            Ribbon(
                f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}",
                thickness,
                moves,
                ngettext("%(count)s building", "%(count)s buildings", count) % {"count": count} if moves else "",
                middle,
                (y1 + y2) // 2 + 4,
            )
        )
    return sorted(ribbons, key=lambda each: each.moves)  # what moves lies on top
