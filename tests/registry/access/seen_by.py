"""What a user may do, has to do and sees, read again from the database."""

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import User
from registry.records import todo
from tests import factories


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)


def lines(user: User) -> list[todo.Line]:
    reverse("workbench")  # reads the declarations of the packages
    return todo.lines(again(user), timezone.localdate())


def texts(user: User) -> list[str]:
    return [line.text for line in lines(user)]


def confirmed(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    factories.confirm(client)
    return client
