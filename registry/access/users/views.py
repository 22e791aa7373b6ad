"""Users: who may sign in, as whom, and since when they have not."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jygroups.lib.tables import Column, DayColumn, Table
from registry.access.passwords.views import confirm_first, recently_confirmed
from registry.access.posts.forms import PostForm
from registry.access.users import services
from registry.access.users.forms import PersonForm, UserFilter, UserForm
from registry.models import GROUP_ROLES, Member, Post, User, on_day
from registry.records import history
from registry.records.pages import ListPage
from registry.records.timeline import Bar, Lane, Span, Timeline


def _users(request):
    return User.objects.visible_to(request.user)


class UsersTable(Table):
    username = Column(key=True, linkify=True, verbose_name=gettext_lazy("sign-in name"))
    name = Column(verbose_name=gettext_lazy("full name"))
    posts_held = Column(verbose_name=gettext_lazy("posts today"), orderable=False, short=False, empty_values=())
    ends_on = DayColumn(verbose_name=gettext_lazy("post ends on"), orderable=False, empty_values=())
    is_active = Column(verbose_name=gettext_lazy("state"))
    last_login = DayColumn(verbose_name=gettext_lazy("last sign-in"), empty_values=())

    def render_posts_held(self, record):
        held = [f"{post.area_in_words} {post.get_role_display()}" for post in record.posts_held]
        return _(", ").join(held) or "–"

    def render_ends_on(self, record):
        days = [post.last_day for post in record.posts_held if post.last_day]
        return min(days).isoformat() if days else "–"

    def render_is_active(self, record):
        meaning, word = state(record)
        signs = {"done": "✓", "you": "●", "wrong": "▲", "others": "○"}
        badge = '<span class="meaning meaning-{}"><span aria-hidden="true">{}</span>{}</span>'
        return format_html(badge, meaning, signs[meaning], word)

    def value_is_active(self, record):
        return state(record)[1]

    def render_last_login(self, value):
        return date_format(timezone.localtime(value), "Y-m-d H:i") if value else _("never")


def state(user: User) -> tuple[str, str]:
    """Whether the user can sign in at this moment: what it means, and a word for it."""
    if not user.is_active:
        return "others", _("disabled")
    if user.is_locked:  # type: ignore[attr-defined]
        return "wrong", _("locked now")
    if user.must_change_password:
        return "you", _("one-time password")
    return "done", _("may sign in")


class UsersPage(ListPage):
    """The users in sight."""

    model = User
    permission_required = "registry.view_user"
    table_class = UsersTable
    filterset_class = UserFilter
    template_name = "registry/users.html"
    title = gettext_lazy("Users and posts")
    empty = gettext_lazy("No user yet.")
    chosen = ("posts_held", "is_active", "last_login", "name")

    def get_queryset(self):
        held = Post.objects.visible_to(self.request.user).filter(on_day(timezone.localdate()))
        held = held.select_related("subdistrict", "community", "group__committee__community")
        return (
            super()
            .get_queryset()
            .annotate(is_locked=services.is_locked())
            .prefetch_related(Prefetch("posts", held, to_attr="posts_held"))
        )


@require_safe
@permission_required("registry.view_user", raise_exception=True)
def user(request, pk):
    """One user: facts, posts on a line, what was done."""
    shown = get_object_or_404(_users(request).annotate(is_locked=services.is_locked()).select_related("member"), pk=pk)
    today = timezone.localdate()
    areas = ["subdistrict", "community", "group__committee__community"]
    held = list(Post.objects.visible_to(request.user).filter(user=shown).select_related(*areas).order_by("-first_day"))
    may_give = set(
        Post.objects.visible_to(request.user, "registry.give_post").filter(user=shown).values_list("pk", flat=True)
    )
    for post in held:
        post.user = shown
        post.is_past = bool(post.last_day and post.last_day < today)  # type: ignore[attr-defined]
        post.is_coming = post.first_day > today  # type: ignore[attr-defined]
        post.may_give = post.pk in may_give  # type: ignore[attr-defined]
    lanes = [
        Lane(f"{each.area_in_words} {each.get_role_display()}", [Bar(Span(each.first_day, each.last_day))])
        for each in reversed(held)
    ]
    failures, last_failure = services.failed_tries(shown)
    return render(
        request,
        "registry/user.html",
        {
            "shown": shown,
            "state": state(shown),
            "held": held,
            "timeline": Timeline(lanes, today=today) if lanes else None,
            "words": _("Posts in the order in which they began; the table below says the same."),
            "failures": failures,
            "last_failure": last_failure,
            "may_keep": request.user.has_perm("registry.keep_user", shown),
            "may_tie": request.user.has_perm("registry.tie_member", shown)
            and any(post.role in GROUP_ROLES for post in held),
            "sees_member": shown.member and Member.objects.visible_to(request.user).filter(pk=shown.member_id).exists(),
            "versions": history.of_user(shown, viewer=request.user),
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("registry.keep_user", raise_exception=True)
def add(request):
    """A new user, with a first post; the page that follows shows the one-time password, once."""
    form = UserForm(request.POST or None)
    post_form = PostForm(
        request.POST or None,
        actor=request.user,
        required=not request.user.gives_every_post,
        initial={"role": request.GET.get("role")},
    )
    if request.method == "POST" and form.is_valid() & post_form.is_valid():
        try:
            with transaction.atomic():
                new = form.save(commit=False)
                password = services.add(
                    new, post=post_form.post(new), actor=request.user, address=request.META["REMOTE_ADDR"]
                )
            return _show_once(request, new, password)
        except ValidationError as error:
            post_form.add_error(None, error.messages)
    context = {
        "title": _("Add a user"),
        "form": form,
        "post_form": post_form,
        "submit": _("Add, and show the one-time password"),
        "back": reverse("users"),
    }
    return render(request, "registry/user_add.html", context, status=422 if form.errors or post_form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("registry.keep_user", raise_exception=True)
@transaction.atomic
def edit(request, pk):
    """The user's name and sign-in name."""
    changed = get_object_or_404(_users(request).select_for_update(of=("self",)), pk=pk)
    services.check(request.user, changed)
    title = _("Names of %(user)s") % {"user": changed}
    form = UserForm(request.POST or None, instance=changed)
    if form.is_valid():
        if form.edited:
            services.change(form.save(commit=False), actor=request.user)
            messages.success(request, _("%(user)s is saved.") % {"user": changed})
        return redirect(changed)
    context = {"title": title, "form": form, "back": changed.get_absolute_url()}
    return render(request, "components/edit.html", context, status=_status(form))


