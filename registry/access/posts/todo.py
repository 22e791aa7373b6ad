"""Posts that wait for a second person, as lines of the workbench: for who may agree, the giver and the receiver."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from jygroups.lib import clock
from registry.access.posts import independence, services
from registry.models import Post, PostState, User
from registry.records.todo import FEW, Line, Urgency, source

NEWS = timedelta(days=7)  # for which the giver and the receiver are shown the answer


@source(45)
def lines(user: User, today: date) -> Iterator[Line]:
    """The posts that wait for the user, then what became of those that the user gave or receives."""
    posts = Post.objects.select_related("user", "subdistrict", "given_by", "answered_by").order_by("created_at", "pk")
    for post in posts.waiting().visible_to(user, services.AGREE)[:FEW]:
        words = {"giver": post.given_by or _("the server"), "user": post.user, "post": post.in_words}
        text = _("%(giver)s gave %(user)s the post %(post)s: it takes effect once you agree") % words
        yield Line(Urgency.YOU, text, reverse("post", args=[post.pk]), _("Check"))
    concerns = posts.filter(Q(user=user) | Q(given_by=user))
    recent = Q(state=PostState.WAITING) | Q(answered_at__gt=clock.now() - NEWS)
    shown = list(concerns.filter(recent)[:FEW])
    stuck = independence.without_second_person(shown) if any(post.is_waiting for post in shown) else set()
    for post in shown:
        yield _news(post, user, is_stuck=post.pk in stuck)


def _news(post: Post, user: User, *, is_stuck: bool) -> Line:
    """What became of the post, to its giver; to its receiver as "your post"."""
    is_own = post.user_id == user.pk
    words = {
        "user": post.user,
        "post": post.in_words,
        "who": post.answered_by,
        "day": post.first_day.isoformat(),
        "reason": post.refusal,
    }
    if is_own:
        sentence = {
            PostState.WAITING: _("Your post %(post)s waits for a second person"),
            PostState.IN_EFFECT: _("%(who)s has agreed to your post %(post)s, in effect from %(day)s on"),
            PostState.REFUSED: _("%(who)s has not agreed to your post %(post)s: %(reason)s"),
        }
    else:
        sentence = {
            PostState.WAITING: _("%(user)s: the post %(post)s waits for a second person"),
            PostState.IN_EFFECT: _("%(user)s: %(who)s has agreed to the post %(post)s, in effect from %(day)s on"),
            PostState.REFUSED: _("%(user)s: %(who)s has refused the post %(post)s: %(reason)s"),
        }
    text = sentence[PostState(post.state)] % words
    if is_stuck and not is_own:
        text = _("%(text)s. Nobody can agree at present; how to go on stands on its page") % {"text": text}
    page = reverse("account") if is_own else post.user.get_absolute_url()
    if post.is_waiting:
        return Line(Urgency.OTHERS, text, page if is_own else reverse("post", args=[post.pk]), _("See"))
    return Line(Urgency.NEWS, text, page, _("See"))
