"""Posts: given, ended, handed on; and what each role may do."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from jygroups.lib.refusals import Overtaken, Refused
from jygroups.lib.shortcuts import get_visible
from registry.access import permission_words
from registry.access.posts import services
from registry.access.posts.forms import EndForm, PostForm, TransferForm
from registry.models import Post, User
from registry.records import locks
from registry.records.pages import ConfirmPage, FormPage

GIVE = "registry.give_post"
POSTS = Post.objects.select_related("user", "subdistrict", "community", "group__committee__community")


class GivePost(FormPage):
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
        post = services.give(form.post(self.record), actor=self.actor, address=self.request.META["REMOTE_ADDR"])
        messages.success(self.request, _("%(user)s: %(post)s from %(day)s on.") % _words(post))


def _words(post: Post) -> dict[str, str]:
    return {
        "user": str(post.user),
        "post": f"{post.area_in_words} {post.get_role_display()}",
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
        last_day = self.record.last_day or timezone.localdate()
        return {"initial": {"last_day": last_day, "version": self.record.version}}

    def consequences(self):
        sentence = _(
            "After its last day the post gives %(user)s nothing more: neither sight nor acts. What was done stays."
        )
        return [sentence % self.words()]

    def act(self, form):
        super().act(form)
        last_day = form.cleaned_data["last_day"]
        services.end(self.record, last_day=last_day, actor=self.actor, address=self.request.META["REMOTE_ADDR"])
        words = self.words() | {"day": last_day.isoformat()}
        messages.success(self.request, _("%(user)s: %(post)s up to %(day)s.") % words)


class WithdrawPost(PostPage):
    """Take back a post that has not begun."""

    http_method_names = ["post"]
    done = gettext_lazy("%(user)s: %(post)s is withdrawn.")

    def act(self, form):
        try:
            services.withdraw(self.record, actor=self.actor, address=self.request.META["REMOTE_ADDR"])
        except ValidationError as error:
            raise Refused(*error.messages) from error


class HandOn(PostPage):
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
        ]

    def act(self, form):
        super().act(form)
        asked = {name: form.cleaned_data[name] for name in ("to", "first_day")}
        new = services.transfer(self.record, **asked, actor=self.actor, address=self.request.META["REMOTE_ADDR"])
        messages.success(self.request, _("%(user)s: %(post)s from %(day)s on.") % _words(new))
        return new.user


@require_safe
def roles(request):
    """What each role may do, for everyone who is signed in."""
    return render(
        request, "registry/access/roles.html", {"roles": permission_words.ROLES, "table": permission_words.table()}
    )
