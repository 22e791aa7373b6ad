"""The command that gives posts on the server, with or without a second person."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from registry.access.posts import services as posts
from registry.models import Act, AuditEntry, PostState, Role, User
from tests import factories
from tests.registry.access.seen_by import again, confirmed, texts


def test_a_command_puts_posts_into_effect_while_there_are_fewer_than_two_administrators(newcomer, capsys):
    User.objects.create_superuser("root", name="root")
    call_command("give_post", "newcomer", "system_administrator")
    assert again(newcomer).gives_every_post
    third = factories.user("third")
    call_command("give_post", "third", "finance")
    assert not again(third).get_all_permissions()
    entries = AuditEntry.objects.filter(act=Act.POST).order_by("id")
    assert [entry.details["state"] for entry in entries] == ["in_effect", "waiting"]
    posts.answer(PostState.IN_EFFECT, third.posts.get(), actor=again(newcomer), seen=third.posts.get().version)
    assert again(third).has_perm("subsidies.approve_sheet")


def test_a_command_puts_a_waiting_post_into_effect_while_there_are_fewer_than_two_administrators(
    given, sysadmin, newcomer
):
    """The only administrator gave it, so that nobody could agree."""
    post = given(Role.FINANCE)
    page = confirmed("sysadmin").get(reverse("post", args=[post.pk])).text
    assert "system_administrator" in page
    assert "街道的领导" not in page
    [line] = texts(sysadmin)
    assert "无人可以同意" in line
    call_command("give_post", "newcomer", "finance")
    post.refresh_from_db()
    assert (post.state, post.given_by) == (PostState.IN_EFFECT, None)
    assert again(newcomer).has_perm("subsidies.approve_sheet")
    entry = AuditEntry.objects.filter(act=Act.POST).latest("id")
    assert (entry.details["what"], entry.details["state"]) == ("agreed to on the server", "in_effect")


def test_with_two_administrators_a_command_leaves_a_waiting_post(given, second):
    post = given(Role.FINANCE)
    assert "system_administrator" not in confirmed("sysadmin").get(reverse("post", args=[post.pk])).text
    with pytest.raises(CommandError):
        call_command("give_post", "newcomer", "finance")


def test_it_names_what_is_missing(newcomer):
    for arguments in (("nobody", "finance"), ("newcomer", "clerk"), ("newcomer", "finance", "--area", "620201001")):
        with pytest.raises(CommandError):
            call_command("give_post", *arguments)
    call_command("give_post", "newcomer", "finance")
    with pytest.raises(CommandError):
        call_command("give_post", "newcomer", "finance")
