"""The columns of the log of what was sent."""

from django.utils.translation import gettext_lazy

from jygroups.lib.tables import BadgeColumn, Column, MomentColumn, NumberColumn, Table
from registry.models import Delivery, DeliveryState

MEANINGS = {DeliveryState.WAITING: "others", DeliveryState.SENT: "done", DeliveryState.FAILED: "wrong"}


def state(row: Delivery) -> tuple[str, str]:
    """How the state of a delivery concerns its reader, and the word for it."""
    return MEANINGS[DeliveryState(row.state)], row.get_state_display()


class DeliveryTable(Table):
    classes = "list cards"
    at = MomentColumn(verbose_name=gettext_lazy("When"), attrs={"th": {"class": "key"}, "td": {"class": "key digits"}})
    user = Column(accessor="user__name", verbose_name=gettext_lazy("by mail to"))
    robot = Column(accessor="robot__name", verbose_name=gettext_lazy("by robot"))
    text = Column(verbose_name=gettext_lazy("Text"), orderable=False, short=False)
    state = BadgeColumn(state, order_by="state", verbose_name=gettext_lazy("State"))
    attempts = NumberColumn(verbose_name=gettext_lazy("Attempts"))
    next_at = MomentColumn(verbose_name=gettext_lazy("Next attempt"))
    outcome = Column(verbose_name=gettext_lazy("Outcome"), short=False)

    def render_next_at(self, value, record):
        return self.columns["at"].column.render(value) if record.state == DeliveryState.WAITING else "–"

    value_next_at = render_next_at