def _status(form) -> int:
    if getattr(form, "is_conflict", False):
        return 409
    return 422 if form.errors else 200


@require_http_methods(["GET", "POST"])
@permission_required("registry.keep_user", raise_exception=True)
def active(request, pk):
    """Keep a user out, or let in again."""
    changed = get_object_or_404(_users(request), pk=pk)
    services.check(request.user, changed)
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
        "held": changed.posts.filter(on_day(timezone.localdate())).count(),
        "submit": _("Keep out") if changed.is_active else _("Let in again"),
        "back": changed.get_absolute_url(),
    }
    return render(request, "registry/user_active.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("registry.keep_user", raise_exception=True)
def password(request, pk):
    """A one-time password, shown on the answer to the POST alone."""
    changed = get_object_or_404(_users(request), pk=pk)
    services.check(request.user, changed)
    if not recently_confirmed(request):
        return confirm_first(request)
    if request.method == "POST":
        return _show_once(
            request,
            changed,
            services.set_one_time_password(changed, actor=request.user, address=request.META["REMOTE_ADDR"]),
        )
    return render(
        request,
        "components/confirm.html",
        {
            "title": _("Set a one-time password for %(user)s") % {"user": changed},
            "consequences": [
                _("The present password of %(user)s (%(username)s) ends; every session signed in with it ends too.")
                % {"user": changed, "username": changed.username},
                _("The new one is shown once. Pass it on by voice or in person; it has to be changed at sign-in."),
            ],
            "submit": _("Set and show it"),
            "back": changed.get_absolute_url(),
        },
    )  # fmt: skip


def _show_once(request, changed: User, password: str):
    return render(request, "registry/one_time_password.html", {"shown": changed, "password": password})


@require_POST
@permission_required("registry.keep_user", raise_exception=True)
def unlock(request, pk):
    changed = get_object_or_404(_users(request), pk=pk)
    services.unlock(changed, actor=request.user, address=request.META["REMOTE_ADDR"])
    messages.success(request, _("%(user)s is unlocked.") % {"user": changed})
    return redirect(changed)


@require_http_methods(["GET", "POST"])
@permission_required("registry.tie_member", raise_exception=True)
def member(request, pk):
    """Which person on the roster the user is."""
    changed = get_object_or_404(_users(request), pk=pk)
    services.check(request.user, changed)
    people = services.people_of(changed, actor=request.user)
    form = PersonForm(request.POST or None, people=people, initial={"member": changed.member_id})
    if request.method == "POST" and form.is_valid():
        try:
            if form.has_changed():
                services.tie(changed, form.cleaned_data["member"], actor=request.user)
                messages.success(request, _("%(user)s is saved.") % {"user": changed})
            return redirect(changed)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(
        request,
        "components/edit.html",
        {
            "title": _("Who %(user)s is") % {"user": changed},
            "sentence": _(
                "The people of the groups in which the user has a post. Only who is tied sees the own stipend."
            ),
            "form": form,
            "back": changed.get_absolute_url(),
        },
        status=_status(form),
    )
