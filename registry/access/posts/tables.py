"""The columns of the list of posts that need a second person."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from jygroups.lib.tables import BadgeColumn, Column, DayColumn, Table
from registry.models import Post, PostState

MEANINGS = {PostState.WAITING: "others", PostState.IN_EFFECT: "done", PostState.REFUSED: "wrong"}


def state(post: Post) -> tuple[str, str]:
    """How the state of a post concerns its reader, and the word for it."""
    return MEANINGS[PostState(post.state)], post.get_state_display()


class PostTable(Table):
    user = Column(
        key=True,
        linkify=lambda record: reverse("post", args=[record.pk]),
        accessor="user__name",
        verbose_name=gettext_lazy("Name"),
    )
    role = Column(accessor="in_words", order_by=("role", "subdistrict"), verbose_name=gettext_lazy("Post"), short=False)
    first_day = DayColumn(verbose_name=gettext_lazy("First day"))
    last_day = DayColumn(verbose_name=gettext_lazy("Last day"))
    state = BadgeColumn(state, order_by="state", verbose_name=gettext_lazy("State"))
    given_by = Column(
        accessor="given_by__name", verbose_name=gettext_lazy("given by"), default=gettext_lazy("the server")
    )
    answered_by = Column(accessor="answered_by__name", verbose_name=gettext_lazy("agreed or refused by"))
    refusal = Column(verbose_name=gettext_lazy("reason of the refusal"), short=False)
