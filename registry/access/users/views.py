"""Users: who may sign in, as whom, and since when they have not."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from jygroups.lib import clock
from jygroups.lib.shortcuts import get_permitted
from jygroups.lib.tables import BadgeColumn, Column, DayColumn, Table
from registry.access.factors import services as factors
from registry.access.oidc import accounts
from registry.access.passwords import codes
from registry.access.passwords.views import PasswordFirst, confirm_first, recently_confirmed
from registry.access.posts import services as post_services
from registry.access.posts.forms import PostForm
from registry.access.sign_in_limits import is_locked
from registry.access.users import services
from registry.access.users.forms import NewUserForm, PersonForm, UserFilter, UserForm
from registry.models import GROUP_ROLES, Member, Post, PostState, User
from registry.records import history
from registry.records.list_pages import ListPage
from registry.records.pages import ConfirmPage, DetailPage, EditPage, FormPage, Link
from registry.records.timeline import Bar, Lane, Span, Timeline

KEEP = "registry.keep_user"


def state(user: User) -> tuple[str, str]:
    """Whether the user can sign in at this moment: what it means, and a word for it."""
    if not user.is_active:
        return "others", _("disabled")
    if user.is_locked:  # type: ignore[attr-defined]
        return "wrong", _("locked now")
    if user.must_change_password:
        return "you", _("one-time password")
    return "done", _("may sign in")


class UsersTable(Table):
    username = Column(key=True, linkify=True, verbose_name=gettext_lazy("sign-in name"))
    name = Column(verbose_name=gettext_lazy("full name"))
    posts_held = Column(verbose_name=gettext_lazy("posts today"), orderable=False, short=False, empty_values=())
    ends_on = DayColumn(verbose_name=gettext_lazy("post ends on"), orderable=False, empty_values=())
    is_active = BadgeColumn(state, verbose_name=gettext_lazy("state"))
    last_login = DayColumn(verbose_name=gettext_lazy("last sign-in"), empty_values=())

    def render_posts_held(self, record):
        held = [f"{post.area_in_words} {post.get_role_display()}" for post in record.posts_held]
        return _(", ").join(held) or "–"

    def render_ends_on(self, record):
        days = [post.last_day for post in record.posts_held if post.last_day]
        return min(days).isoformat() if days else "–"

    def render_last_login(self, value):
        return date_format(timezone.localtime(value), "Y-m-d H:i") if value else _("never")


class UsersPage(ListPage):
    """The users in sight."""

    model = User
    permission_required = "registry.view_user"
    table_class = UsersTable
    filterset_class = UserFilter
    links = (
        Link("roles", gettext_lazy("What each role may do"), is_main=False),
        Link("user-add", gettext_lazy("Add a user")),
    )
    title = gettext_lazy("Users and posts")
    empty = gettext_lazy("No user yet.")
    chosen = ("posts_held", "is_active", "last_login", "name")

    def get_queryset(self):
        held = Post.objects.giveable_by(self.request.user).held_on(clock.today())
        held = held.select_related("subdistrict", "community", "group__committee__community")
        return (
            super()
            .get_queryset()
            .annotate(is_locked=is_locked())
            .prefetch_related(Prefetch("posts", held, to_attr="posts_held"))
        )


class UserPage(DetailPage):
    """One user: facts, posts on a line, what was done."""

    permission_required = "registry.view_user"
    records = User.objects.annotate(is_locked=is_locked()).select_related("member")
    template_name = "registry/access/user.html"
    name = "shown"

    def get_context(self):
        shown, user, today = self.record, self.actor, clock.today()
        areas = ["subdistrict", "community", "group__committee__community"]
        posts = Post.objects.giveable_by(user).filter(user=shown)
        held = list(posts.select_related(*areas, "given_by", "answered_by").order_by("-first_day"))
        may_give = Post.objects.visible_to(user, "registry.give_post").filter(user=shown)
        to_give = set(may_give.values_list("pk", flat=True))
        may_agree = Post.objects.waiting().visible_to(user, post_services.AGREE).filter(user=shown)
        to_answer = set(may_agree.values_list("pk", flat=True))
        for post in held:
            post.user = shown
            post.is_past = bool(post.last_day and post.last_day < today)  # type: ignore[attr-defined]
            post.is_coming = post.first_day > today  # type: ignore[attr-defined]
            post.may_give = post.pk in to_give and post.state != PostState.REFUSED  # type: ignore[attr-defined]
            post.may_answer = post.pk in to_answer  # type: ignore[attr-defined]
        lanes = [
            Lane(f"{each.area_in_words} {each.get_role_display()}", [Bar(Span(each.first_day, each.last_day))])
            for each in reversed(held)
            if each.state == PostState.IN_EFFECT
        ]
        failures, last_failure = services.failed_tries(shown)
        in_group = any(post.role in GROUP_ROLES for post in held)
        return {
            "state": state(shown),
            "held": held,
            "timeline": Timeline(lanes, today=today) if lanes else None,
            "words": _("Posts in the order in which they began; the table below says the same."),
            "failures": failures,
            "last_failure": last_failure,
            "account": accounts.of(shown),
            "removal": (removal := factors.waiting_removal(shown)),
            "answers_removal": removal and user.has_perm("registry.agree_post", removal),
            "may_keep": user.has_perm(KEEP, shown),
            "may_have_code": codes.is_open_to(shown),
            "may_tie": in_group and user.has_perm("registry.tie_member", shown),
            "sees_member": shown.member and Member.objects.visible_to(user).filter(pk=shown.member_id).exists(),
            "versions": self._versions(),
        }

    def _versions(self) -> list[history.Version]:
        """The history, with the second factors that others removed."""
        removed = [
            history.Version(
                at=entry.at,
                who=str(entry.user or ""),
                reason=entry.details.get("reason", ""),
                act="~",
                row=str(self.record),
                changes=[history.Change(_("Two-step verification"), _("switched on"), _("removed"))],
            )
            for entry in factors.removals(self.record)
        ]
        found = [*history.of_user(self.record, viewer=self.actor), *removed]
        return sorted(found, key=lambda version: version.at, reverse=True)


@require_http_methods(["GET", "POST"])
@permission_required(KEEP, raise_exception=True)
def add(request):
    """A new user, with a first post; the page that follows shows the one-time password, once."""
    if not recently_confirmed(request):
        return confirm_first(request)
    form = NewUserForm(request.POST or None)
    required, role = not request.user.gives_every_post, request.GET.get("role")
    post_form = PostForm(request.POST or None, actor=request.user, required=required, initial={"role": role})
    if request.method == "POST" and form.is_valid() & post_form.is_valid():
        try:
            with transaction.atomic():
                new = form.save(commit=False)
                post = post_form.post(new)
                without = form.cleaned_data.get("without_password", False)
                password = services.add(new, post=post, actor=request.user, without_password=without)
            return _show_once(request, new, password) if password else redirect(new)
        except ValidationError as error:
            post_form.add_error(None, error.messages)
    context = {
        "title": _("Add a user"),
        "user_form": form,
        "form": post_form,
        "submit": _("Add, and show the one-time password"),
        "back": reverse("users"),
    }
    return render(
        request, "registry/access/user_add.html", context, status=422 if form.errors or post_form.errors else 200
    )


class EditUser(EditPage):
    """The user's name and sign-in name."""

    permission_required = KEEP
    records = User.objects
    form_class = UserForm
    title = gettext_lazy("Names of %(record)s")
    done = gettext_lazy("%(record)s is saved.")

    def act(self, form):
        services.change(form.save(commit=False), actor=self.actor)


