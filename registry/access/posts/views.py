"""Posts: given, agreed to, ended, handed on; and what each role may do."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, Q, Value, When
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib import clock
from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.shortcuts import get_visible
from registry.access.passwords.views import PasswordFirst
from registry.access.posts import independence, services
from registry.access.posts.forms import AgreeForm, EndForm, PostFilters, PostForm, RefuseForm, TransferForm
from registry.access.posts.tables import PostTable
from registry.models import Post, PostState, Role, User
from registry.models.roles import ROLE_ACTS, ROLES, powers
from registry.records import locks
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, FormPage

GIVE = "registry.give_post"
RELATED = ("user", "subdistrict", "community", "group__committee__community", "given_by", "answered_by")
POSTS = Post.objects.select_related(*RELATED)


class GivePost(PasswordFirst, FormPage):
    """Give a user a post."""

    permission_required = GIVE
    form_class = PostForm
    title = gettext_lazy("Give %(record)s a post")
    submit = gettext_lazy("Give the post")

    def get_record(self):
        user = get_visible(self.request, User.objects.all(), lock=False, **self.kwargs)
        if user == self.actor:
            raise PermissionDenied
        return user

    def get_form_kwargs(self):
        return {"actor": self.actor, "initial": {"role": self.request.GET.get("role")}}

    def act(self, form):
        post = services.give(form.post(self.record), actor=self.actor)
        messages.success(self.request, given(post))


def given(post: Post) -> str:
    """What the giver reads of a new post."""
    if post.is_waiting:
        return _("%(user)s: %(post)s waits until a second person agrees to it.") % _words(post)
    return _("%(user)s: %(post)s from %(day)s on.") % _words(post)


def _words(post: Post) -> dict[str, str]:
    return {
        "user": str(post.user),
        "post": post.in_words,
        "day": post.first_day.isoformat(),
    }


class PostPage(ConfirmPage):
    """An act on a post as the user saw it: 409 where another user has changed the post."""

    permission_required = GIVE
    records = POSTS

    def get_record(self):
        if self.request.method == "POST":
            locks.hold(locks.WRITERS)  # before the post, as all who change offices do
        return super().get_record()

    def words(self):
        return _words(self.record)

    def back_url(self):
        return self.record.user.get_absolute_url()

    def act(self, form):
        if form.cleaned_data["version"] != self.record.version:
            raise Overtaken


class EndPost(PostPage):
    """End a post on a day."""

    form_class = EndForm
    title = gettext_lazy("End a post: %(post)s")
    submit = gettext_lazy("End the post")

    def get_form_kwargs(self):
        last_day = self.record.last_day or clock.today()
        return {"initial": {"last_day": last_day, "version": self.record.version}}

    def consequences(self):
        sentence = _(
            "After its last day the post gives %(user)s nothing more: neither sight nor acts. What was done stays."
        )
        return [sentence % self.words()]

    def act(self, form):
        super().act(form)
        last_day = form.cleaned_data["last_day"]
        services.end(self.record, last_day=last_day, actor=self.actor)
        words = self.words() | {"day": last_day.isoformat()}
        messages.success(self.request, _("%(user)s: %(post)s up to %(day)s.") % words)


class WithdrawPost(PostPage):
    """Take back a post that has not begun, or that waits."""

    http_method_names = ["post"]
    done = gettext_lazy("%(user)s: %(post)s is withdrawn.")

    def act(self, form):
        try:
            services.withdraw(self.record, actor=self.actor)
        except ValidationError as error:
            raise Refused(*error.messages) from error


class HandOn(PasswordFirst, PostPage):
    """Hand a post on: one's ends, the next one's begins."""

    form_class = TransferForm
    title = gettext_lazy("Hand on a post: %(post)s")
    submit = gettext_lazy("Hand the post on")

    def get_form_kwargs(self):
        return {"post": self.record, "actor": self.actor, "initial": {"version": self.record.version}}

    def consequences(self):
        return [
            _("%(user)s holds the post %(post)s since %(day)s.") % self.words(),
            _("In one act it ends there on the day before, and the successor has it from the day on."),
            *([_("The successor's post takes effect once a second person has agreed.")] * self.record.has_power),
        ]

    def act(self, form):
        super().act(form)
        asked = {name: form.cleaned_data[name] for name in ("to", "first_day")}
        new = services.transfer(self.record, **asked, actor=self.actor)
        messages.success(self.request, given(new))
        return new.user


class PendingPosts(ListPage):
    """The posts to which a second person agrees or agreed, those that wait first."""

    model = Post
    permission_required = services.AGREE
    title = gettext_lazy("Posts that need a second person")
    empty = gettext_lazy("No post waits for a second person.")
    table_class = PostTable
    filterset_class = PostFilters
    chosen = ("role", "first_day", "state", "given_by", "answered_by")

    def get_queryset(self):
        waiting_first = Case(When(state=PostState.WAITING, then=Value(0)), default=Value(1))
        rows = super().get_queryset().filter(Q(state=PostState.WAITING) | Q(answered_by__isnull=False))
        return rows.select_related(*RELATED).order_by(waiting_first, "-created_at", "-pk")


class PendingPost(DetailPage):
    """One post that waits for a second person or was answered by one."""

    permission_required = services.AGREE
    records = POSTS
    template_name = "registry/access/post.html"
    name = "post"

    def get_context(self):
        may_answer = self.record.is_waiting and self.actor.has_perm(services.AGREE, self.record)
        return {
            "may_answer": may_answer,
            "acts": [act.words for act in powers(self.record.role)],
            "is_stuck": bool(independence.without_second_person([self.record])),
            "command": f"manage.py give_post {self._administrator()} {Role.SYSTEM_ADMINISTRATOR}",
        }

    def _administrator(self) -> str:
        """Who may become the second administrator: the receiver, where the post is such a one."""
        is_such = self.record.role == Role.SYSTEM_ADMINISTRATOR
        return self.record.user.username if is_such else _("<sign-in name>")


class AnswerPost(PasswordFirst, FormPage):
    """Agree to a post, or refuse it; the one who gave it or receives it does neither."""

    step: PostState
    permission_required = services.AGREE
    records = POSTS
    locks = False
    back = "posts"
    keeps_input = True

    def words(self):
        return _words(self.record) | {"giver": self.record.given_by or "–"}

    def trail(self):
        return []

    def get_form_kwargs(self):
        return {"initial": {"version": self.record.version}}

    def act(self, form):
        services.answer(
            self.step,
            self.record,
            actor=self.actor,
            seen=form.cleaned_data["version"],
            comment=form.cleaned_data.get("comment", ""),
        )


class AgreePost(AnswerPost):
    step = PostState.IN_EFFECT
    form_class = AgreeForm
    title = gettext_lazy("Agree to a post: %(user)s, %(post)s")
    sentence = gettext_lazy(
        "%(giver)s has given this post. With your agreement it takes effect, on %(day)s or today, whichever is later. "
        "Agree only if you know that this person is to do this work."
    )
    submit = gettext_lazy("Agree")
    done = gettext_lazy("%(user)s: %(post)s is in effect from %(day)s on.")


class RefusePost(AnswerPost):
    step = PostState.REFUSED
    form_class = RefuseForm
    title = gettext_lazy("Refuse a post: %(user)s, %(post)s")
    sentence = gettext_lazy("%(giver)s and %(user)s are shown your reason. The post gives nothing.")
    submit = gettext_lazy("Refuse")
    done = gettext_lazy("%(user)s: %(post)s is refused.")


@require_safe
def roles(request):
    """What each role may do, for everyone who is signed in."""
    return render(request, "registry/access/roles.html", {"roles": ROLES, "parts": ROLE_ACTS})
