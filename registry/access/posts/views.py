"""Posts: given, ended, handed on; and what each role may do."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.access import permission_words
from registry.access.posts import services
from registry.access.posts.forms import EndForm, PostForm, TransferForm
from registry.models import Post, User


@require_http_methods(["GET", "POST"])
@permission_required("registry.give_post", raise_exception=True)
def add(request, pk):
    """Give a user a post."""
    user = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    if user.pk == request.user.pk:
        raise PermissionDenied
    form = PostForm(request.POST or None, actor=request.user, initial={"role": request.GET.get("role")})
    if form.is_valid():
        try:
            post = services.give(form.post(user), actor=request.user, address=request.META["REMOTE_ADDR"])  # type: ignore[arg-type]
            messages.success(request, _("%(user)s: %(post)s from %(day)s on.") % _words(post))
            return redirect(user)
        except ValidationError as error:
            form.add_error(None, error.messages)
    return render(
        request,
        "registry/post_add.html",
        {
            "title": _("Give %(user)s a post") % {"user": user},
            "post_form": form,
            "submit": _("Give the post"),
            "back": user.get_absolute_url(),
        },
        status=422 if form.errors else 200,
    )


def _post(request, pk) -> Post:
    """A post in sight that the user may end, locked. Raises Http404, PermissionDenied."""
    visible = Post.objects.visible_to(request.user).select_for_update(of=("self",))
    post = get_object_or_404(
        visible.select_related("user", "subdistrict", "community", "group__committee__community"), pk=pk
    )
    services.check(request.user, post)
    return post


def _words(post: Post) -> dict[str, str]:
    return {
        "user": str(post.user),
        "post": f"{post.area_in_words} {post.get_role_display()}",
        "day": post.first_day.isoformat(),
    }


def _was_changed(request, post: Post, form) -> bool:
    return form.is_valid() and form.cleaned_data["version"] != post.version


@require_http_methods(["GET", "POST"])
@permission_required("registry.give_post", raise_exception=True)
@transaction.atomic
def end(request, pk):
    """End a post on a day."""
    post = _post(request, pk)
    form = EndForm(
        request.POST or None, initial={"last_day": post.last_day or timezone.localdate(), "version": post.version}
    )
    if _was_changed(request, post, form):
        return render(request, "409.html", {"back": request.path}, status=409)
    if form.is_valid():
        try:
            with transaction.atomic():
                last_day = form.cleaned_data["last_day"]
                services.end(post, last_day=last_day, actor=request.user, address=request.META["REMOTE_ADDR"])
            messages.success(
                request, _("%(user)s: %(post)s up to %(day)s.") % {**_words(post), "day": last_day.isoformat()}
            )
            return redirect(post.user)
        except ValidationError as error:
            form.add_error(None, error.messages)
    sentence = _(
        "After its last day the post gives %(user)s nothing more: neither sight nor acts. What was done stays."
    )
    return render(
        request,
        "components/confirm.html",
        {
            "title": _("End a post: %(post)s") % _words(post),
            "consequences": [sentence % _words(post)],
            "form": form,
            "submit": _("End the post"),
            "back": post.user.get_absolute_url(),
        },
        status=422 if form.errors else 200,
    )


@require_POST
@permission_required("registry.give_post", raise_exception=True)
@transaction.atomic
def withdraw(request, pk):
    """Take back a post that has not begun."""
    post = _post(request, pk)
    try:
        with transaction.atomic():
            services.withdraw(post, actor=request.user, address=request.META["REMOTE_ADDR"])
        messages.success(request, _("%(user)s: %(post)s is withdrawn.") % _words(post))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(post.user)


@require_http_methods(["GET", "POST"])
@permission_required("registry.give_post", raise_exception=True)
@transaction.atomic
def transfer(request, pk):
    """Hand a post on: one's ends, the next one's begins."""
    post = _post(request, pk)
    form = TransferForm(request.POST or None, post=post, actor=request.user, initial={"version": post.version})
    if _was_changed(request, post, form):
        return render(request, "409.html", {"back": request.path}, status=409)
    if form.is_valid():
        try:
            with transaction.atomic():
                new = services.transfer(
                    post,
                    to=form.cleaned_data["to"],
                    first_day=form.cleaned_data["first_day"],
                    actor=request.user,
                    address=request.META["REMOTE_ADDR"],
                )
            messages.success(request, _("%(user)s: %(post)s from %(day)s on.") % _words(new))
            return redirect(new.user)
        except ValidationError as error:
            form.add_error(None, error)
    sentences = [
        _("%(user)s holds the post %(post)s since %(day)s.") % _words(post),
        _("In one act it ends there on the day before, and the successor has it from the day on."),
    ]
    return render(
        request,
        "components/confirm.html",
        {
            "title": _("Hand on a post: %(post)s") % _words(post),
            "consequences": sentences,
            "form": form,
            "submit": _("Hand the post on"),
            "back": post.user.get_absolute_url(),
        },
        status=422 if form.errors else 200,
    )


@require_safe
def roles(request):
    """What each role may do, for everyone who is signed in."""
    return render(request, "registry/roles.html", {"roles": permission_words.ROLES, "table": permission_words.table()})