@require_http_methods(["GET", "POST"])
@permission_required(KEEP, raise_exception=True)
def active(request, pk):
    """Keep a user out, or let in again."""
    changed = get_permitted(request, User.objects.all(), KEEP, lock=False, pk=pk)
    if request.method == "POST":
        try:
            services.set_active(changed, "let_in" in request.POST, actor=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            word = _("%(user)s may sign in again.") if changed.is_active else _("%(user)s is kept out from now on.")
            messages.success(request, word % {"user": changed})
        return redirect(changed)
    title = _("Keep %(user)s out") if changed.is_active else _("Let %(user)s in again")
    context = {
        "title": title % {"user": changed},
        "changed": changed,
        "held": changed.posts.held_on(clock.today()).count(),
        "submit": _("Keep out") if changed.is_active else _("Let in again"),
        "back": changed.get_absolute_url(),
    }
    return render(request, "registry/access/user_active.html", context)


class OneTimePassword(PasswordFirst, ConfirmPage):
    """A one-time password, shown on the answer to the POST alone."""

    permission_required = KEEP
    records = User.objects
    locks = False
    title = gettext_lazy("Set a one-time password for %(record)s")
    submit = gettext_lazy("Set and show it")

    def consequences(self):
        return [
            _("The present password of %(user)s (%(username)s) ends; every session signed in with it ends too.")
            % {"user": self.record, "username": self.record.username},
            _("The new one is shown once. Pass it on by voice or in person; it has to be changed at sign-in."),
        ]

    def act(self, form):
        password = services.set_one_time_password(self.record, actor=self.actor)
        return _show_once(self.request, self.record, password)


def _show_once(request, changed: User, password: str):
    return render(request, "registry/access/one_time_password.html", {"shown": changed, "password": password})


@require_POST
@permission_required(KEEP, raise_exception=True)
def unlock(request, pk):
    changed = get_permitted(request, User.objects.all(), KEEP, lock=False, pk=pk)
    services.unlock(changed, actor=request.user)
    messages.success(request, _("%(user)s is unlocked.") % {"user": changed})
    return redirect(changed)


class TieMember(FormPage):
    """Which person on the roster the user is."""

    permission_required = "registry.tie_member"
    records = User.objects
    locks = False
    form_class = PersonForm
    title = gettext_lazy("Who %(record)s is")
    sentence = gettext_lazy(
        "The people of the groups in which the user has a post. Only who is tied sees the own stipend."
    )
    done = gettext_lazy("%(record)s is saved.")

    def get_form_kwargs(self):
        people = services.people_of(self.record, actor=self.actor)
        return {"people": people, "initial": {"member": self.record.member_id}}

    def changes(self, form):
        return form.has_changed()

    def act(self, form):
        services.tie(self.record, form.cleaned_data["member"], actor=self.actor)
